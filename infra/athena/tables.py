"""The files of the lake as tables: the one list of columns and their types, in the words of Glue.

It imports nothing, for the template is made of it. Tests hold it equal to the files that are really written.
"""

from typing import Final, NamedTuple

DATABASE: Final = "leadspine"
LINKED: Final = "athena/"
"""Below it the builder lists the files of a table that hold now (shared/adapters/duckdb/links.py)."""


class Column(NamedTuple):
    """A column by name; ``kind`` is its type for Glue."""

    name: str
    kind: str
    comment: str = ""


class LakeTable(NamedTuple):
    """A table: the prefix of its files, or (``linked``) of the list of its files."""

    name: str
    purpose: str
    prefix: str
    linked: bool
    columns: tuple[Column, ...]

    def types(self) -> dict[str, str]:
        """Types by name of column."""
        return {column.name: column.kind for column in self.columns}


TOUCH: Final = (
    "struct<occurred_at:bigint,touchpoint_id:string,kind:string,channel:string,source:string,campaign:string,"
    "content:string>"
)
ASK: Final = (
    "struct<due:bigint,requested_at:bigint,overdue:struct<at:bigint,owner:string>,"
    "answer:struct<at:bigint,state:string,in_time:int,owner:string>>"
)
OPPORTUNITY: Final = (
    "struct<id:string,deal:struct<version:bigint,position:bigint,state:string,amount:string,currency:string,"
    "opened_on:string,closed_on:string,company_id:string,told_at:bigint,origin:string>>"
)

PERSONS: Final = LakeTable(
    "persons",
    "one row per person, with everything that was merged into it; instants are milliseconds since 1970, UTC",
    f"{LINKED}persons/",
    linked=True,
    columns=(
        Column("lead_id", "string", "the root of all leads that are this person"),
        Column("cohort_at", "bigint", "first touch by a human; without one, capture, else first stage"),
        Column("channel", "string", "of the first touch"),
        Column("campaign", "string", "of the first touch"),
        Column("content", "string", "of the first touch"),
        Column("owner", "string", "who in sales gave the latest answer to a hand-over"),
        Column("stage", "string", "where the person stands"),
        Column("reach", "tinyint", "place of the furthest stage of the line, from 0; -1 for none"),
        Column("at_inquiry", "bigint", "first entry"),
        Column("at_mql", "bigint", "first entry"),
        Column("at_sql", "bigint", "first entry"),
        Column("at_opportunity", "bigint", "first entry"),
        Column("at_customer", "bigint", "first entry"),
        Column("at_advocate", "bigint", "first entry"),
        Column("at_recycled", "bigint", "first entry"),
        Column("at_disqualified", "bigint", "first entry"),
        Column("touches", "bigint", "touches by a human"),
        Column("consumed", "bigint", "touches that consumed content"),
        Column("seen_at", "bigint", "the latest touch; 0 for none"),
        Column("first_touch", TOUCH),
        Column("company_id", "string"),
        Column("domain", "string", "of the company"),
        Column("grade", "string", "of the latest published score"),
        Column("handover", "string", "where the hand-over stands"),
        Column("due", "bigint", "until when sales has to answer"),
        Column("parts", "array<string>", "leads that were merged into this person"),
        Column("consents", "array<string>", "purposes that are given now"),
        Column("asks", f"array<{ASK}>", "hand-overs by the instant until which sales has to answer"),
        Column("opportunities", f"array<{OPPORTUNITY}>", "told about this person; of several people count once"),
    ),
)
TOUCHES: Final = LakeTable(
    "touches",
    "every touch by a human once, without personal data",
    f"{LINKED}touches/",
    linked=True,
    columns=(
        Column("lead_id", "string", "the lead that it was recorded for; persons.parts says who that is now"),
        Column("occurred_at", "timestamp", "UTC"),
        Column("kind", "string"),
        Column("channel", "string"),
        Column("source", "string"),
        Column("campaign", "string"),
        Column("content", "string", "what was clicked, else the path of the page"),
    ),
)
COSTS: Final = LakeTable(
    "costs",
    "statements of costs: of several with one key the latest holds",
    "costs/",
    linked=False,
    columns=(
        Column("key", "string", "names the cost for ever"),
        Column("day", "string", "2026-03-09"),
        Column("kind", "string", "media, licence, staff, content, other"),
        Column("channel", "string"),
        Column("campaign", "string"),
        Column("amount", "decimal(18,4)"),
        Column("currency", "string"),
        Column("imported_at", "bigint", "milliseconds since 1970"),
        Column("batch", "string", "the import"),
    ),
)
TABLES: Final = (PERSONS, TOUCHES, COSTS)
