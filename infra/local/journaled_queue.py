"""Queues of the engine whose every message is written down before its sender is answered."""

# ruff: noqa: SLF001 - see infra.local.patches

from typing import Any

from infra.local.journal import Journal
from infra.local.ministack import sqs


class JournaledMessages(list[dict[str, Any]]):
    """The messages of one queue. Adding one writes it down first."""

    journal: Journal
    arn: str

    def append(self, message: dict[str, Any]) -> None:
        """Add a message, durably."""
        with self.journal.lock:
            sqs._ensure_msg_fields(message)
            self.journal.append({"k": "+", "q": self.arn, "m": message})
            super().append(message)

    def remove(self, message: dict[str, Any]) -> None:
        """Take one message out, durably."""
        with self.journal.lock:
            self.journal.append({"k": "-", "q": self.arn, "i": [message["id"]]})
            super().remove(message)

    def clear(self) -> None:
        """Take every message out, durably."""
        with self.journal.lock:
            self.journal.append({"k": "-", "q": self.arn, "i": [message["id"] for message in self]})
            super().clear()


class JournaledQueue(dict[str, Any]):
    """A queue record. The engine deletes by assigning the messages that stay, so that is where deletions are seen."""

    def __init__(self, record: dict[str, Any], journal: Journal) -> None:
        super().__init__(record)
        self._journal = journal
        super().__setitem__("messages", self._wrap(record["messages"]))

    def _wrap(self, messages: list[dict[str, Any]]) -> JournaledMessages:
        wrapped = JournaledMessages(messages)
        wrapped.journal, wrapped.arn = self._journal, self["attributes"]["QueueArn"]
        return wrapped

    def __setitem__(self, key: str, value: Any) -> None:
        if key != "messages":
            super().__setitem__(key, value)
            return
        messages = self["messages"]
        with self._journal.lock:
            # Only what was received is ever deleted: anything else was sent while the engine copied the list. The list
            # itself stays the same object, because a sender may be waiting for the lock to append to it.
            staying = {message["id"] for message in value}
            gone = {m["id"] for m in messages if m["id"] not in staying and m["receive_count"] > 0}
            if gone:
                self._journal.append({"k": "-", "q": messages.arn, "i": sorted(gone)})
                messages[:] = [message for message in messages if message["id"] not in gone]

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        """A plain copy: whoever copies a queue record wants to look at it."""
        return {key: list(value) if key == "messages" else value for key, value in self.items()}
