"""What belongs together in messages.yaml and with the purposes of consent. Works on raw values: it finds everything."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.domain.engagement.content import WORD, WORDS
from shared.domain.engagement.policy_model import INTERNAL, MARKETING, PERSON
from shared.policies.problems import Path, unknown

Raw = Mapping[str, Any]
Finding = tuple[Path, str]

CAUSES: Final = ("ConsentGiven", "HandoverRequested", "HandoverOverdue")
"""Facts that the bus hands to the gateway (rule facts-to-messages of the catalog)."""

_FOR_STAFF: Final = frozenset({"stage", "reason", "score", "lines", "due", "link"})
_ADDRESS: Final = re.compile(r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")


def check_messages(data: Raw, consent: Raw) -> Iterator[Finding]:
    """Known facts, purposes, groups and words; every default language there; no message that could never be sent."""
    purposes = {str(p.get("id")): p for p in _dicts(consent.get("purposes"))}
    groups = _group(data.get("recipients"))
    yield from _check_addresses(data, groups)
    default = _group(data.get("languages")).get("default")
    seen: set[str] = set()
    for number, message in enumerate(_list(data.get("messages"))):
        if not isinstance(message, dict):
            continue
        path: Path = ("messages", number)
        name = message.get("id")
        if isinstance(name, str) and name in seen:
            yield (*path, "id"), f'"{name}" is used twice'
        seen.add(str(name))
        yield from _check_place(message, path, purposes, groups)
        yield from _check_texts(message, path, default)


def _check_place(message: Raw, path: Path, purposes: Raw, groups: Raw) -> Iterator[Finding]:
    for number, cause in enumerate(_list(message.get("on"))):
        if isinstance(cause, str) and cause not in CAUSES:
            yield (*path, "on", number), unknown("fact", cause, CAUSES)
    kind, to = message.get("class"), message.get("to")
    if kind == INTERNAL:
        if isinstance(to, str) and to not in groups:
            yield (*path, "to"), unknown("group of recipients", to, groups)
        if message.get("once", "address") != "cause":
            yield (*path, "once"), "must be cause: staff are told of every lead, not of one"
    elif isinstance(to, str) and to != PERSON:
        yield (*path, "to"), f'must be "{PERSON}": only internal messages go to staff'
    yield from _check_purpose(message, path, purposes)


def _check_purpose(message: Raw, path: Path, purposes: Raw) -> Iterator[Finding]:
    purpose = message.get("purpose")
    if message.get("class") == MARKETING:
        if not isinstance(purpose, str) or purpose not in purposes:
            yield (*path, "purpose"), unknown("purpose", str(purpose or ""), purposes)
        elif purposes[purpose].get("channel") != "email":
            yield (*path, "purpose"), "is about another channel: this message is an e-mail"
    elif purpose:
        yield (*path, "purpose"), "is for marketing only"


def _check_texts(message: Raw, path: Path, default: object) -> Iterator[Finding]:
    texts = _group(message.get("texts"))
    if isinstance(default, str) and texts and default not in texts and message.get("class") != INTERNAL:
        yield (*path, "texts"), f'has no text in the default language "{default}"'
    allowed = WORDS if message.get("class") == INTERNAL else WORDS - _FOR_STAFF
    for language, text in texts.items():
        for part, wording in _group(text).items():
            for word in WORD.findall(wording) if isinstance(wording, str) else ():
                if word not in allowed:
                    yield (*path, "texts", language, part), unknown("word", word, allowed)


def _check_addresses(data: Raw, groups: Raw) -> Iterator[Finding]:
    for name, addresses in groups.items():
        for number, address in enumerate(_list(addresses)):
            if isinstance(address, str) and not _ADDRESS.match(address):
                yield ("recipients", name, number), "is no e-mail address"
    mailbox = data.get("unsubscribe_mailbox")
    if isinstance(mailbox, str) and mailbox and not _ADDRESS.match(mailbox):
        yield ("unsubscribe_mailbox",), "is no e-mail address"


def _group(value: object) -> Raw:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> Iterator[Raw]:
    yield from (item for item in _list(value) if isinstance(item, dict))
