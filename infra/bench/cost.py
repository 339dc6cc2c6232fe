"""Dollars per million events: what was counted (see writes.py), times list prices (infra/prices.py).

What cannot be counted here, because nothing runs on AWS, is assumed; every assumption is a constant below, on the
expensive side: each decision is an invocation of its own and each outbox row too, though both come in batches.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from infra import prices
from infra.bench import writes
from infra.bench.installation import Spent
from infra.bench.results import Figure, Result
from infra.bench.timing import Effort
from infra.catalog import CATALOG

DOOR_S: Final = 0.020
"""One PutObject and one SendMessage; the code itself takes less than a millisecond."""
DECISION_S: Final = 0.050
"""GetObject, two or three reads, one transaction."""
SIGNAL_S: Final = 0.002
"""Reading, normalising and folding one more signal."""
RELAY_S: Final = 0.030
"""PutEvents and the removal of the row."""
LAKE_S: Final = 1.0
"""One batch of facts as Parquet."""
FACTS_PER_LAKE_BATCH: Final = 200
QUEUE_BATCH: Final = 10
"""Messages that one ReceiveMessage or DeleteMessageBatch moves at best; a lonely message needs a call of its own."""
INVOCATION_LOG_BYTES: Final = 900
"""Start, end, report, and one line of metrics."""
ACCESS_LOG_BYTES: Final = 300
SHOWN: Final = {
    "page views, ten in a request": writes.ONE_REQUEST,
    "page views, one per request, ten folded": writes.TEN_FOLDED,
    "page views, one by one": writes.SINGLE,
    "forms of new people with two consents": writes.FORM_CONSENTS,
    "forms of known people, no consent": writes.AGAIN,
}
_MEMORY_GB: Final = {f.name: f.memory_mb / 1024 for f in CATALOG.functions}


def run(_effort: Effort) -> Result:
    """Compute."""
    bills = {name: bill(writes.spent(case)) for name, case in SHOWN.items()}
    return Result(
        name="cost",
        title=f"Dollars per million events, list prices {prices.REGION} {prices.AS_OF}",
        figures=[figure for name, services in bills.items() for figure in _figures(name, services)] + [_fixed()],
        notes=[
            "free tiers, storage and data transfer left out; durations of Lambdas are assumed (infra/bench/cost.py)",
        ],
    )


def bill(spent: Spent) -> dict[str, float]:
    """Dollars per million events, by service."""
    dollars: dict[str, float] = defaultdict(float)
    for name, amount in quantities(spent).items():
        price = prices.USAGE[name]
        dollars[price.service] += amount * price.each / spent.signals * prices.MILLION
    return dict(sorted(dollars.items(), key=lambda item: -item[1]))


def quantities(spent: Spent) -> Mapping[str, float]:
    """What is bought for these signals, by name of its price."""
    lake = spent.facts / FACTS_PER_LAKE_BATCH
    invocations = spent.requests + spent.decisions + spent.decisions + lake
    seconds = {
        "receive_webhook": spent.requests * DOOR_S,
        "process_signals": spent.decisions * DECISION_S + spent.signals * SIGNAL_S,
        "relay_outbox": spent.decisions * RELAY_S,
        "write_lake": lake * LAKE_S,
    }
    return {
        "http_request": spent.requests,
        "invocation": invocations,
        "gb_second": sum(_MEMORY_GB[function] * duration for function, duration in seconds.items()),
        "sqs_request": _queue_calls(spent.requests) + spent.facts * (1 + 2 / QUEUE_BATCH),
        "write_unit": spent.dynamodb.write_units,
        "read_unit": spent.dynamodb.read_units,
        "s3_put": spent.requests + lake,
        "s3_get": spent.requests,
        "bus_event": spent.facts,
        "kms_request": spent.kms_calls,
        "log_gigabyte": (invocations * INVOCATION_LOG_BYTES + spent.requests * ACCESS_LOG_BYTES) / prices.GIGABYTE,
    }


def _queue_calls(messages: int) -> float:
    """Sent one by one; received and deleted together as far as a batch goes."""
    return messages + 2 * max(1.0, messages / QUEUE_BATCH)


def monthly() -> dict[str, float]:
    """Dollars per month without any traffic, by service: what the catalog says is there."""
    amounts = {
        "key": len(CATALOG.keys),
        "secret": len(CATALOG.secrets),
        "alarm": len(CATALOG.alarms),
        "dashboard": len({f.capability for f in CATALOG.functions}),
    }
    dollars: dict[str, float] = defaultdict(float)
    for name, amount in amounts.items():
        dollars[prices.FIXED[name].service] += amount * prices.FIXED[name].each
    return dict(dollars)


def _figures(name: str, services: Mapping[str, float]) -> list[Figure]:
    parts = ", ".join(f"{service} {dollars:.2f}" for service, dollars in services.items() if dollars >= 0.005)
    total = Figure(name=name, value=sum(services.values()), unit="$", ratio=parts)
    each = [
        Figure(name=f"{name}: {service}", value=dollars, unit="$", detail=True) for service, dollars in services.items()
    ]
    return [total, *each]


def _fixed() -> Figure:
    services = monthly()
    parts = ", ".join(f"{service} {dollars:.2f}" for service, dollars in services.items())
    return Figure(name="fixed per month, no traffic", value=sum(services.values()), unit="$", ratio=parts)
