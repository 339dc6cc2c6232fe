"""Messages in front of the writers: facts from the bus, or wishes of ours. Whom they are about is all that counts.

What is written is read at the time of writing, so a message that is late, repeated or overtaken does no harm.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.ports.sync import Wish
from shared.runtime.batch import QueueMessage, report

URGENT_FACTS: Final = frozenset({"HandoverRequested", "ConsentWithdrawn"})
"""Facts that somebody waits for: a sales person, or a person who wants no more mail."""


def wishes_in(messages: Sequence[QueueMessage]) -> tuple[list[tuple[str, Wish]], frozenset[str]]:
    """The wishes in a batch, with the ids of their messages; and ids of messages that hold none.

    Those are left to the queue, which moves them to its dead letters, where they are parked.
    """
    wishes: list[tuple[str, Wish]] = []
    unreadable: set[str] = set()
    for message in messages:
        try:
            wishes.append((message.message_id, wish_of(message.json())))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            report(error, message.message_id)
            unreadable.add(message.message_id)
    return wishes, frozenset(unreadable)


def wish_of(body: Mapping[str, Any]) -> Wish:
    """The wish in a message: EventBridge puts the envelope of a fact below ``detail``.

    Raises:
        KeyError, TypeError, ValueError: it is neither a fact nor a wish.
    """
    fact = body.get("detail")
    if fact is not None:
        name = _text(fact["name"])
        return Wish(lead_id=_text(fact["lead_id"]), reason=name, urgent=name in URGENT_FACTS)
    return Wish(lead_id=_text(body["lead_id"]), reason=_text(body["reason"]), urgent=bool(body.get("urgent")))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a text")
    return value
