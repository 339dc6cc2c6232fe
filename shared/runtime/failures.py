"""The two ways a piece of work can fail, whatever failed underneath."""


class Retryable(Exception):
    """It may work later: the queue delivers it again."""


class Permanent(Exception):
    """It never will: park it at once. ``code`` is stable; the text never repeats the input."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
