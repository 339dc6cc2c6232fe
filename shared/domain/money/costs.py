"""One row of costs: what it has to say, and why a row is refused. Reads one row; cost_file.py reads the file."""

from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

from shared.domain.money.amounts import cents, plain
from shared.domain.money.cells import Cells, Flaw, Values
from shared.domain.money.policy_model import KINDS, MoneyPolicy


class Cost(NamedTuple):
    """Money that was spent. ``key`` names the row for ever: a later row with the same key replaces it."""

    key: str
    day: str
    kind: str
    channel: str
    campaign: str
    amount: Decimal
    currency: str


def read_cost(values: Values, policy: MoneyPolicy) -> Cost | list[Flaw]:
    """A row by the names of its fields, or everything that is wrong with it. Without a key the row has none yet."""
    cells = Cells("COSTS", values)
    day, kind = cells.day("date"), cells.text("kind").lower()
    channel, campaign, key = (cells.text(name) for name in ("channel", "campaign", "key"))
    amount, currency = cells.amount("amount"), cells.currency("currency")
    if kind not in KINDS:
        cells.refuse("kind", "BAD_KIND", f"is not one of {', '.join(KINDS)}")
    if currency and day and policy.rates.rate(currency, day) is None:
        cells.refuse("currency", "NO_RATE", "has no exchange rate for this date in money.yaml")
    if cells.flaws or amount is None:
        return cells.flaws
    return Cost(key, day, kind, channel, campaign, amount, currency)


def content_key(cost: Cost, number: int) -> str:
    """The key of a row that states none: its content, and which of several equal rows of its file it is."""
    content = (cost.day, cost.kind, cost.channel, cost.campaign, plain_amount(cost.amount), cost.currency, str(number))
    return "content:" + sha256("\n".join(content).encode()).hexdigest()[:32]


def digest_of(costs: Iterable[Cost]) -> str:
    """The hash of rows, whatever their order: the same rows again are recognised by it."""
    rows = sorted("\n".join((*cost[:5], plain_amount(cost.amount), cost.currency)) for cost in costs)
    return sha256("\n\n".join(rows).encode()).hexdigest()


def plain_amount(amount: Decimal) -> str:
    """The exact amount, however many zeros it was written with."""
    return plain(amount) if amount == cents(amount) else f"{amount.normalize():f}"
