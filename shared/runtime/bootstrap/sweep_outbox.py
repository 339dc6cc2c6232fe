"""The collaborators of sweep_outbox: the same as those of the relay."""

from shared.runtime.bootstrap.relay_outbox import relaying

__all__ = ["relaying"]
