"""Plays a fixture: its request as an API Gateway event, through the real door, archive and queue, to signals.

Everything is the product's own code with memory adapters behind it; only the clock, the secret and the source are the
fixture's.
"""

import base64
import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

from shared.adapters.memory.intake import MemoryRawArchive, MemorySignalQueue, MemorySourceSecrets
from shared.app.normalise import signals_of
from shared.app.receive_delivery import Doorway, Received, collect_events, receive_webhook
from shared.connectors.registry import connector_of, is_known
from shared.contracts.intake import Delivery, InboundRequest, Rejected, Reply, Source, Submission
from shared.domain.intake.signal import Signal
from shared.domain.intake.signatures import SCHEMES
from shared.runtime.http import serve

NOW: Final = 1_798_761_600_000
"""2027-01-01: the clock of fixtures that do not say when they were verified; later than all that happened in them."""

CONNECTORS: Final = {
    "zapier": "json_post", "make": "json_post", "generic": "json_post", "json": "json_post", "form": "form_post",
    "rudderstack": "segment", "standard-webhooks": "standard_webhooks",
}  # fmt: skip
"""Senders that are read by a connector of another name."""

OWN_SCHEMES: Final = frozenset({*SCHEMES, "write_key", "server_key", "segment_batch"})
SCHEME_NAMES: Final = {"hub_challenge": "meta", "basic": "write_key", "none": ""}
"""What fixtures call schemes that we call otherwise."""

REPEATS: Final = ("repeat", "times", "concurrency", "concurrent", "parallel")
"""How a sequence says that a request comes several times."""

SUPPLIED: Final = "fixture-token"
"""The token of a fixture that has no secret: it only shows how to parse."""


class Unsupported(Exception):
    """No connector or scheme for it here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What became of one event: a signal, or the code of the reason why it is none; ``submission`` as parsed."""

    signal: Signal | None = None
    submission: Submission | None = None
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The answer to one request, and every event that was queued with it."""

    status: int
    body: str
    seen: list[Seen]


class _Counted:
    """Ids in order: a fixture plays the same every time."""

    def __init__(self) -> None:
        self._count = 0

    def seed(self) -> str:
        self._count += 1
        return f"{self._count:032x}"


@dataclass
class _House:
    """One installation: its doors, archive and queue."""

    secrets: MemorySourceSecrets = field(default_factory=lambda: MemorySourceSecrets({}))
    archive: MemoryRawArchive = field(default_factory=MemoryRawArchive)
    queue: MemorySignalQueue = field(default_factory=MemorySignalQueue)
    ids: _Counted = field(default_factory=_Counted)

    def play(self, fixture: Mapping[str, Any]) -> Played:
        """Send one request and process what it queued."""
        event = event_of(fixture)
        source = _source(fixture, event)
        self.secrets.secrets[source.name] = _secrets(fixture)
        door = Doorway(
            sources={source.name: source},
            secrets=self.secrets,
            connector_of=connector_of,
            archives={"local": self.archive},
            queue=self.queue,
            ids=self.ids,
        )
        use_case = collect_events if _path(event).startswith("/v1/") else receive_webhook
        queued = len(self.queue.sent)

        def handle(request: InboundRequest) -> tuple[Reply, str]:
            received: Received = use_case(request, door)
            return received.reply, received.outcome

        with contextlib.redirect_stdout(io.StringIO()):
            response = serve(event, int(fixture.get("verify_at") or 0) * 1_000 or NOW, handle)
        seen = [one for delivery in self.queue.sent[queued:] for one in self._process(delivery, source)]
        return Played(status=response["statusCode"], body=response["body"], seen=seen)

    def _process(self, delivery: Delivery, source: Source) -> Iterator[Seen]:
        """What process_signals makes of a delivery, event by event."""
        request = self.archive.get(delivery.archive_key)
        parse = connector_of(source.vendor).parse
        signals, rejected = signals_of(
            request, source, parse=parse, archive_key=delivery.archive_key, correlation_id=delivery.correlation_id
        )
        codes = {item.index: item.code for item in rejected}
        left = iter(signals)
        for index, item in enumerate(parse(request, source.parser_options)):
            submission = None if isinstance(item, Rejected) else item
            if index in codes:
                yield Seen(submission=submission, code=codes[index])
            else:
                yield Seen(submission=submission, signal=next(left))


def play(fixture: Mapping[str, Any]) -> Played:
    """Play one request.

    Raises:
        Unsupported: no connector or scheme for it.
    """
    return _House().play(fixture)


def play_sequence(fixture: Mapping[str, Any], path: Path) -> list[Played]:
    """Play several requests into one installation.

    Raises:
        Unsupported: a request of a vendor without a connector, or something that is no request.
    """
    house = _House()
    played = []
    for listed in fixture["requests"]:
        request = _referred(listed, path)
        if "path" not in request:
            raise Unsupported("a step of the sequence is no HTTP request")
        whole = {**{key: fixture[key] for key in ("secret", "signature", "verify_at") if key in fixture}, **request}
        times = next((int(value) for key in REPEATS if (value := listed.get(key) or fixture.get(key))), 1)
        played += [house.play({"vendor": fixture.get("vendor", "_nasty"), **whole}) for _ in range(times)]
    return played


def _referred(listed: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    if "ref" not in listed:
        return listed
    vendor = str(listed["ref"]).partition("/")[0]
    _connector(vendor)
    target = path.parent.parent / str(listed["ref"])
    if not target.exists():
        raise Unsupported(f"{listed['ref']} is not there")
    found: Mapping[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    return found


def event_of(fixture: Mapping[str, Any]) -> dict[str, Any]:
    """The request as API Gateway delivers it (payload 2.0); ``deliver_as: lambda_event`` brings its own event."""
    address = urlsplit(str(fixture["path"]))
    if fixture.get("deliver_as") == "lambda_event":
        return _own_event(fixture, address.query)
    body, encoded = _body(fixture)
    headers = {str(name): str(value) for name, value in (fixture.get("headers") or {}).items()}
    if not (fixture.get("secret") or parse_qs(address.query).get("token")) and "secret" not in fixture:
        headers["authorization"] = f"Bearer {SUPPLIED}"
    if fixture.get("secret", "") is None:
        headers["x-leadspine-token"] = SUPPLIED
    return {
        "version": "2.0",
        "rawPath": address.path,
        "rawQueryString": address.query,
        "headers": headers,
        "requestContext": {"http": {"method": fixture["method"], "path": address.path, "sourceIp": "203.0.113.5"}},
        "body": body,
        "isBase64Encoded": encoded,
    }


def _own_event(fixture: Mapping[str, Any], query: str) -> dict[str, Any]:
    """The event in the fixture. The address given to the vendor is the fixture's: its token is put where it lacks."""
    event: dict[str, Any] = json.loads(fixture["body_raw"])
    if "rawQueryString" not in event:
        several = event.setdefault("multiValueQueryStringParameters", {}) or {}
        for name, value in parse_qsl(query):
            several.setdefault(name, [value])
    return event


