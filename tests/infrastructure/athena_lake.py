"""A generated lake as Athena sees it, and an engine that runs Athena's SQL over it: no account, no network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import duckdb
from sqlglot import exp, parse_one
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from infra.athena.tables import DATABASE
from infra.athena.translate import schema
from shared.adapters.duckdb.costs import COSTS, ParquetCosts
from shared.adapters.duckdb.engine import file_list
from shared.adapters.duckdb.insights import ParquetInsights
from shared.adapters.duckdb.lake import ParquetLake, day_of
from shared.adapters.duckdb.links import PERSONS_FILES, TOUCHES_FILES
from shared.adapters.memory.lake import MemoryObjects
from shared.domain.insights.metrics import LINE, SIDE
from shared.domain.insights.model import FactRow
from shared.domain.money.costs import Cost
from tests.unit.insights.facts_of import day, fact

ROOT = "s3://lake/"
TEXTS = ("", "x", "Zürich", "мир", "O'Brien", '"', "(none)", "%Y{}$start")
CHANNELS = ("", "Paid Search", "E-mail", "мир", "O'Brien")
DAYS = 90
"""Facts lie within so many days."""
Happened = tuple[str, float, dict[str, Any]]
"""The name of a fact, how many days after the person's first, and what it says."""


@dataclass(frozen=True)
class AthenaLake:
    """The lake, and what runs queries over the files that Athena would read."""

    objects: MemoryObjects
    folder: Path

    @cached_property
    def insights(self) -> ParquetInsights:
        return ParquetInsights(self.objects)

    @cached_property
    def costs(self) -> ParquetCosts:
        return ParquetCosts(self.objects)

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'Pacific/Auckland'")
        connection.execute(f"CREATE SCHEMA {DATABASE}")
        for table, files in self.files().items():
            source = f"read_parquet({file_list(files)}, hive_partitioning = false)"
            connection.execute(f"CREATE VIEW {DATABASE}.{table} AS SELECT * FROM {source}")  # noqa: S608
        return connection

    def files(self) -> dict[str, list[Path]]:
        """Copies of the files of each table: those that its list names, or all below its prefix."""
        names = {"persons": self.listed(PERSONS_FILES), "touches": self.listed(TOUCHES_FILES)}
        names["costs"] = self.objects.names(COSTS)
        return {table: [self._copy(name) for name in found] for table, found in names.items()}

    def listed(self, name: str) -> list[str]:
        """The keys that a list for Athena names."""
        found = self.objects.get(name)
        assert found is not None
        return [line.removeprefix(ROOT) for line in found[0].decode().splitlines()]

    def ask(self, text: str, days: tuple[str, str], *, now: int, quantile: float | None = None) -> list[dict[str, Any]]:
        """What a query of Athena answers. With ``quantile`` every median is that exact quantile instead."""
        tree = resolved(text).transform(_given(days, now)).transform(_rows_of_lists).transform(_median(quantile))
        cursor = self.connection.execute(tree.sql(dialect="duckdb"))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _copy(self, name: str) -> Path:
        path = self.folder / name.replace("/", "__")
        found = self.objects.get(name)
        assert found is not None, name
        path.write_bytes(found[0])
        return path


def resolved(text: str) -> exp.Expr:
    """A query of Athena, every column of it found in a table of Glue and typed.

    Raises:
        sqlglot.errors.OptimizeError: a column is not there.
    """
    tree = qualify(parse_one(text, read="athena"), schema=schema(), db=DATABASE, dialect="athena")
    return annotate_types(tree, schema=schema(), dialect="athena")


def _given(days: tuple[str, str], now: int) -> Callable[[exp.Expr], exp.Expr]:
    waiting = list(days)

    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder):
            return exp.Literal.string(waiting.pop(0))
        if isinstance(node, exp.CurrentTimestamp):
            return parse_one(f"make_timestamptz({now * 1000})", read="duckdb")
        return node

    return replaced


def _median(quantile: float | None) -> Callable[[exp.Expr], exp.Expr]:
    name, share = ("approx_quantile", 0.5) if quantile is None else ("quantile_disc", quantile)

    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.ApproxQuantile):
            return exp.Anonymous(this=name, expressions=[node.this, exp.Literal.number(str(share))])
        return node

    return replaced


def _rows_of_lists(node: exp.Expr) -> exp.Expr:
    """Athena makes columns of the fields of a list's rows; here that has to be asked for."""
    if not (isinstance(node, exp.Join) and isinstance(node.this, exp.Unnest)):
        return node
    (values,) = node.this.expressions
    alias = node.this.args["alias"]
    if len(alias.columns) == 1:
        return node
    select = parse_one(f"SELECT unnest({values.sql('duckdb')}, max_depth := 2)", read="duckdb")
    return exp.Join(this=exp.Lateral(this=exp.Subquery(this=select), alias=alias.copy()), kind="CROSS")


