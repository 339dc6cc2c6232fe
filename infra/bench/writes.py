"""DynamoDB requests and capacity units per signal: counted, not timed, so every run finds the same numbers."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Final

from infra.bench.installation import Installation, Spent, installation, page
from infra.bench.metering import Usage
from infra.bench.results import Figure, Result, Target
from infra.bench.timing import Effort

VISITOR: Final = "5f0c6a52-0f4e-4c5e-9d3b-6a5b8f8b2c11"
PAGES: Final = (
    "/", "/pricing", "/product/warehouse-planning", "/customers/acme-industries", "/blog/how-to-choose-a-supplier",
    "/docs/getting-started", "/compare/spreadsheets", "/about/team", "/security/certificates", "/events/webinar-june",
)  # fmt: skip
"""Ten different pages, because equal ones would compress better than life does."""
PERSON: Final = {
    "email": "anna.nowak@acme-industries.com",
    "name": "Anna Nowak",
    "phone": "+48600100200",
    "title": "Head of Operations",
    "company": "Acme Industries GmbH",
    "country": "PL",
    "company_size": "500",
    "form_id": "demo",
}
CONSENTS: Final = {"processing": True, "ad.email": True}
FOLDED_AT_MOST: Final = 0.40
"""What ten folded signals may cost of what ten single ones do."""

SINGLE: Final = "page view of a visitor"
TEN_SINGLE: Final = "10 page views of a visitor, one by one"
TEN_FOLDED: Final = "10 page views of a visitor, folded"
HUNDRED: Final = "100 page views of a visitor, folded"
ONE_REQUEST: Final = "10 page views of a visitor in one request"
ATTACHED: Final = "page view of a known person's device"
TEN_ATTACHED: Final = "10 page views of a known person's device, folded"
FORM: Final = "form of a new person, no consent"
FORM_CONSENTS: Final = "form of a new person, two consents"
AGAIN: Final = "form of a known person, no consent"
AGAIN_CONSENTS: Final = "form of a known person, two consents"


def run(_effort: Effort) -> Result:
    """Count."""
    lines = {name: spent(name) for name in CASES}
    ratio = lines[TEN_FOLDED].dynamodb.write_units / lines[TEN_SINGLE].dynamodb.write_units
    return Result(
        name="writes",
        title="DynamoDB per signal, from the door to the bus",
        figures=[figure for name, line in lines.items() for figure in _figures(name, line)],
        targets=[
            Target(
                name="write units of ten folded against ten single signals",
                wanted=FOLDED_AT_MOST,
                reached=ratio,
                unit="×",
                at_least=False,
            )
        ],
        notes=["counted on the real rows by DynamoDB's published rules; transactional writes cost two units per KB"],
    )


@cache
def spent(case: str) -> Spent:
    """What a case needs, on a fresh installation."""
    with installation() as world:
        return CASES[case](world)


def _figures(name: str, line: Spent) -> list[Figure]:
    used = line.dynamodb
    per_signal = f"{used.write_units / line.signals:.1f} WRU, {used.read_units / line.signals:.1f} RRU per signal"
    return [
        Figure(name=f"{name}: write units", value=used.write_units, unit="WRU", ratio=per_signal),
        Figure(name=f"{name}: read units", value=used.read_units, unit="RRU"),
        Figure(name=f"{name}: requests", value=used.requests, unit="calls", ratio=f"{line.decisions} decisions"),
    ]


def _views(world: Installation, number: int, *, visitor: str = VISITOR) -> None:
    """Each in a request of its own, as browsers send them."""
    for n in range(number):
        world.collect(page(visitor, PAGES[n % len(PAGES)]))


def _visited(world: Installation) -> None:
    """Somebody who has looked at five pages."""
    _views(world, 5)
    world.spend()


def _known(world: Installation) -> None:
    """Somebody who looked at five pages, then filled in a form on the same device, with consent."""
    _visited(world)
    world.submit(**PERSON, anonymous_id=VISITOR, consents=CONSENTS)
    world.spend()


def _folded(number: int, before: Callable[[Installation], None] = _visited) -> Callable[[Installation], Spent]:
    def case(world: Installation) -> Spent:
        before(world)
        _views(world, number)
        return world.spend()

    return case


def _one_by_one(number: int) -> Callable[[Installation], Spent]:
    def case(world: Installation) -> Spent:
        _visited(world)
        steps = []
        for _ in range(number):
            _views(world, 1)
            steps.append(world.spend())
        return _sum(steps)

    return case


def _in_one_request(world: Installation) -> Spent:
    _visited(world)
    world.collect(*(page(VISITOR, PAGES[n % len(PAGES)]) for n in range(10)))
    return world.spend()


def _form(*, known: bool, consents: bool) -> Callable[[Installation], Spent]:
    def case(world: Installation) -> Spent:
        if known:
            _known(world)
        world.submit(**PERSON, **({"consents": CONSENTS} if consents else {}))
        return world.spend()

    return case


def _sum(steps: list[Spent]) -> Spent:
    used = Usage(**{f.name: sum(getattr(step.dynamodb, f.name) for step in steps) for f in fields(Usage)})
    totals = {f.name: sum(getattr(step, f.name) for step in steps) for f in fields(Spent) if f.name != "dynamodb"}
    return Spent(**totals, dynamodb=used)


CASES: Final[dict[str, Callable[[Installation], Spent]]] = {
    SINGLE: _folded(1),
    TEN_SINGLE: _one_by_one(10),
    TEN_FOLDED: _folded(10),
    HUNDRED: _folded(100),
    ONE_REQUEST: _in_one_request,
    ATTACHED: _folded(1, _known),
    TEN_ATTACHED: _folded(10, _known),
    FORM: _form(known=False, consents=False),
    FORM_CONSENTS: _form(known=False, consents=True),
    AGAIN: _form(known=True, consents=False),
    AGAIN_CONSENTS: _form(known=True, consents=True),
}
"""What is counted, by name."""
