"""What marketing of the generated company cost: media by campaign and week, licences, staff, content; two currencies.

A company spends in proportion to what it means to sell. So the budget is a share of what the world's people buy, and is
laid out over the channels by what a lead costs there. One experiment does not pay: the channel that sold least was
given more than it brought.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from infra.local.demo.story import WON, Story
from infra.local.demo.tables import Campaign, CostRow, Purchase, World

SHARE_OF_ORDERS: Final = 0.42
SHARE_OF_DEALS: Final = 0.28
"""Of what is meant to be sold. Deals of the CRM are fewer than planned: sales does not take everybody."""
LEAST_PER_LEAD: Final = 600
"""In the reporting currency; a company that sells nothing yet pays, too."""
OVERHEAD: Final = {"licence": 0.06, "staff": 0.16}
"""Shares of the budget that belong to no channel."""
EXPERIMENT: Final = 1.6
"""What the weakest channel cost, as a multiple of what it brought; and at least this share of the budget:"""
LEAST_EXPERIMENT: Final = 0.02
WEEKS_OF_TODAY: Final = 8
WEEK: Final = timedelta(days=7)

COST_OF_A_LEAD: Final[Mapping[str, tuple[str, str, float]]] = {
    "Paid Search": ("media", "USD", 1.6),
    "Paid Social": ("media", "USD", 1.3),
    "Email": ("staff", "EUR", 0.9),
    "Referral": ("other", "EUR", 0.6),
    "Organic Search": ("content", "EUR", 0.7),
    "Organic Video": ("content", "EUR", 0.7),
}
"""Channel → kind, currency, and what a lead costs there beside the others. Nobody pays for who types the address."""
IN_EUROS: Final = {"EUR": 1.0, "USD": 0.92}
"""Good enough to plan with; reports have rates of their own."""


def spent_on(world: World) -> tuple[CostRow, ...]:
    """The costs of the time in which the world's people came and bought."""
    sold = _sold(world)
    budget = max(SHARE_OF_ORDERS * sum(sold.values()), LEAST_PER_LEAD * len(world.people))
    days = [_day(row.at) for rows in world.rows.values() for row in rows]
    return tuple(_laid_out(world, budget, sold, _weeks(min(days), max(days)), "")) if days else ()


def spent_today(world: World, today: World, story: Story, now: int) -> tuple[CostRow, ...]:
    """The costs of the last weeks, for whoever comes back and may sign with sales."""
    meant = [story.sales[key] for key, rows in today.rows.items() if rows]
    planned = sum(told.amount for told in meant if told.closing == WON) * IN_EUROS["USD"]
    budget = max(SHARE_OF_DEALS * planned, LEAST_PER_LEAD * len(meant) / 4)
    end = _day(now)
    return tuple(_laid_out(world, budget, Counter(), _weeks(end - (WEEKS_OF_TODAY - 1) * WEEK, end), "-today"))


def cost_file(rows: Iterable[CostRow]) -> str:
    """The rows as a book-keeping program exports them: semicolons, commas for decimals, days with dots."""
    lines = ["date;kind;channel;campaign;amount;currency;key"]
    for row in rows:
        amount = f"{row.cents // 100},{row.cents % 100:02d}"
        day = f"{row.day:%d.%m.%Y}"
        lines.append(";".join((day, row.kind, row.channel, row.campaign, amount, row.currency, row.key)))
    return "\n".join(lines) + "\n"


def _sold(world: World) -> Counter[str]:
    """What was ordered, in euros, by the channel through which the buyer had come."""
    found: Counter[str] = Counter()
    for key, rows in world.rows.items():
        for row in rows:
            if isinstance(row, Purchase):
                found[world.origins[key].channel] += round(row.kept * IN_EUROS[row.currency])
    return found


def _laid_out(world: World, budget: float, sold: Counter[str], weeks: list[date], suffix: str) -> Iterator[CostRow]:
    came = Counter(world.origins.values())
    weights = {
        campaign: people * COST_OF_A_LEAD[campaign.channel][2]
        for campaign, people in came.items()
        if campaign.channel in COST_OF_A_LEAD
    }
    weakest = min({campaign.channel for campaign in weights}, key=lambda channel: (sold[channel], channel), default="")
    whole = sum(weights.values())
    tag = f"w{world.seed}n{len(world.people)}{suffix}"
    for campaign, weight in sorted(weights.items()):
        kind, currency, _ = COST_OF_A_LEAD[campaign.channel]
        amount = budget * (1 - sum(OVERHEAD.values())) * weight / whole
        if campaign.channel == weakest and not suffix:
            of_channel = sum(other for one, other in weights.items() if one.channel == weakest)
            amount = max(amount, max(EXPERIMENT * sold[weakest], LEAST_EXPERIMENT * budget) * weight / of_channel)
        yield from _weekly(f"{tag}-{campaign.channel}-{campaign.name}", kind, campaign, amount, currency, weeks)
    for kind, share in OVERHEAD.items():
        yield from _weekly(f"{tag}-{kind}", kind, Campaign("", ""), budget * share, "EUR", weeks)


def _weekly(
    key: str, kind: str, campaign: Campaign, amount: float, currency: str, weeks: list[date]
) -> Iterator[CostRow]:
    """An amount in euros in equal parts, one for each week, in the currency of the bill."""
    cents = round(amount / IN_EUROS[currency] / len(weeks) * 100)
    for week in weeks:
        yield CostRow(
            key=f"{key}-{week.isoformat()}".lower().replace(" ", "-"),
            day=week,
            kind=kind,
            channel=campaign.channel,
            campaign=campaign.name,
            cents=cents,
            currency=currency,
        )


def _weeks(start: date, end: date) -> list[date]:
    """The first days of the weeks that a period touches, none before the period."""
    weeks = [start]
    while weeks[-1] + WEEK <= end:
        weeks.append(weeks[-1] + WEEK)
    return weeks


def _day(at: int) -> date:
    return datetime.fromtimestamp(at / 1000, UTC).date()
