"""Compares what a fixture expects with what was played. Says every difference in words, without hiding any.

The names of events and of some fields in fixtures are a proposal of their authors: the table below maps them to ours.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from infra.cli.fixture_run import Played, Seen, Unsupported
from shared.app.normalise import signal_id_of
from shared.domain.intake.text import fold

Expected = Mapping[str, Any]

KINDS: Final = {
    "lead.submitted": "form_submitted",
    "contact.identified": "identified",
    "customer.created": "identified",
    "identity.merged": "identity_linked",
    "email.unsubscribed": "consent_withdrawn",
    "email.sent": "custom_event",
    "email.dropped": "custom_event",
    "email.deferred": "custom_event",
    "sms.undelivered": "sms_failed",
    "call.received": "call_completed",
    "payment.succeeded": "order_paid",
    "order.updated": "order_paid",
    "form.response_completed": "form_submitted",
}
"""Events that fixtures call otherwise. All other names are ours with a dot: ``page.viewed`` is page_viewed."""

TRACKED: Final = "event.tracked:"
NOTHING: Final = frozenset({"ignored", "test_ping"})

UNSURE: Final = {
    "name": (
        "text:invalid:name", "text:invalid", "text:guessed_charset", "content:formula:name", "mixed_script:name",
        "spam:honeypot", "spam:too_fast",
    ),
    "company": ("text:invalid:company", "text:guessed_charset", "content:formula:company"),
}  # fmt: skip
"""Flags under which we keep a value as it came and say that it is doubtful: a fixture that expects none agrees."""

CAPTURED: Final = "captured_from_real_client"
"""Fixtures of this provenance leave phones out of ``expected.events`` although the payload has them."""

SEQUENCE_KEYS: Final = frozenset(
    {"stored_events", "linked_person", "conflicts", "statuses", "consent", "final_consent"}
)
"""What the intake can answer about a sequence; states of meetings and messages are decided elsewhere."""


def differences(fixture: Mapping[str, Any], played: Played) -> list[str]:
    """Why one request is not what the fixture expects; empty when it is."""
    expected: Expected = fixture["expected"]
    name = str(expected.get("event_type", ""))
    if "response_status" in expected and played.status != expected["response_status"]:
        return [f"answered {played.status}, expected {expected['response_status']}"]
    if "response_body" in expected and played.body != expected["response_body"]:
        return [f"answered {played.body!r}, expected {expected['response_body']!r}"]
    if name == "rejected":
        return [] if 400 <= played.status < 500 else [f"answered {played.status}, expected a rejection"]
    if not 200 <= played.status < 300:
        return [f"answered {played.status}: {played.body}"]
    if name == "handshake":
        return []
    if name in NOTHING:
        return [f"made {len(played.seen)} events, expected none"] if played.seen else []
    events = expected.get("events")
    listed: Sequence[Expected] = events if isinstance(events, list) else [expected]
    return _compare_events(listed, played.seen, captured=fixture.get("provenance") == CAPTURED)


def sequence_differences(expected: Expected, played: Sequence[Played]) -> list[str]:
    """Why several requests together are not what the fixture expects.

    Raises:
        Unsupported: it expects nothing that the intake decides.
    """
    if not SEQUENCE_KEYS & expected.keys():
        raise Unsupported(f"expects {', '.join(sorted(expected))}, which the intake does not decide")
    seen = [one for request in played for one in request.seen]
    ids: dict[str, set[str]] = {}
    for one in seen:
        if one.signal and one.submission:
            content = signal_id_of(replace(one.submission, vendor_id=None), one.signal.source)
            ids.setdefault(one.signal.signal_id, set()).add(content)
    found: dict[str, Any] = {
        "stored_events": len(ids),
        "linked_person": len({one.signal.strongest for one in seen if one.signal}),
        "conflicts": sum(len(contents) - 1 for contents in ids.values()),
        "statuses": [request.status for request in played],
        **dict.fromkeys(("consent", "final_consent"), _final_consent(seen)),
    }
    compared = SEQUENCE_KEYS & expected.keys()
    return [f"{key} {found[key]}, expected {expected[key]}" for key in sorted(compared) if found[key] != expected[key]]


def _final_consent(seen: Sequence[Seen]) -> bool | None:
    """The latest statement by time of occurrence; a withdrawal wins a tie, whatever came in last."""
    said = [(one.signal.occurred_at, not claim.given) for one in seen if one.signal for claim in one.signal.consents]
    return None if not said else not max(said)[1]


def _compare_events(listed: Sequence[Expected], seen: Sequence[Seen], *, captured: bool) -> list[str]:
    if len(listed) != len(seen):  # what could not even be parsed is parked, and no event: it need not be listed
        seen = [one for one in seen if one.submission is not None]
    if len(listed) != len(seen):
        return [f"made {len(seen)} events, expected {len(listed)}"]
    several = len(listed) > 1
    return [
        f"event {index}: {difference}" if several else difference
        for index, (expected, one) in enumerate(zip(listed, seen, strict=True))
        for difference in _compare(expected, one, captured=captured)
    ]


def _compare(expected: Expected, one: Seen, *, captured: bool) -> Iterator[str]:
    if expected.get("event_type") == "rejected":
        if not one.code or one.submission is not None:
            yield "accepted, expected a rejection"
        return
    if one.submission is None:
        yield f"rejected with {one.code}"
        return
    yield from _compare_event(expected, one)
    for field in ("email", "phone", "name", "company"):
        if field in expected and not (field == "phone" and captured and expected[field] is None):
            yield from _compare_field(field, expected[field], one)
    if "utm" in expected:
        yield from _compare_value("utm", _our_utm(expected["utm"]), _utm(one))
    yield from _compare_consent(expected.get("consent"), one)
    yield from _compare_extras(expected, one)


def _compare_event(expected: Expected, one: Seen) -> Iterator[str]:
    submission = one.submission
    if submission is None:
        return
    name = str(expected.get("event_type", ""))
    if name.startswith(TRACKED):
        yield from _compare_value("event", name.removeprefix(TRACKED), submission.attributes.get("event"))
    elif name:
        yield from _compare_value("event_type", KINDS.get(name, name.replace(".", "_")), submission.kind)
    if "event_id" in expected:
        vendor_id = one.signal.vendor_id if one.signal else submission.vendor_id
        yield from _compare_value("event_id", expected["event_id"], vendor_id)


def _compare_field(field: str, expected: str | None, one: Seen) -> Iterator[str]:
    """A person who could not be identified at all has no usable value: the record is parked, and counts as none."""
    found = one.signal.profile.get(field) if one.signal else None
    doubtful = one.signal and any(flag in one.signal.flags for flag in UNSURE.get(field, ()))
    if not (expected is None and doubtful):
        yield from _compare_value(field, expected, found)


def _compare_consent(expected: Any, one: Seen) -> Iterator[str]:
    said = dict(one.submission.consents) if one.submission else {}
    if isinstance(expected, Mapping):
        wanted = {f"ad.{channel}": given for channel, given in expected.items()}
        yield from _compare_value("consent", wanted, {key: said.get(key) for key in wanted})
        return
    found = all(said.values()) if said else None
    yield from _compare_value("consent", expected, found)


def _compare_extras(expected: Expected, one: Seen) -> Iterator[str]:
    flags = one.signal.flags if one.signal else ()
    missing = [flag for flag in expected.get("flags", ()) if flag not in flags]
    if missing:
        yield f"flags {list(flags)}, expected {missing}"
    if one.signal is None:
        return
    answers = {fold(key): value for key, value in one.signal.answers.items()}
    for key, values in (expected.get("extra") or {}).items():
        yield from _compare_value(key, "; ".join(values), answers.get(fold(key)))
    for key, value in (expected.get("raw") or {}).items():
        yield from _compare_value(f"raw {key}", value.strip(), one.signal.profile.get(f"{key}_raw"))
    if "occurred_at" in expected:
        yield from _compare_time(str(expected["occurred_at"]), one)


def _compare_time(expected: str, one: Seen) -> Iterator[str]:
    signal = one.signal
    if signal is None:
        return
    if expected.startswith("flag:"):
        flag = f"time:{expected.removeprefix('flag:')}"
        if flag not in signal.flags:
            yield f"flags {list(signal.flags)}, expected {flag}"
    elif expected == "received_at":
        yield from _compare_value("occurred_at", signal.recorded_at, signal.occurred_at)
    else:
        moment = int(datetime.fromisoformat(expected).timestamp() * 1_000_000) // 1_000
        yield from _compare_value("occurred_at", moment, signal.occurred_at)


def _utm(one: Seen) -> dict[str, str]:
    said = one.signal.utm if one.signal else one.submission.utm if one.submission else {}
    return dict(said)


def _our_utm(utm: Mapping[str, str]) -> dict[str, str]:
    """Segment calls the campaign ``name``."""
    return {"campaign" if key == "name" else key: value for key, value in utm.items()}


def _compare_value(what: str, expected: object, found: object) -> Iterator[str]:
    if expected != found:
        yield f"{what} {found!r}, expected {expected!r}"
