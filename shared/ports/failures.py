"""How the outside can fail, in words that use cases and the batch handling understand."""


class StoreUnavailable(Exception):
    """The store, the key service or the bus refused for now: throttled, timed out, unreachable. Try again later."""


class EvidenceDestroyed(Exception):
    """The person's key is gone, so nothing can be sealed for them any more. It will not come back."""


class UnknownQueue(Exception):
    """No queue of that name is known here."""