def _body(fixture: Mapping[str, Any]) -> tuple[str, bool]:
    generator = fixture.get("body_generator")
    if generator:
        return f"{generator['prefix']}{generator['repeat'] * int(generator['times'])}{generator['suffix']}", False
    raw = str(fixture.get("body_raw") or "")
    if fixture.get("body_encoding") == "base64":
        return raw, True
    return base64.b64encode(raw.encode("utf-8", "surrogatepass")).decode(), True


def _source(fixture: Mapping[str, Any], event: Mapping[str, Any]) -> Source:
    path = _path(event)
    name = "segment" if path.startswith("/v1/") else path.rstrip("/").rpartition("/")[2]
    vendor = str(fixture.get("vendor") or "")
    connector = _connector(name if vendor in ("", "_nasty") else vendor)
    return Source(name=name, vendor=connector, scheme=_scheme(fixture, path))


def _connector(vendor: str) -> str:
    name = CONNECTORS.get(vendor, vendor)
    if not is_known(name):
        raise Unsupported(f"no connector for {vendor}")
    return name


def _scheme(fixture: Mapping[str, Any], path: str) -> str:
    if path.startswith("/v1/"):
        return "write_key"
    named = str((fixture.get("signature") or {}).get("scheme") or "")
    scheme = SCHEME_NAMES.get(named, named) or "bearer"
    if scheme not in OWN_SCHEMES:
        raise Unsupported(f"no scheme {named}")
    return scheme


def _secrets(fixture: Mapping[str, Any]) -> list[str]:
    """The fixture's secret; without one the token in its address; an empty one stays empty (nothing may match it)."""
    if fixture.get("secret") is not None:
        given = fixture["secret"]
        return [str(secret) for secret in given] if isinstance(given, list) else [str(given)]
    token = parse_qs(urlsplit(str(fixture["path"])).query).get("token")
    return token or [SUPPLIED]


def _path(event: Mapping[str, Any]) -> str:
    return str(event.get("rawPath") or event.get("path") or "/")
