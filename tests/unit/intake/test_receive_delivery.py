"""The doors: what is kept, what is refused with which code, and that no death loses or doubles an accepted event."""

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.archived_request import pack
from shared.adapters.memory.faults import Faults, Killed
from shared.app.receive_delivery import Received, collect_events, receive_webhook
from shared.contracts.intake import InboundRequest
from shared.domain.intake.problem import Problem
from tests.unit.intake.builders import FORM, SECRET, SOURCES, House, posted, typeform_signature

BEARER = {"Authorization": f"Bearer {SECRET}"}
KEY = {"Authorization": "Basic " + base64.b64encode(f"{SECRET}:".encode()).decode()}
LEAD = {"id": "1", "email": "anna@example.com", "name": "Anna"}
PAGE = {"type": "page", "anonymousId": "a", "messageId": "m1"}


def received(request: InboundRequest, house: House | None = None, **parts: Any) -> Received:
    door = (house or House()).door(**parts)
    return collect_events(request, door) if request.path.startswith("/v1/") else receive_webhook(request, door)


def refusal(request: InboundRequest, house: House | None = None, **parts: Any) -> tuple[str, int]:
    """The code and status of a refusal, after which nothing may be stored anywhere."""
    kept = house or House()
    with pytest.raises(Problem) as error:
        received(request, kept, **parts)
    assert not kept.archive.objects
    assert not kept.queue.sent
    return error.value.code, error.value.status


def test_accepted_means_archived_and_queued_as_a_reference() -> None:
    house = House()

    answer = received(posted("/in/json", LEAD, headers=BEARER), house)

    (delivery,) = house.queue.sent
    assert answer.reply.status == 200
    assert json.loads(answer.reply.body) == {"status": "accepted", "delivery_id": delivery.delivery_id, "events": 1}
    assert house.archive.get(delivery.archive_key).body == json.dumps(LEAD).encode()
    assert "anna" not in json.dumps(delivery.to_message()).lower()


def test_credentials_are_checked_and_not_kept() -> None:
    house = House()
    request = posted(
        f"/in/json?token={SECRET}&region=PL", LEAD, headers={**BEARER, "Cookie": "a=1", "X-Leadspine-Token": SECRET}
    )

    received(request, house)

    (stored,) = house.archive.objects.values()
    assert SECRET.encode() not in stored
    assert b"cookie" not in stored
    assert house.archive.get(house.queue.sent[0].archive_key).query == {"region": ("PL",)}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (posted("/in/nobody", LEAD), ("INTAKE.UNKNOWN_SOURCE", 404)),
        (posted("/in/json", LEAD), ("INTAKE.BAD_SIGNATURE", 401)),
        (posted("/in/json", LEAD, headers={"Authorization": "Bearer wrong"}), ("INTAKE.BAD_SIGNATURE", 401)),
        (posted("/in/json", b"", headers=BEARER), ("INTAKE.EMPTY_BODY", 400)),
        (posted("/in/json", b"{", headers=BEARER), ("INTAKE.MALFORMED_JSON", 400)),
        (posted("/in/json", {}, headers=BEARER), ("INTAKE.NO_IDENTIFIER", 400)),
        (posted("/in/json", [{}, 1], headers=BEARER), ("INTAKE.NO_IDENTIFIER", 400)),
        (posted(f"/in/form?token={SECRET}", "name=Anna"), ("INTAKE.NO_IDENTIFIER", 400)),
        (posted("/in/json", b"a" * (1024 * 1024 + 1), headers=BEARER), ("INTAKE.TOO_LARGE", 413)),
        (posted("/in/json", b"<a/>", headers=BEARER, content_type="text/xml;"), ("INTAKE.UNSUPPORTED_MEDIA_TYPE", 415)),
        (posted("/in/json", LEAD, headers=BEARER, method="PUT"), ("INTAKE.METHOD_NOT_ALLOWED", 405)),
        (posted("/in/json", LEAD, headers=BEARER, method="GET"), ("INTAKE.METHOD_NOT_ALLOWED", 405)),
        (posted("/v1/batch", {"batch": [PAGE]}), ("INTAKE.BAD_SIGNATURE", 401)),
        (posted("/v1/batch", {"batch": [PAGE], "writeKey": "x"}), ("INTAKE.BAD_SIGNATURE", 401)),
        (posted("/v1/batch", b"{", headers=KEY), ("INTAKE.MALFORMED_JSON", 400)),
        (posted("/v1/delete", PAGE, headers=KEY), ("INTAKE.UNKNOWN_CALL", 404)),
        (posted("/v1/batch", PAGE, headers=KEY, method="GET"), ("INTAKE.METHOD_NOT_ALLOWED", 405)),
        (posted("/v1/batch", b"a" * (5 * 1024 * 1024 + 1), headers=KEY), ("INTAKE.TOO_LARGE", 413)),
    ],
)
def test_what_is_refused_has_a_code_and_leaves_nothing(request_: InboundRequest, expected: tuple[str, int]) -> None:
    assert refusal(request_) == expected


