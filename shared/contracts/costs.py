"""Costs as the world sees them: an import, what it answers, and the rows. Amounts are plain decimals as text."""

from typing import Annotated, Final, Literal

from pydantic import Field

from shared.contracts.api import Closed, Cursor, Date

MAX_FILE: Final = 4_000_000
"""Characters of a file."""

Kind = Literal["media", "licence", "staff", "content", "other"]
Money = Annotated[str, Field(examples=["12500.00"])]


class CostImport(Closed):
    """A file of costs, CSV or JSON. ``dry_run`` says what would happen and keeps nothing."""

    content: str = Field(min_length=1, max_length=MAX_FILE)
    dry_run: bool = False


class CostRefusal(Closed):
    """A row that was not taken; never what was in it."""

    line: int
    field: str
    code: str
    message: str


class CostImportReport(Closed):
    """What became of a file. ``rows`` were taken: new ones, replaced ones, and those that say nothing new."""

    rows: int
    new: int
    replaced: int
    unchanged: int
    refused: int
    refusals: list[CostRefusal] = Field(description="The first thousand.")


class CostQuery(Closed):
    """Which costs; both dates are included."""

    from_: Date | None = Field(default=None, alias="from")
    to: Date | None = None
    kind: Kind | None = None
    cursor: Cursor | None = None


class CostView(Closed):
    """One row. ``value`` is the amount in the reporting currency; null without an exchange rate."""

    key: str
    date: str
    kind: str
    channel: str
    campaign: str
    amount: Money
    currency: str
    value: Money | None


class CostList(Closed):
    """Costs by day and key. ``currency`` is the one of reports."""

    items: list[CostView]
    currency: str
    cursor: str | None
