"""What senders say of orders: which of it is told, by whom, with which day and which exact amount."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from shared.connectors.registry import connector_of
from shared.contracts.intake import Rejected, Source, Submission
from shared.domain.identity.model import EMAIL, EXTERNAL, Evidence, Identifier
from shared.domain.intake.orders import opportunity_id
from shared.domain.intake.problem import Problem
from shared.domain.intake.signal import Signal
from tests.unit.intake.builders import one_signal, posted, signals

SHOP = Source(name="woocommerce", vendor="woocommerce", scheme="woocommerce")
SERVER = Source(name="segment-server", vendor="segment", scheme="server_key")
BROWSER = Source(name="segment", vendor="segment", scheme="write_key")
BOOKS = Source(name="orders", vendor="order_rows", scheme="bearer")
JSON = Source(name="json", vendor="json_post", scheme="bearer")
EVENTS = Source(name="standard-webhooks", vendor="standard_webhooks", scheme="standard_webhooks")
ORDER: dict[str, Any] = {
    "id": 727, "status": "completed", "currency": "USD", "total": "29.35", "customer_id": 0,
    "date_created_gmt": "2026-03-22T19:28:02", "date_modified_gmt": "2026-03-23T13:00:00",
    "date_paid_gmt": "2026-03-22T19:28:08", "refunds": [],
    "billing": {"first_name": "John", "last_name": "Doe", "company": "", "email": "john.doe@example.com", "phone": ""},
}  # fmt: skip
LATER = 1_798_761_600_000
TOLD = ("opportunity_id", "opportunity_state", "amount", "currency", "opened_on", "closed_on")


def shop(topic: str = "order.updated", **changed: Any) -> list[Signal]:
    body = {**ORDER, **changed}
    found, rejected = signals(posted("/in/woocommerce", body, headers={"x-wc-webhook-topic": topic}, at=LATER), SHOP)
    assert not rejected
    return found


def tracked(event: str, source: Source = SERVER, **properties: Any) -> Signal:
    body = {
        "type": "track", "event": event, "messageId": "m-1", "userId": "u-1", "timestamp": "2026-03-09T10:00:00Z",
        "properties": {"order_id": "17", **properties},
    }  # fmt: skip
    return one_signal(posted("/v1/track", body, at=LATER), source)


def told(signal: Signal) -> dict[str, Any]:
    return {name: signal.attributes[name] for name in TOLD if name in signal.attributes}


def test_an_order_of_woocommerce_is_told_as_it_stands() -> None:
    (signal,) = shop()

    assert (signal.kind, signal.evidence) == ("order_paid", Evidence.VERIFIED)
    assert Identifier(EMAIL, "john.doe@example.com") in signal.identifiers
    assert told(signal) == {
        "opportunity_id": "order:woocommerce:727",
        "opportunity_state": "won",
        "amount": "29.35",
        "currency": "USD",
        "opened_on": "2026-03-22",
        "closed_on": "2026-03-22",
    }
    assert signal.attributes["opportunity_stage"] == "completed"
    assert not signal.is_touch


@pytest.mark.parametrize(
    ("status", "paid", "kind", "state"),
    [
        ("pending", None, "order_placed", "open"),
        ("on-hold", None, "order_placed", "open"),
        ("processing", "2026-03-22T19:28:08", "order_paid", "won"),
        ("cancelled", None, "order_refunded", "lost"),
        ("refunded", "2026-03-22T19:28:08", "order_refunded", "lost"),
        ("failed", None, "order_refunded", "lost"),
        ("trash", None, "order_refunded", "lost"),
        ("shipped-by-a-plugin", "2026-03-22T19:28:08", "order_paid", "won"),
        ("waiting-in-a-plugin", None, "order_placed", "open"),
    ],
)
def test_a_status_of_woocommerce_is_one_of_three_states(status: str, paid: str | None, kind: str, state: str) -> None:
    (signal,) = shop(status=status, date_paid_gmt=paid)

    assert (signal.kind, signal.attributes["opportunity_state"]) == (kind, state)
    closed = {"open": None, "won": "2026-03-22", "lost": "2026-03-23"}[state]
    assert signal.attributes.get("closed_on") == closed


def test_what_a_shop_gave_back_lowers_the_amount_exactly() -> None:
    (signal,) = shop(refunds=[{"id": 1, "total": "-10.10"}, {"id": 2, "total": "-0.25"}])

    assert signal.attributes["amount"] == "19.00"


def test_the_campaign_that_a_shop_remembers_comes_with_the_order() -> None:
    meta = [{"key": "_wc_order_attribution_utm_source", "value": "google"}, {"key": "other", "value": 1}, "nonsense"]

    assert shop(meta_data=meta)[0].utm == {"source": "google"}


def test_carts_and_topics_nobody_asked_for_are_nothing() -> None:
    assert shop(status="checkout-draft") == []
    assert shop("product.updated") == []
    assert shop("order.deleted") == []


def test_the_ping_of_a_new_webhook_is_let_in_unsigned_and_an_order_is_not() -> None:
    verify = connector_of("woocommerce").verify
    ping = posted("/in/woocommerce", "webhook_id=142")
    order = posted("/in/woocommerce", ORDER, headers={"x-wc-webhook-topic": "order.updated"})
    signature = base64.b64encode(hmac.new(b"secret", order.body, hashlib.sha256).digest()).decode()
    signed = posted(
        "/in/woocommerce", ORDER, headers={"x-wc-webhook-topic": "order.updated", "x-wc-webhook-signature": signature}
    )
    smuggled = posted("/in/woocommerce", "webhook_id=142", headers={"x-wc-webhook-topic": "order.updated"})

    assert [verify(r, "woocommerce", ["secret"]) for r in (ping, order, signed, smuggled)] == [True, False, True, False]
    assert connector_of("woocommerce").parse(ping, {}) == []


@pytest.mark.parametrize(
    ("event", "kind", "expected"),
    [
        ("Order Placed", "order_placed", {"opportunity_state": "open", "opened_on": "2026-03-09"}),
        ("Order Completed", "order_placed", {"opportunity_state": "won", "closed_on": "2026-03-09"}),
        ("Payment Succeeded", "order_paid", {"opportunity_state": "won", "closed_on": "2026-03-09"}),
        ("Order Cancelled", "order_refunded", {"opportunity_state": "lost", "closed_on": "2026-03-09"}),
        ("Order Updated", "custom_event", {}),
    ],
)
def test_order_events_of_segment_from_a_server_are_told(event: str, kind: str, expected: dict[str, str]) -> None:
    signal = tracked(event, revenue=25.1, total=27.5, currency="usd")

    assert signal.kind == kind
    assert told(signal) == {
        "opportunity_id": "order:segment-server:17", "amount": "25.10", "currency": "USD", **expected,
    }  # fmt: skip


def test_a_refund_with_an_amount_is_a_part_and_without_one_the_whole() -> None:
    part, whole = tracked("Order Refunded", total=5, currency="USD"), tracked("Order Refunded")
    unclear = tracked("Order Refunded", total="five")

    assert (part.attributes["refunded"], part.attributes["refunded_on"]) == ("5.00", "2026-03-09")
    assert "opportunity_state" not in part.attributes
    assert whole.attributes["opportunity_state"] == "lost"
    assert "opportunity_id" not in unclear.attributes
    assert "order:amount" in unclear.flags


def test_a_browser_claims_and_tells_of_no_order_whatever_it_sends() -> None:
    forged = {"opportunity_id": "order:shop:1", "opportunity_state": "won", "order_change": "paid"}
    claim = tracked("Order Completed", BROWSER, total=10_000, currency="USD", **forged)

    assert claim.evidence is Evidence.CLAIMED
    assert not [name for name in claim.attributes if name.startswith("opportunity")]
    assert claim.is_touch


def test_events_that_only_mention_an_order_tell_of_none() -> None:
    assert "opportunity_id" not in tracked("Coupon Applied", discount=5).attributes
    assert "opportunity_id" not in tracked("Payment Info Entered").attributes


def test_our_own_body_and_standard_webhooks_tell_of_orders_by_their_kind() -> None:
    body = {"id": "1", "kind": "order_paid", "email": "a@example.com", "order_id": 17, "amount": "1 250,50",
            "currency": "EUR", "occurred_at": "2026-03-09T10:00:00Z"}  # fmt: skip
    event = {"type": "order.paid", "timestamp": "2026-03-09T10:00:00Z",
             "data": {"email": "a@example.com", "order_id": "17", "value": 9.5, "currency": "EUR"}}  # fmt: skip

    of_json = one_signal(posted("/in/json", body, at=LATER), JSON)
    of_event = one_signal(posted("/in/standard-webhooks", event, headers={"webhook-id": "1"}, at=LATER), EVENTS)

    assert (of_json.attributes["amount"], of_event.attributes["amount"]) == ("1250.50", "9.50")
    assert of_json.attributes["opportunity_id"] == "order:json:17"
    assert of_json.answers == {}


@pytest.mark.parametrize(
    ("value", "currency", "expected", "flags"),
    [
        (0.1 + 0.2, "EUR", "0.30", ()),
        ("1,234", "EUR", None, ("order:amount",)),
        (-5, "EUR", None, ("order:amount",)),
        (5, "euro", "5.00", ("order:currency",)),
        (1e20, "EUR", None, ("order:amount",)),
    ],
)
def test_an_amount_that_is_not_certain_is_left_out_and_flagged(
    value: Any, currency: str, expected: str | None, flags: tuple[str, ...]
) -> None:
    signal = tracked("Payment Succeeded", total=value, currency=currency)

    assert signal.attributes.get("amount") == expected
    assert signal.flags == flags
    assert signal.attributes["opportunity_state"] == "won"


def test_one_shop_behind_two_doors_has_one_order_and_its_own_currency() -> None:
    named = Source(name="segment-server", vendor="segment", scheme="server_key",
                   options={"shop": "main", "currency": "PLN"})  # fmt: skip

    signal = tracked("Payment Succeeded", named, total=5)

    assert (signal.attributes["opportunity_id"], signal.attributes["currency"]) == ("order:main:17", "PLN")


def test_an_order_id_is_bounded_and_names_nobody() -> None:
    for order_id in ("x" * 500, "anna@example.com", "заказ 5", "../../etc"):
        assert len(opportunity_id("shop", order_id)) == len("order:shop:") + 32
    assert opportunity_id("shop", "2026/03-17") == "order:shop:2026/03-17"


def rows(body: object, **more: Any) -> list[Submission | Rejected]:
    return connector_of("order_rows").parse(posted("/in/orders", body, **more), {})


def test_a_file_of_the_books_is_taken_as_it_is_and_bad_rows_are_told_by_their_line() -> None:
    text = (
        "Номер;Дата;Почта;Домен;Сумма;Валюта;Дата оплаты\n"
        "17;01.03.2026;Anna@Acme.de;;1 250,50;EUR;03.03.2026\n"
        "18;02.03.2026;;acme.de;99,90;EUR;\n"
        "19;31.02.2026;b@c.de;;5;EUR;\n"
    )

    found = rows(text.encode("cp1251"), content_type="text/csv; charset=windows-1251")

    paid, placed, refused = found
    assert isinstance(paid, Submission)
    assert (paid.kind, paid.email, paid.external_id) == ("order_paid", "Anna@Acme.de", None)
    assert isinstance(placed, Submission)
    assert (placed.kind, placed.external_id) == ("order_placed", "orders:acme.de")
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.index) == ("ORDERS.BAD_DATE", 3)
    assert "31.02" not in refused.detail


def test_a_row_without_an_address_belongs_to_the_company_and_keeps_its_day() -> None:
    row = {"order": "18", "date": "2026-03-02", "domain": "acme-industrie.de", "amount": "99.90", "currency": "EUR",
           "state": "paid", "paid_on": "2026-03-05"}  # fmt: skip
    signal = one_signal(posted("/in/orders", [row], at=LATER), BOOKS)

    assert signal.identifiers == (Identifier(EXTERNAL, "orders:acme-industrie.de"),)
    assert signal.company_domain == "acme-industrie.de"
    assert told(signal) == {
        "opportunity_id": "order:orders:18", "opportunity_state": "won", "amount": "99.90", "currency": "EUR",
        "opened_on": "2026-03-02", "closed_on": "2026-03-05",
    }  # fmt: skip


def test_the_same_row_is_the_same_signal_in_whatever_file_and_a_changed_one_is_another() -> None:
    row = {"order": "18", "date": "2026-03-02", "email": "a@example.com", "amount": "5", "currency": "EUR"}
    first = one_signal(posted("/in/orders", [row], at=LATER), BOOKS)
    again = one_signal(
        posted("/in/orders", {"orders": [{**row, "date": "02.03.2026", "note": "x"}]}, at=LATER + 9), BOOKS
    )
    paid = one_signal(posted("/in/orders", [{**row, "paid_on": "2026-03-04"}], at=LATER), BOOKS)

    assert first.signal_id == again.signal_id != paid.signal_id


@pytest.mark.parametrize(
    ("body", "code"), [(b"a;b\n1;2\n", "ORDERS.UNKNOWN_COLUMN"), (b"{", "ORDERS.NOT_JSON"), (b" ", "ORDERS.NO_ROWS")]
)
def test_a_body_that_is_no_file_of_orders_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(Problem) as refused:
        rows(body)

    assert (refused.value.code, refused.value.status) == (code, 400)
