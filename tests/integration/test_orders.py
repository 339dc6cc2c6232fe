"""Orders through the real doors, archive, queue and decision: who may tell of money, and that it counts once."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest

from shared.app.receive_delivery import collect_events, receive_webhook
from shared.contracts.intake import InboundRequest
from tests.integration.spine import SECRET, WRITE_KEY, Spine

EMAIL = "anna@acme-industrie.de"
AT = "2023-11-09T10:00:00Z"


@pytest.fixture
def spine() -> Spine:
    return Spine()


def request(spine: Spine, path: str, body: bytes, headers: Mapping[str, str]) -> InboundRequest:
    return InboundRequest(
        method="POST",
        path=path,
        source=path.rpartition("/")[2],
        query={},
        headers={"content-type": "application/json", **headers},
        body=body,
        received_at=spine.clock.advance(1),
    )


def track(spine: Spine, key: str, event: str, **properties: Any) -> None:
    body = {
        "type": "track", "event": event, "messageId": f"{event}-{properties}", "userId": "u-1", "timestamp": AT,
        "context": {"traits": {"email": EMAIL}}, "properties": {"order_id": "17", **properties},
    }  # fmt: skip
    basic = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"authorization": f"Basic {basic}"}
    collect_events(request(spine, "/v1/track", json.dumps(body).encode(), headers), spine.door)
    assert not spine.process().failed


def shop(spine: Spine, **changed: Any) -> None:
    order = {
        "id": 17, "status": "completed", "currency": "EUR", "total": "100.00", "billing": {"email": EMAIL},
        "date_created_gmt": "2023-11-09T10:00:00", "date_paid_gmt": "2023-11-10T10:00:00",
        "date_modified_gmt": "2023-11-10T10:00:00", **changed,
    }  # fmt: skip
    body = json.dumps(order).encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    headers = {"x-wc-webhook-topic": "order.updated", "x-wc-webhook-signature": signature}
    receive_webhook(request(spine, "/in/woocommerce", body, headers), spine.door)
    assert not spine.process().failed


def told(spine: Spine) -> dict[str, tuple[str, str, str, str]]:
    found = spine.person(EMAIL).opportunities
    return {key: (one.state, one.amount, one.opened_on, one.closed_on) for key, one in found.items()}


@pytest.mark.parametrize("said", [{"order_id": "17"}, {"order_id": ""}], ids=["an order", "a payment of nothing"])
@pytest.mark.parametrize("event", ["Order Completed", "Order Paid"])
def test_a_server_tells_of_an_order_and_a_browser_does_not(spine: Spine, event: str, said: dict[str, str]) -> None:
    track(spine, WRITE_KEY, event, revenue=9999, currency="EUR", **said)
    assert told(spine) == {}
    assert spine.person(EMAIL).stage.id == "inquiry"

    track(spine, SECRET, "Order Completed", revenue=100, currency="EUR")

    assert told(spine) == {"order:segment-server:17": ("won", "100.00", "2023-11-09", "2023-11-09")}
    assert spine.person(EMAIL).stage.id == "customer"


def test_a_shop_tells_of_an_order_once_however_often_it_sends_it_and_lowers_it_by_refunds(spine: Spine) -> None:
    for _ in range(2):
        shop(spine, status="pending", date_paid_gmt=None, date_modified_gmt="2023-11-09T10:00:00")
        shop(spine)
    assert told(spine) == {"order:woocommerce:17": ("won", "100.00", "2023-11-09", "2023-11-10")}

    shop(spine, refunds=[{"total": "-40.00"}], date_modified_gmt="2023-11-12T10:00:00")
    shop(spine)

    assert told(spine) == {"order:woocommerce:17": ("won", "60.00", "2023-11-09", "2023-11-10")}
    person = spine.person(EMAIL)
    assert (person.stage.id, person.touch_count, person.first_touch) == ("customer", 0, None)


def test_rows_of_the_books_reach_the_company_without_a_person(spine: Spine) -> None:
    rows = [{"order": "A-1", "date": "2023-11-01", "paid_on": "2023-11-05", "domain": "acme-industrie.de",
             "amount": "70.00", "currency": "EUR"}]  # fmt: skip
    for _ in range(2):
        headers = {"authorization": f"Bearer {SECRET}"}
        receive_webhook(request(spine, "/in/orders", json.dumps(rows).encode(), headers), spine.door)
        assert not spine.process().failed

    (view,) = spine.views()
    assert view.company is not None
    assert view.company.domain == "acme-industrie.de"
    assert [(one.state, one.amount) for one in view.opportunities.values()] == [("won", "70.00")]
