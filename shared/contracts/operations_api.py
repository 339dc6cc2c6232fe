"""The part of the JSON API that operators use: queues, parked records, the laptop's clock, what it costs to run.

Stable, like shared.contracts.api, whose words it uses.
"""

from typing import Annotated, Final

from pydantic import Field

from shared.contracts.api import Closed, Cursor, ParkedView

MOST_ADVANCED_S: Final = 366 * 86_400
"""How far the time moves at most in one go: a year, leap day included."""

Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
Source = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_.-]*$")]


class QueueView(Closed):
    """A queue, as its service knows it: approximately.

    ``waiting`` can be received now, ``in_flight`` was received and is not done, ``delayed`` cannot be received yet.
    ``dead_letters_to`` names the queue of what failed, ``dead_letters`` what is in that one; empty and 0 for queues
    that are one themselves. ``runbook`` says what to do when it does not get empty.
    """

    name: str
    waiting: int
    in_flight: int
    delayed: int
    dead_letters_to: str
    dead_letters: int
    runbook: str


class QueueList(Closed):
    """Every queue of this installation."""

    items: list[QueueView]
    cursor: str | None


class ParkedQuery(Closed):
    """Which open records, and where the list continues. Both filters have to hold."""

    code: Code | None = None
    source: Source | None = None
    cursor: Cursor | None = None


class ParkedFilter(Closed):
    """Which open records to run again; all of them without a filter."""

    code: Code | None = None
    source: Source | None = None


class ParkedGroup(Closed):
    """Open records with the same code and source."""

    code: str
    source: str
    count: int


class ParkedSummary(Closed):
    """The newest open records by code and source, the most frequent first. ``more``: there are older ones."""

    items: list[ParkedGroup]
    more: bool


class ParkedRun(Closed):
    """What became of running records again: sent, left because they do not say how, and whether there may be more."""

    sent: int
    by_hand: int
    more: bool


class ParkedDetail(ParkedView):
    """One record, and the page of the runbooks about its kind."""

    runbook: str


class ClockView(Closed):
    """The time of a laptop cloud, and by how many seconds it is ahead of real time."""

    now: str
    offset_s: int


class ClockAdvance(Closed):
    """By how many seconds the time shall move forward."""

    seconds: int = Field(ge=1, le=MOST_ADVANCED_S)


class CostPart(Closed):
    """Dollars of one service."""

    service: str
    dollars: float


class RunningCostsView(Closed):
    """What it costs to run, in US dollars at list prices, without free tiers, storage and data transfer.

    ``events`` are touches of leads that are counted in reports, ``leads`` are leads. ``parts`` is what a million events
    cost by service, ``monthly`` what is paid every month without traffic. ``assumptions`` say what was not counted.
    """

    leads: int
    events: int
    per_lead: float | None
    per_million_events: float | None
    parts: list[CostPart]
    monthly: list[CostPart]
    monthly_total: float
    region: str
    prices_of: str
    assumptions: list[str]


class OwnerView(Closed):
    """An owner in sales and what the CRM calls them."""

    id: str
    name: str


class OwnerList(Closed):
    """Every owner that was named by a record."""

    items: list[OwnerView]
    cursor: str | None
