"""The reports as people meet them: what each tells, its columns, and what every figure means in one sentence.

The figures themselves are those of ``GET /api/reports/{name}``; docs/reference/metrics.md has their formulas.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from shared.app.console.forms import Form

GRAINS: Final = {"month": "Month", "week": "Week", "day": "Day"}
PLACES: Final = {"channel": "Channel", "campaign": "Campaign"}
CONTENT: Final = {"content": "Content"}
OWNER: Final = {"owner": "Owner in sales"}


class Column(NamedTuple):
    """A figure of a report. ``key`` is its name in the API, ``opens`` the name under which its rows are opened."""

    key: str
    name: str
    form: Form
    means: str
    opens: str = ""


class Report(NamedTuple):
    """A report: what it tells, how it can be grouped (by name of the API), its columns.

    ``drawn`` are the columns of its chart: lines over time, bars of groups. They have one form.
    """

    title: str
    tells: str
    by: Mapping[str, str]
    columns: Sequence[Column]
    drawn: Sequence[str] = ()
    bars: Sequence[str] = ()


LEADS: Final = (
    Column("leads", "Leads", "count", "People of the cohort who reached a stage of the line.", "leads"),
    Column("mql", "MQL", "count", "Of those, people who reached “marketing qualified” or further.", "mql"),
    Column("sql", "SQL", "count", "Of those, people who reached “sales qualified” or further.", "sql"),
    Column("customers", "Customers", "count", "Of those, people who bought.", "customers"),
)
SPEND: Final = Column("spend", "Spend", "money", "All costs of the period whose kind counts as marketing.", "spend")

FUNNEL: Final = (
    Column("count", "Reached", "count", "People who entered the stage or a later one; skipped stages count."),
    Column("conversion", "To next", "share", "Share of them who reached the next stage."),
    Column("conversion_total", "Of all", "share", "Share of everybody who reached the first stage."),
    Column("current", "Here now", "count", "People who stand in the stage today."),
    Column("median_days", "Days", "days", "Median time until the next stage."),
)
TIMES: Final = (
    Column("leads", "Leads", "count", "People of the cohort who reached a stage of the line.", "leads"),
    Column("customers", "Customers", "count", "Of those, people who bought.", "customers"),
    Column("open", "Open", "count", "Of those, people who have not bought.", "open"),
    Column("median_days", "Median days", "days", "Half of those who bought needed less, from the first touch on."),
    Column("mean_days", "Mean days", "days", "The average of those who bought."),
    Column(
        "expected_median_days",
        "Expected median",
        "days",
        "The first day by which half of all leads will have bought, open ones counted too (Kaplan-Meier).",
    ),
)
CURVE: Final = (
    Column("at_risk", "Still open", "count", "Leads that had not bought before that day."),
    Column("sold", "Bought", "count", "Leads that bought on that day."),
    Column("bought", "Expected", "share", "Share of all leads expected to have bought by that day."),
)
BUYERS: Final = (
    Column("companies", "Companies", "count", "Companies that bought in the period."),
    Column("revenue", "Revenue", "money", "What they paid, all won opportunities together."),
    Column("average", "Average", "money", "Revenue of a company, on average."),
)

REPORTS: Final[Mapping[str, Report]] = {
    "funnel": Report(
        "Funnel",
        "How many people reached each stage, of those whose first touch was in the period.",
        GRAINS,
        FUNNEL,
    ),
    "conversion": Report(
        "Conversion",
        "What share of leads goes on to each stage. Counted by first touch, so a young cohort will still grow.",
        {**GRAINS, **PLACES, **CONTENT, **OWNER},
        (
            *LEADS,
            Column("lead_to_mql", "Lead to MQL", "share", "MQL divided by leads."),
            Column("mql_to_sql", "MQL to SQL", "share", "SQL divided by MQL."),
            Column("sql_to_customer", "SQL to customer", "share", "Customers divided by SQL."),
            Column("lead_to_sale", "Lead to sale", "share", "Customers divided by leads."),
        ),
        drawn=("lead_to_mql", "mql_to_sql", "sql_to_customer", "lead_to_sale"),
        bars=("leads", "customers"),
    ),
    "romi": Report(
        "ROMI",
        "What marketing spent, and what came back. Spend and revenue are both of the period, not of the same leads.",
        {**PLACES, **GRAINS},
        (
            SPEND,
            Column(
                "revenue",
                "Revenue",
                "money",
                "Won amount that marketing had a part in: touch, hand-over, then opportunity; or touch, then order.",
                "revenue",
            ),
            Column("romi", "ROMI", "share", "Revenue less spend, divided by spend: 150 % is 2.50 back for every 1.00."),
            Column("opportunities", "Won by marketing", "count", "Opportunities behind the revenue.", "revenue"),
            Column("won", "All won", "money", "Won amount of all opportunities, with or without marketing.", "won"),
            Column("won_opportunities", "Won", "count", "Opportunities that were won.", "won"),
        ),
        drawn=("revenue", "spend"),
        bars=("revenue", "spend"),
    ),
    "cac": Report(
        "CAC",
        "What it costs to win a company.",
        {**PLACES, **GRAINS},
        (
            SPEND,
            Column("companies", "New customers", "count", "Companies that bought for the first time.", "companies"),
            Column("cac", "CAC", "money", "Spend divided by new customers."),
        ),
        drawn=("cac",),
        bars=("cac",),
    ),
    "time-to-sale": Report(
        "Time to sale",
        "How long it takes from the first touch to the sale. Leads that are still open are counted, too.",
        {},
        TIMES,
    ),
    "pipeline": Report(
        "Pipeline",
        "Open opportunities by the day they are expected to close, and what became of closed ones.",
        {**GRAINS, **PLACES, **CONTENT, **OWNER},
        (
            Column("open", "Open", "count", "Opportunities that are neither won nor lost.", "open"),
            Column("pipeline", "Pipeline", "money", "Amount of open opportunities.", "open"),
            Column("won", "Won", "count", "Opportunities that were won.", "won"),
            Column("won_amount", "Won amount", "money", "Amount of won opportunities.", "won"),
            Column("lost", "Lost", "count", "Opportunities that were lost.", "lost"),
            Column("win_rate", "Win rate", "share", "Won divided by won and lost."),
            Column("average_deal", "Average deal", "money", "Won amount divided by won opportunities with an amount."),
        ),
        drawn=("pipeline", "won_amount"),
        bars=("pipeline", "won_amount"),
    ),
    "handovers": Report(
        "Hand-overs",
        "How sales answers the leads it was given in the period.",
        {**OWNER, **GRAINS},
        (
            Column("handovers", "Hand-overs", "count", "Requests of the period with a time to answer.", "handovers"),
            Column("waiting", "Waiting", "count", "Nobody has answered, and it is not late.", "waiting"),
            Column("overdue", "Overdue", "count", "Nobody has answered, and it is late.", "overdue"),
            Column("accepted", "Accepted", "count", "Sales took the lead.", "accepted"),
            Column("rejected", "Given back", "count", "Sales gave the lead back.", "rejected"),
            Column("in_time_share", "In time", "share", "Answered in time, of those answered or late."),
            Column("median_hours", "Median hours", "hours", "Half of the answers came sooner, nights included."),
        ),
        drawn=("handovers", "accepted", "rejected", "overdue"),
        bars=("handovers", "accepted"),
    ),
    "content": Report(
        "Content",
        "Whether companies that regularly download or attend buy more than the others.",
        {},
        BUYERS,
        bars=("average",),
    ),
    "touchpoints": Report(
        "Touchpoints",
        "What people did in the period, and how many of them.",
        {**PLACES, **CONTENT, "kind": "Kind", **GRAINS},
        (
            Column("touches", "Touches", "count", "Visits, forms, downloads and all else that people did."),
            Column("people", "People", "count", "How many different people they were.", "people"),
        ),
        drawn=("touches", "people"),
        bars=("touches", "people"),
    ),
}
"""Every report of the console, in the order of its list."""
