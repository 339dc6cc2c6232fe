"""Dollars per million events: what was counted (see writes.py), priced by shared/domain/running_costs."""

from collections.abc import Mapping
from typing import Final

from infra.bench import writes
from infra.bench.installation import Spent
from infra.bench.results import Figure, Result
from infra.bench.timing import Effort
from infra.catalog import CATALOG
from shared.domain.running_costs import bill as model
from shared.domain.running_costs import prices
from shared.domain.running_costs.bill import Work

SHOWN: Final = {
    "page views, ten in a request": writes.ONE_REQUEST,
    "page views, one per request, ten folded": writes.TEN_FOLDED,
    "page views, one by one": writes.SINGLE,
    "forms of new people with two consents": writes.FORM_CONSENTS,
    "forms of known people, no consent": writes.AGAIN,
}


def run(_effort: Effort) -> Result:
    """Compute."""
    bills = {name: bill(writes.spent(case)) for name, case in SHOWN.items()}
    return Result(
        name="cost",
        title=f"Dollars per million events, list prices {prices.REGION} {prices.AS_OF}",
        figures=[figure for name, services in bills.items() for figure in _figures(name, services)] + [_fixed()],
        notes=[
            "free tiers, storage and data transfer left out; durations of Lambdas are assumed (running_costs/bill.py)",
        ],
    )


def work_of(spent: Spent) -> Work:
    """What was counted, as the model takes it."""
    return Work(
        signals=spent.signals,
        requests=spent.requests,
        decisions=spent.decisions,
        facts=spent.facts,
        write_units=spent.dynamodb.write_units,
        read_units=spent.dynamodb.read_units,
        kms_calls=spent.kms_calls,
    )


def bill(spent: Spent) -> dict[str, float]:
    """Dollars per million events, by service."""
    return model.bill(work_of(spent))


def monthly() -> dict[str, float]:
    """Dollars per month without any traffic, by service: what the catalog says is there."""
    return model.monthly(CATALOG.paid_monthly())


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
