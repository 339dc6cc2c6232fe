"""What marketing returned. Rows come in, figures go out, and every figure names the rows it was made of.

All amounts are in the reporting currency, converted at the rate of the month of their day, each rounded to cents. A row
without an amount or a rate is in no sum; it is counted as ``unconverted``, so that nobody takes a gap for a zero.
Periods are days, both ends included. Sources of the definitions: docs/reference/metrics.md.

spend
    Costs of the period whose kind counts as marketing spend (money.yaml).
won
    Won opportunities that closed in the period, each once.
revenue
    Their amount, of marketing opportunities only (shared/domain/insights/opportunities.py).
ROMI
    (revenue - spend) / spend; null without spend.
CAC
    spend / companies whose first won opportunity of all time closed in the period; null without such companies.
pipeline
    Open opportunities by the day on which they are expected to close.
win rate
    won / (won + lost), by the day on which they closed.
average deal
    Amount of won opportunities / their number.
content effectiveness
    B / A. B: average amount of companies that bought in the period and regularly consume content (money.yaml says from
    how many touches); A: that of all other companies that bought.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple, TypeVar

from shared.domain.insights.groups import GRAINS, NONE
from shared.domain.insights.metrics import Grain, label_of_day
from shared.domain.insights.opportunities import Opportunity
from shared.domain.money.amounts import cents, known
from shared.domain.money.costs import Cost
from shared.domain.money.policy_model import MoneyPolicy

ZERO: Final = Decimal(0)
T = TypeVar("T")


class Period(NamedTuple):
    """Days as text, both included; None leaves an end open. What has no day is in no period but the open one."""

    start: str | None = None
    end: str | None = None

    def holds(self, day: str) -> bool:
        """Whether a day lies in the period."""
        if not day:
            return self.start is None and self.end is None
        return (self.start is None or day >= self.start) and (self.end is None or day <= self.end)


class Sale(NamedTuple):
    """An opportunity with its amount in the reporting currency; None when it cannot be told."""

    opportunity: Opportunity
    amount: Decimal | None


class Spend(NamedTuple):
    """A cost in the reporting currency; None without a rate."""

    cost: Cost
    amount: Decimal | None


class Line(NamedTuple):
    """What falls together under one label: marketing spend, won opportunities, and those that were a first purchase."""

    label: str
    spends: Sequence[Spend]
    won: Sequence[Sale]
    first: Sequence[Sale]

    @property
    def marketing(self) -> list[Sale]:
        """Won opportunities that marketing had a part in."""
        return [sale for sale in self.won if sale.opportunity.marketing]

    @property
    def spend(self) -> Decimal:
        """All costs."""
        return total(self.spends)

    @property
    def revenue(self) -> Decimal:
        """Marketing revenue."""
        return total(self.marketing)

    def by_kind(self) -> dict[str, Decimal]:
        """Spend by kind of cost."""
        kinds = sorted({spend.cost.kind for spend in self.spends})
        return {kind: total([spend for spend in self.spends if spend.cost.kind == kind]) for kind in kinds}


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that was earned and spent, ever, in the reporting currency."""

    sales: tuple[Sale, ...]
    spends: tuple[Spend, ...]


def keep_books(
    opportunities: Iterable[Opportunity], costs: Iterable[Cost], policy: MoneyPolicy, before: Books | None = None
) -> Books:
    """Convert everything; costs of kinds that are no marketing spend are left out.

    What the books of ``before``, kept by the same policy, have of the very same opportunity is taken from there:
    converting is slow.
    """
    rates = policy.rates
    kept = {sale.opportunity.opportunity_id: sale for sale in before.sales} if before else {}

    def worth(deal: Opportunity) -> Decimal | None:
        amount = known(deal.amount)
        day = deal.closed_on or deal.opened_on
        return None if amount is None or not day else rates.convert(amount, deal.currency or rates.currency, day)

    def sale(deal: Opportunity) -> Sale:
        held = kept.get(deal.opportunity_id)
        return held if held and held.opportunity is deal else Sale(deal, worth(deal))

    return Books(
        tuple([sale(deal) for deal in opportunities]),
        tuple(
            Spend(cost, rates.convert(cost.amount, cost.currency, cost.day))
            for cost in costs
            if cost.kind in policy.spend
        ),
    )


def lines(books: Books, period: Period, by: str) -> tuple[Line, ...]:
    """Spend and sales of a period by cohort of their day, channel or campaign.

    Cohorts come in order; channels and campaigns by revenue, then by spend, greatest first: money ranks, not leads.
    """
    label_sale, label_spend = _labels(by)
    won = [sale for sale in books.sales if sale.opportunity.state == "won" and period.holds(sale.opportunity.closed_on)]
    spends = [spend for spend in books.spends if period.holds(spend.cost.day)]
    first = {sale.opportunity.opportunity_id for sale in first_purchases(books.sales)}
    sold, spent = group(won, label_sale), group(spends, label_spend)
    found = [
        Line(label, spent.get(label, ()), sold.get(label, ()), _among(sold.get(label, ()), first))
        for label in sorted({*sold, *spent})
    ]
    return tuple(found if by in GRAINS else sorted(found, key=lambda line: (-line.revenue, -line.spend, line.label)))