def generated(folder: Path, seed: int = 7, people: int = 300) -> AthenaLake:
    """A lake of people with histories of every kind, built in three steps, and costs with corrections."""
    objects, random = MemoryObjects(), Random(seed)
    lake, builder = ParquetLake(objects), ParquetInsights(objects, root=ROOT)
    facts = [made for number in range(people) for made in _history(random, f"p{number:03}", people)]
    random.shuffle(facts)
    third = len(facts) // 3
    for batch in (facts[:third], facts[third : 2 * third], facts[2 * third - 5 :]):
        lake.append(batch)
        builder.build()
    store = ParquetCosts(objects)
    for batch_number in range(3):
        stated = {cost.key: cost for cost in (_cost(random, number) for number in range(60))}
        store.add(list(stated.values()), day(batch_number))
    return AthenaLake(objects, folder)


def _history(random: Random, lead: str, people: int) -> Iterator[FactRow]:
    start = random.uniform(0, DAYS - 30)
    happened = [*_touches(random, lead), *_stages(random), *_handover(random, start)]
    if random.random() < 0.8:
        company = random.choice(("", "c1", "c2", f"c{lead}"))
        happened.append(("CompanyLinked", 0, {"company_id": company, "domain": "c.example"}))
    happened += [
        (name, random.random(), {"purpose": random.choice(("ad.email", "ad.sms", "x"))})
        for name in ("ConsentGiven", "ConsentGiven", "ConsentWithdrawn")
    ]
    if random.random() < 0.4:
        happened.append(("OpportunityChanged", 20, _deal(random, start)))
    if random.random() < 0.1:
        happened.append(("LeadMerged", 25, {"loser_id": f"p{random.randrange(people):03}"}))
    for version, (name, after, data) in enumerate(happened, 1):
        yield fact(name, lead, version, start + after, **data)


def _touches(random: Random, lead: str) -> Iterator[Happened]:
    for number in range(random.randint(0, 4)):
        told = {
            "touchpoint_id": f"{lead}-{number}",
            "kind": random.choice(("page_viewed", "content_downloaded", "webinar_attended")),
            "channel": random.choice(CHANNELS),
            "source": "x",
            "campaign": random.choice(TEXTS),
            "path": random.choice(TEXTS),
            "human": random.random() < 0.9,
        }
        yield "TouchpointRecorded", number * random.uniform(0, 9), told


def _stages(random: Random) -> Iterator[Happened]:
    for place in range(random.randint(0, len(LINE))):
        if random.random() < 0.9:
            yield "StageChanged", place * random.uniform(1, 6), {"to_stage": LINE[place]}
    if random.random() < 0.2:
        yield "StageChanged", 29, {"to_stage": random.choice(SIDE)}


def _handover(random: Random, start: float) -> Iterator[Happened]:
    if random.random() < 0.5:
        due = random.choice((0, day(start + 3)))
        yield "HandoverRequested", 1, {"due": due}
        told = {"due": due, "owner": random.choice(TEXTS[:5]), "answered_in_time": random.random() < 0.5}
        answer = random.choice(("HandoverOverdue", "HandoverAccepted", "HandoverRejected", ""))
        if answer:
            yield answer, 2 + random.random(), told


def _deal(random: Random, start: float) -> dict[str, Any]:
    state = random.choice(("open", "won", "won", "lost"))
    return {
        "opportunity_id": f"006{random.randrange(90):03}",
        "state": state,
        "amount": random.choice(("1000.10", "20.005", "-3", "", "1e5", "12 000", "999999999999.9999", "1000000000000")),
        "currency": random.choice(("EUR", "USD", "PLN", "XTS", "")),
        "opened_on": random.choice((date_of(start + random.randint(-3, 6)), "")),
        "closed_on": date_of(start + random.randint(5, 25)) if random.random() < 0.9 else "",
        "origin": random.choice(("crm", "shop", "")),
        "company_id": random.choice(("", "", "c1", "c9")),
    }


def _cost(random: Random, number: int) -> Cost:
    key = f"k{random.randrange(100)}" if random.random() < 0.5 else f"own-{number}-{random.random()}"
    return Cost(
        key=key,
        day=date_of(random.uniform(0, DAYS)),
        kind=random.choice(("media", "staff", "other")),
        channel=random.choice(CHANNELS),
        campaign=random.choice(TEXTS),
        amount=Decimal(random.choice(("12.3456", "0.005", "1000", "-20.5"))),
        currency=random.choice(("EUR", "USD", "CHF")),
    )


def date_of(number: float) -> str:
    """The day of a number of days after the start."""
    return day_of(day(number))