@pytest.mark.parametrize(
    "path", ["/in/typeform", "/in/json", "/in/form?token=", "/in/meta", "/in/standard-webhooks", "/v1/batch"]
)
def test_a_source_without_a_secret_accepts_nothing(path: str) -> None:
    house = House()
    house.secrets.secrets = {name: [""] for name in SOURCES}

    assert refusal(posted(path, PAGE, headers={"Authorization": "Bearer "}), house) == ("INTAKE.BAD_SIGNATURE", 401)


@pytest.mark.parametrize("sign_compressed", [True, False])
def test_a_signature_may_cover_the_compressed_bytes_or_the_plain_ones(sign_compressed: bool) -> None:
    house = House()
    plain = json.dumps({"event_type": "form_response", "form_response": {"token": "t", "answers": []}}).encode()
    packed = gzip.compress(plain)
    signature = typeform_signature(packed if sign_compressed else plain)
    headers = {"Content-Encoding": "gzip", "Typeform-Signature": signature}

    received(posted("/in/typeform", packed, headers=headers), house)

    assert house.archive.get(house.queue.sent[0].archive_key).body == plain
    with pytest.raises(Problem, match=r"INTAKE\.BAD_SIGNATURE"):
        received(posted("/in/typeform", gzip.compress(plain + b" "), headers=headers), house)


def test_both_secrets_are_valid_while_one_is_rotated() -> None:
    house = House()
    house.secrets.secrets["json"] = ["new", "old"]

    for secret in ("new", "old"):
        assert received(posted("/in/json", LEAD, headers={"X-Leadspine-Token": secret}), house).outcome == "accepted"
    with pytest.raises(Problem):
        received(posted("/in/json", LEAD, headers={"X-Leadspine-Token": "older"}), house)


@pytest.mark.parametrize(
    "request_",
    [
        posted(f"/in/tilda?token={SECRET}", "test=test"),
        posted("/in/json", [], headers=BEARER),
        posted("/v1/batch", {"batch": []}, headers=KEY),
    ],
)
def test_a_test_ping_and_an_empty_list_are_answered_and_not_kept(request_: InboundRequest) -> None:
    house = House()

    answer = received(request_, house)

    assert (answer.reply.status, answer.outcome) == (200, "ignored")
    assert not house.archive.objects
    assert not house.queue.sent


def meta_greeting(token: str, mode: str = "subscribe") -> InboundRequest:
    return posted(f"/in/meta?hub.mode={mode}&hub.challenge=115&hub.verify_token={token}", method="GET")


def test_metas_handshake_is_echoed_as_plain_text() -> None:
    reply = received(meta_greeting(SECRET)).reply

    assert (reply.status, reply.body, reply.content_type) == (200, "115", "text/plain; charset=utf-8")


def test_a_handshake_with_another_token_is_forbidden_even_when_no_secret_is_configured() -> None:
    house = House()
    house.secrets.secrets["meta"] = [""]

    assert refusal(meta_greeting("wrong")) == ("INTAKE.BAD_HANDSHAKE", 403)
    assert refusal(meta_greeting(""), house) == ("INTAKE.BAD_HANDSHAKE", 403)
    assert refusal(meta_greeting(SECRET, mode="other")) == ("INTAKE.METHOD_NOT_ALLOWED", 405)


def test_a_head_request_only_asks_whether_somebody_is_there() -> None:
    assert received(posted("/in/json", method="HEAD")).reply.status == 200
    assert refusal(posted("/in/nobody", method="HEAD")) == ("INTAKE.UNKNOWN_SOURCE", 404)


def test_a_batch_with_bad_events_is_taken_whole() -> None:
    house = House()

    for batch in ([PAGE, {"type": "page"}], [{"type": "page"}]):
        answer = received(posted("/v1/batch", {"batch": batch}, headers=KEY), house)
        assert (answer.reply.status, answer.reply.body) == (200, '{"success":true}')
    assert len(house.queue.sent) == 2


