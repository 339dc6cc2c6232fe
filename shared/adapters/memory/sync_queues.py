"""The twins of SqsOutQueue and SqsChangesQueue. To let them fail, wrap them (see faults.py)."""

from collections import defaultdict
from collections.abc import Sequence

from shared.ports.sync import Changes, Wish


class MemoryOutQueue:
    """Wishes per system, in the order of sending. Appending to a list is atomic."""

    def __init__(self) -> None:
        self.sent: defaultdict[str, list[Wish]] = defaultdict(list)

    def send(self, system: str, wishes: Sequence[Wish]) -> None:
        """Ask for a person's records in a system to be brought up to date."""
        self.sent[system].extend(wishes)


class MemoryChangesQueue:
    """References to pages, in the order of sending."""

    def __init__(self) -> None:
        self.sent: list[Changes] = []

    def send(self, changes: Changes) -> None:
        """Hand a page over."""
        self.sent.append(Changes.of_message(changes.to_message()))