def whole(found: Sequence[Line]) -> Line:
    """All lines together."""
    return Line(
        "",
        [spend for line in found for spend in line.spends],
        [sale for line in found for sale in line.won],
        [sale for line in found for sale in line.first],
    )


def first_purchases(sales: Iterable[Sale]) -> list[Sale]:
    """The first won opportunity of every company, by the day it closed, then by id."""
    first: dict[str, Sale] = {}
    won = [sale for sale in sales if sale.opportunity.state == "won" and sale.opportunity.closed_on]
    for sale in sorted(won, key=lambda sale: (sale.opportunity.closed_on, sale.opportunity.opportunity_id)):
        first.setdefault(sale.opportunity.company, sale)
    return list(first.values())


def pipeline(books: Books, period: Period, by: str) -> dict[str, list[Sale]]:
    """Opportunities in any state by label, in order of label; their day is the one they (are to) close on."""
    label_sale = _labels(by)[0]
    return group((sale for sale in books.sales if period.holds(sale.opportunity.closed_on)), label_sale)


def content(books: Books, period: Period, policy: MoneyPolicy) -> tuple[dict[str, list[Sale]], dict[str, list[Sale]]]:
    """What companies bought in the period: those that regularly consume content (B), and the others (A)."""
    won = [sale for sale in books.sales if sale.opportunity.state == "won" and period.holds(sale.opportunity.closed_on)]
    companies = group(won, lambda sale: sale.opportunity.company)
    least = policy.regular_content
    regular = {name: sales for name, sales in companies.items() if max(s.opportunity.consumed for s in sales) >= least}
    return regular, {name: sales for name, sales in companies.items() if name not in regular}


def romi(revenue: Decimal, spend: Decimal) -> float | None:
    """Return on marketing investment: 1.5 is 150 %."""
    return ratio(revenue - spend, spend)


def cac(spend: Decimal, companies: int) -> Decimal | None:
    """What it cost to win a company."""
    return cents(spend / companies) if companies else None


def raised(conversion: float, factor: float) -> float:
    """A conversion after a relative change: 4 % raised by a factor of 1.20 is 4.8 %, not 24 %."""
    return float((Decimal(str(conversion)) * Decimal(str(factor))).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def average(amounts: Sequence[Decimal]) -> Decimal | None:
    """The mean, in cents."""
    return cents(sum(amounts, ZERO) / len(amounts)) if amounts else None


def ratio(part: Decimal, whole_: Decimal) -> float | None:
    """A ratio with four digits; None when there is nothing to divide by."""
    return float((part / whole_).quantize(Decimal("0.0001"), ROUND_HALF_UP)) if whole_ else None


def total(rows: Iterable[Sale | Spend]) -> Decimal:
    """The sum of the amounts that are known."""
    return sum((row.amount for row in rows if row.amount is not None), ZERO)


def unconverted(rows: Iterable[Sale | Spend]) -> int:
    """Rows that are in no sum."""
    return sum(row.amount is None for row in rows)


def group(rows: Iterable[T], label: Callable[[T], str]) -> dict[str, list[T]]:
    """Rows by label, in order of label."""
    found: dict[str, list[T]] = {}
    for row in rows:
        found.setdefault(label(row), []).append(row)
    return {name: found[name] for name in sorted(found)}


def _among(sales: Iterable[Sale], ids: set[str]) -> list[Sale]:
    return [sale for sale in sales if sale.opportunity.opportunity_id in ids]


def _labels(by: str) -> tuple[Callable[[Sale], str], Callable[[Spend], str]]:
    if by in GRAINS:
        grain: Grain = by  # type: ignore[assignment]  # mypy does not narrow a literal by a tuple
        return lambda sale: _dated(sale.opportunity.closed_on, grain), lambda spend: _dated(spend.cost.day, grain)
    sold: Mapping[str, Callable[[Sale], str]] = {
        "channel": lambda sale: sale.opportunity.channel or NONE,
        "campaign": lambda sale: sale.opportunity.campaign or NONE,
        "content": lambda sale: sale.opportunity.content or NONE,
        "owner": lambda sale: sale.opportunity.owner or NONE,
    }
    spent: Mapping[str, Callable[[Spend], str]] = {
        "channel": lambda spend: spend.cost.channel or NONE,
        "campaign": lambda spend: spend.cost.campaign or NONE,
        "content": lambda _: NONE,
        "owner": lambda _: NONE,
    }
    return sold[by], spent[by]


def _dated(day: str, grain: Grain) -> str:
    return label_of_day(day, grain) if day else NONE
