"""What work costs: counted amounts times list prices. The bench and the console ask this one model.

What cannot be counted, because it depends on how AWS runs things, is assumed; every assumption is a constant below, on
the expensive side: each decision is an invocation of its own and each outbox row too, though both come in batches.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final, NamedTuple

from shared.domain.running_costs import prices

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

MEMORY_MB: Final[Mapping[str, int]] = {
    "receive_webhook": 512,
    "process_signals": 1024,
    "relay_outbox": 512,
    "write_lake": 1024,
}
"""Of the functions that an event passes through; a test holds it against the catalog."""


class Work(NamedTuple):
    """What some signals needed, from the door to the lake. Units are those of DynamoDB."""

    signals: int
    requests: int
    decisions: int
    facts: int
    write_units: int
    read_units: int
    kms_calls: int


VISIT: Final = Work(signals=1, requests=1, decisions=1, facts=2, write_units=9, read_units=2, kms_calls=0)
"""A page view of a visitor, in a request of its own and decided by itself; a test holds it against the count."""
FIRST_FORM: Final = Work(signals=1, requests=1, decisions=1, facts=9, write_units=29, read_units=3, kms_calls=1)
"""The form that makes a visitor a lead, with two consents; a test holds it against the count."""


class RunningCosts(NamedTuple):
    """Dollars. ``per_lead`` and ``per_million`` are None while nothing came in.

    ``parts`` is what a million events cost by service, ``monthly`` what is paid every month without any traffic.
    """

    leads: int
    events: int
    per_lead: float | None
    per_million: float | None
    parts: Mapping[str, float]
    monthly: Mapping[str, float]


def quantities(work: Work) -> Mapping[str, float]:
    """What is bought for some work, by name of its price."""
    lake = work.facts / FACTS_PER_LAKE_BATCH
    invocations = work.requests + work.decisions + work.decisions + lake
    seconds = {
        "receive_webhook": work.requests * DOOR_S,
        "process_signals": work.decisions * DECISION_S + work.signals * SIGNAL_S,
        "relay_outbox": work.decisions * RELAY_S,
        "write_lake": lake * LAKE_S,
    }
    return {
        "http_request": work.requests,
        "invocation": invocations,
        "gb_second": sum(MEMORY_MB[function] / 1024 * duration for function, duration in seconds.items()),
        "sqs_request": _queue_calls(work.requests) + work.facts * (1 + 2 / QUEUE_BATCH),
        "write_unit": work.write_units,
        "read_unit": work.read_units,
        "s3_put": work.requests + lake,
        "s3_get": work.requests,
        "bus_event": work.facts,
        "kms_request": work.kms_calls,
        "log_gigabyte": (invocations * INVOCATION_LOG_BYTES + work.requests * ACCESS_LOG_BYTES) / prices.GIGABYTE,
    }


def bill(work: Work) -> dict[str, float]:
    """Dollars per million signals of this kind of work, by service, the dearest first."""
    dollars: dict[str, float] = defaultdict(float)
    for name, amount in quantities(work).items():
        price = prices.USAGE[name]
        dollars[price.service] += amount * price.each / work.signals * prices.MILLION
    return dict(sorted(dollars.items(), key=lambda item: -item[1]))


def monthly(amounts: Mapping[str, int]) -> dict[str, float]:
    """Dollars per month without any traffic, by service. ``amounts`` are counts by name of a fixed price."""
    dollars: dict[str, float] = defaultdict(float)
    for name, amount in amounts.items():
        dollars[prices.FIXED[name].service] += amount * prices.FIXED[name].each
    return dict(dollars)


def running_costs(*, leads: int, events: int, fixed: Mapping[str, int]) -> RunningCosts:
    """What an installation's own counts cost: one event of every lead was its form, all others were visits."""
    forms = min(leads, events)
    visits, filled = bill(VISIT), bill(FIRST_FORM)
    dollars = {
        service: (visits.get(service, 0.0) * (events - forms) + filled.get(service, 0.0) * forms) / prices.MILLION
        for service in {**filled, **visits}
    }
    total = sum(dollars.values())
    parts = {service: spent / events * prices.MILLION for service, spent in dollars.items()} if events else {}
    return RunningCosts(
        leads=leads,
        events=events,
        per_lead=total / leads if leads else None,
        per_million=total / events * prices.MILLION if events else None,
        parts=dict(sorted(parts.items(), key=lambda item: -item[1])),
        monthly=monthly(fixed),
    )


def _queue_calls(messages: int) -> float:
    """Sent one by one; received and deleted together as far as a batch goes."""
    return messages + 2 * max(1.0, messages / QUEUE_BATCH)
