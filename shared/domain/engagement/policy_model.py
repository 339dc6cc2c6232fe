"""The compiled message policy: which messages there are, in which words, under which limits. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.domain.instant import Instant

MARKETING: Final = "marketing"
TRANSACTIONAL: Final = "transactional"
INTERNAL: Final = "internal"
CLASSES: Final = (MARKETING, TRANSACTIONAL, INTERNAL)
"""Marketing needs consent; transactional answers what the person asked for; internal goes to our own people."""

PERSON: Final = "person"
"""``to`` of a message that goes to the person it is about; anything else is a group of staff."""

ADDRESS: Final = "address"
CAUSE: Final = "cause"
ONCE: Final = (ADDRESS, CAUSE)
"""A message is sent once per address, ever; or once per fact that caused it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageText:
    """A message in one language. ``{word}`` stands for a value; paragraphs are separated by empty lines."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDefinition:
    """One message. ``fresh_ms`` is how old its cause may be: history that is filled in later sends nothing."""

    id: str
    message_class: str
    purpose: str
    channel: str
    on: tuple[str, ...]
    to: str
    once: str
    fresh_ms: int
    texts: Mapping[str, MessageText]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePolicy:
    """All messages and what holds for each of them.

    At most ``cap_messages`` marketing messages go to one address within ``cap_ms``. ``require_text``: a consent counts
    only when the text that was shown is one of the published ones. ``residencies`` maps a country to the store that
    its people's data may leave from; countries that are not listed are ``local``. ``recipients`` are groups of staff.
    """

    sender_name: str
    list_id: str
    unsubscribe_mailbox: str
    default_language: str
    languages: Mapping[str, str]
    cap_messages: int
    cap_ms: Instant
    require_text: bool
    residencies: Mapping[str, str] = field(default_factory=dict)
    recipients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    messages: tuple[MessageDefinition, ...] = ()
    version: str = ""
