"""Whatever arrives, the doors answer: a refusal with a code, or signals that any store can take. Never an error."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.app.normalise import signals_of
from shared.app.receive_delivery import Received, collect_events, receive_webhook
from shared.connectors.registry import connector_of
from shared.contracts.intake import InboundRequest, Source
from shared.domain.intake.problem import Problem
from tests.unit.intake.builders import NOW, SECRET, SOURCES, House

WORDS = (
    "email,phone,name,first_name,company,id,occurred_at,utm,consents,consent,answers,data,lead,fields,type,event,"
    "traits,properties,messageId,userId,anonymousId,previousId,batch,object,entry,changes,field,value,field_data,"
    "form_response,token,hidden,definition,timestamp,sentAt,originalTimestamp,context,campaign,COOKIES,kind,url,test"
)
KEYS = st.sampled_from(WORDS.split(","))
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        ["a@example.com", "+48600100200", "page", "track", "identify", "leadgen", "2026-01-01", "open", "yes"]
    ),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25
)
BODIES = st.one_of(
    st.binary(max_size=200),
    VALUES.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=6).map(
        lambda pairs: "&".join(f"{key}={value}" for key, value in pairs.items()).encode("utf-8", "replace")
    ),
)
HEADERS = st.fixed_dictionaries(
    {"authorization": st.just(f"Bearer {SECRET}")},
    optional={
        "content-type": st.sampled_from(
            [
                "application/json",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=B",
                "text/plain",
                "",
            ]
        )
        | st.text(max_size=30),
        "content-encoding": st.sampled_from(["gzip", "deflate", "identity", "br"]) | st.text(max_size=8),
        "webhook-id": st.text(max_size=8),
        "user-agent": st.sampled_from(["Mozilla/5.0", "curl"]),
        "referer": st.text(max_size=30),
    },
)
VENDORS = ["typeform", "tilda", "meta", "standard_webhooks", "segment", "json_post", "form_post"]
OPEN = {vendor: Source(name=vendor, vendor=vendor, scheme="bearer") for vendor in VENDORS}


def request_of(path: str, headers: dict[str, str], body: bytes) -> InboundRequest:
    source = path.rpartition("/")[2]
    return InboundRequest(
        method="POST", path=path, source=source, query={}, headers=headers, body=body, received_at=NOW, ip=None
    )


def status_of(answer: Callable[[], Received]) -> int:
    try:
        return answer().reply.status
    except Problem as problem:
        return problem.status


def check_signals(house: House, sources: dict[str, Source]) -> None:
    for delivery in house.queue.sent:
        source = sources[delivery.source]
        request = house.archive.get(delivery.archive_key)
        parse = connector_of(source.vendor).parse
        found, rejected = signals_of(request, source, parse=parse, archive_key="k", correlation_id="c")
        assert found or rejected
        for signal in found:
            str(signal).encode("utf-8")
            assert signal.identifiers
            assert 0 < signal.occurred_at <= NOW + 600_000


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(vendor=st.sampled_from(VENDORS), headers=HEADERS, body=BODIES)
def test_any_webhook_is_answered(vendor: str, headers: dict[str, str], body: bytes) -> None:
    house = House(sources=OPEN)
    house.secrets.secrets = {name: [SECRET] for name in OPEN}
    status = status_of(lambda: receive_webhook(request_of(f"/in/{vendor}", headers, body), house.door()))
    assert status == 200 or (400 <= status < 500 and not house.queue.sent)
    check_signals(house, OPEN)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(call=st.sampled_from(["batch", "identify", "track"]), headers=HEADERS, value=VALUES)
def test_any_analytics_call_is_answered(call: str, headers: dict[str, str], value: Any) -> None:
    house = House()
    body = json.dumps({"batch": value if isinstance(value, list) else [value]}).encode()
    status = status_of(lambda: collect_events(request_of(f"/v1/{call}", headers, body), house.door()))
    assert status == 200 or 400 <= status < 500
    check_signals(house, SOURCES)