def test_a_vendor_is_never_refused_for_what_it_says_but_a_developer_is() -> None:
    house = House()
    body = json.dumps({"object": "page", "entry": [{"changes": [{"field": "leadgen"}]}]}).encode()
    signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()

    answer = received(posted("/in/meta", body, headers={"X-Hub-Signature-256": signature}), house)

    assert (answer.reply.status, len(house.queue.sent)) == (200, 1)
    assert refusal(posted("/in/json", [{}], headers=BEARER)) == ("INTAKE.NO_IDENTIFIER", 400)


def test_the_write_key_finds_its_source_among_several() -> None:
    house = House()
    house.sources["app"] = replace(SOURCES["segment"], name="app")
    house.secrets.secrets["app"] = ["app-key"]

    received(posted("/v1/page", {**PAGE, "writeKey": "app-key"}), house)

    assert house.queue.sent[0].source == "app"


@pytest.mark.parametrize("residency", ["ru", "mars"])
@pytest.mark.parametrize("path", ["/in/json", "/v1/page"])
def test_without_the_store_that_must_come_first_not_one_byte_is_written(residency: str, path: str) -> None:
    house = House()
    house.sources = {name: replace(source, residency=residency) for name, source in house.sources.items()}
    headers = KEY if path.startswith("/v1/") else BEARER

    assert refusal(posted(path, {**LEAD, **PAGE}, headers=headers), house) == ("INTAKE.RESIDENCY_UNAVAILABLE", 503)


def test_the_first_write_goes_to_the_store_that_is_bound_to_the_residency() -> None:
    abroad, house = House(), House()
    house.sources["json"] = replace(SOURCES["json"], residency="ru")

    received(posted("/in/json", LEAD, headers=BEARER), house, archives={"local": house.archive, "ru": abroad.archive})

    assert not house.archive.objects
    assert len(abroad.archive.objects) == 1


Deliver = Callable[[House, Faults], None]


def deliver_webhook(house: House, faults: Faults) -> None:
    _deliver(house, faults, posted("/in/json", LEAD, headers=BEARER))


def deliver_batch(house: House, faults: Faults) -> None:
    events = [{**PAGE, "messageId": f"m{n}"} for n in range(3)]
    _deliver(house, faults, posted("/v1/batch", gzip.compress(json.dumps({"batch": events}).encode()), headers=GZIPPED))


GZIPPED = {**KEY, "Content-Encoding": "gzip"}


def _deliver(house: House, faults: Faults, request: InboundRequest) -> None:
    """As a vendor does: again and again until there is a 2xx."""
    for _ in range(3):
        try:
            received(
                request,
                house,
                secrets=faults.wrap(house.secrets, "secrets"),
                archives={"local": faults.wrap(house.archive, "archive")},
                queue=faults.wrap(house.queue, "queue"),
                ids=faults.wrap(house.ids, "ids"),
            )
        except Killed:
            continue
        return
    raise AssertionError("the vendor gave up")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize(("deliver", "events"), [(deliver_webhook, 1), (deliver_batch, 3)])
def test_a_door_killed_around_any_call_loses_nothing_and_doubles_nothing(
    deliver: Deliver, events: int, nth: int, when: str
) -> None:
    house, faults = House(), Faults()
    getattr(faults, when)(nth)

    deliver(house, faults)

    assert len({signal.signal_id for signal in house.queued_signals()}) == events
    assert {delivery.archive_key for delivery in house.queue.sent} <= house.archive.objects.keys()


def test_four_calls_are_all_there_is_to_be_killed_around() -> None:
    house, faults = House(), Faults()

    deliver_webhook(house, faults)

    assert faults.calls == ["secrets.secrets_of", "ids.seed", "archive.put", "queue.send"]


def test_fifty_deliveries_of_one_webhook_are_one_signal() -> None:
    house = House()

    for _ in range(50):
        received(posted("/in/json", LEAD, headers=BEARER), house)

    assert len(house.queue.sent) == 50
    assert len({signal.signal_id for signal in house.queued_signals()}) == 1


def test_the_archive_lists_requests_since_an_instant_in_order_of_receipt() -> None:
    house = House()
    for at in (3_000, 1_000, 2_000):
        received(posted("/in/json", LEAD, headers=BEARER, at=at), house)

    assert [house.archive.get(key).received_at for key in house.archive.keys_since(2_000)] == [2_000, 3_000]


def test_an_archived_request_reads_back_as_it_was_but_for_its_credentials() -> None:
    request = posted(
        "/in/form?map=a&map=b", b"a=\x00\xff\nb", content_type=FORM, headers={"Referer": "https://e.com/ż"}
    )
    house = House()

    key = house.archive.put(request, "dlv_1")

    assert house.archive.get(key) == request
    assert pack(request).count(b"\n") == 2
