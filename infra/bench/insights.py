"""How fast reports are at a size that is a parameter: state kept incrementally, dashboards, questions to every touch.

``make bench ONLY=insights LEADS=1000000 FACTS=50000000`` measures the size of the promises; the lake is made once.
Times are of the clock, because the engine uses all cores; what is compared takes turns.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from infra.bench import lake_by_hand
from infra.bench.lake_world import CHANNEL_NAMES, DAYS, FolderObjects, LakeSize, write_lake
from infra.bench.results import Figure, Result, Target, spread
from infra.bench.timing import Effort
from infra.local.home import REPOSITORY
from shared.adapters.duckdb.costs import ParquetCosts
from shared.adapters.duckdb.insights import ParquetInsights
from shared.adapters.duckdb.lake import FACTS, ParquetLake
from shared.adapters.duckdb.state import STATE, TOUCHES, read_manifest
from shared.adapters.memory.clock import MemoryClock
from shared.app.money_reports import MoneyReports
from shared.contracts.api import ReportQuery
from shared.domain.insights.filters import LeadFilter
from shared.domain.insights.metrics import Cohort
from shared.domain.insights.model import FactRow
from shared.domain.insights.touches import TouchCount
from shared.domain.instant import DAY
from shared.domain.money.costs import Cost
from shared.policies.loader import RULES, load_directory

NOW: Final = 1_793_318_400_000
"""The end of the three years of the generated lake, 2026-10-30."""
QUARTER: Final = Cohort(NOW - 90 * DAY, None)
ALWAYS: Final = Cohort()
PAGE: Final = 50
NEW: Final = 160
"""Facts that nobody has folded when a question comes."""
DASHBOARD_MS: Final = 300
RAW_TIMES: Final = 1.3

Question = Callable[[ParquetInsights], Any]
CHANNELS: Final = ReportQuery(by="channel")
MONEY: Final = ("romi", "cac", "pipeline")
QUESTIONS: Final[Mapping[str, Question]] = {
    "funnel by day": lambda lake: lake.funnel(ALWAYS, "day"),
    "key figures": lambda lake: lake.kpis(ALWAYS),
    "conversion by channel": lambda lake: lake.groups(ALWAYS, "channel"),
    "conversion by owner": lambda lake: lake.groups(ALWAYS, "owner"),
    "time to sale": lambda lake: lake.sale_times(ALWAYS, NOW),
    "opportunities": lambda lake: lake.opportunities(),
    "hand-overs of a quarter": lambda lake: lake.handover_counts(QUARTER, "owner"),
    "leads: filter and page": lambda lake: lake.search(LeadFilter(stage="mql"), after=None, limit=PAGE),
    "leads: how many": lambda lake: lake.size(LeadFilter(stage="mql", channel="Email", grade="A")),
    "companies: page": lambda lake: lake.companies(None, after=None, limit=PAGE),
}


@dataclass(frozen=True, slots=True)
class _Raw:
    """A question to every touch, and the same written by hand."""

    ours: Question
    by: str
    start: int | None


RAW: Final[Mapping[str, _Raw]] = {
    "touches by channel, a quarter": _Raw(lambda lake: lake.touches(QUARTER, "channel"), "channel", QUARTER.start),
    "touches by channel, always": _Raw(lambda lake: lake.touches(ALWAYS, "channel"), "channel", None),
    "touches by day, a quarter": _Raw(lambda lake: lake.touches(QUARTER, "day"), "day", QUARTER.start),
}


def run(effort: Effort) -> Result:
    """Build the state of a lake, add a day, and ask."""
    size = LakeSize(effort.leads, effort.facts)
    root = _lake(size)
    objects = FolderObjects(root)
    for name in (*objects.names(STATE), *objects.names(TOUCHES)):
        (root / name).unlink()
    latest = objects.names(FACTS)[-1:]
    objects.hidden = frozenset(latest)
    lake, costs = ParquetInsights(objects), ParquetCosts(objects)
    money = MoneyReports(insights=lake, costs=costs, policy=load_directory(RULES).money, clock=MemoryClock(NOW))
    costs.add(list(_spent()), NOW)
    whole_s, folded = _timed(partial(_build_all, lake))
    opened_s, _ = _timed(lambda: lake.size(LeadFilter()))
    objects.hidden = frozenset()
    unfolded_s, _ = _timed(lambda: lake.kpis(ALWAYS))
    day_s, day = _timed(lake.build)
    lake.size(LeadFilter())
    books_s, _ = _timed(lambda: money.read("romi", CHANNELS))
    asked = {name: _times(effort, [partial(ask, lake)])[0] for name, ask in QUESTIONS.items()}
    fresh = [_after_new_facts(objects, lake, money, number) for number in range(effort.rounds + 1)][1:]
    asked |= {name: _times(effort, [partial(money.read, name, CHANNELS)])[0] for name in MONEY}
    by_hand = _times(effort, [lake_by_hand.funnel_in_duckdb(root), lake_by_hand.funnel_in_polars(root)])
    best_raw = min(median(one) for one in by_hand)
    raw = {name: _raw(effort, lake, objects, root, question) for name, question in RAW.items()}
    worst = max(median(found) for found in asked.values())
    figures = [
        Figure(
            name="state of all facts, from nothing",
            value=folded / whole_s,
            unit="facts/s",
            ratio=f"{whole_s:.0f} s",
        ),
        Figure(name="one more day", value=day_s, unit="s", ratio=f"{day.facts:,} facts into {day.leads:,} leads"),
        Figure(name="first question after a build", value=opened_s * 1000, unit="ms"),
        Figure(name="first question about money", value=books_s * 1000, unit="ms"),
        Figure(name="first question while a day is not folded", value=unfolded_s * 1000, unit="ms"),
        spread(f"key figures after {NEW} new facts", [found[0] for found in fresh], "ms"),
        spread("ROMI after that", [found[1] for found in fresh], "ms"),
        *(
            spread(
                name,
                found,
                "ms",
                ratio=f"{best_raw / median(found):,.0f}x the best raw scan" if "funnel" in name else "",
            )
            for name, found in asked.items()
        ),
        spread("funnel by hand from facts, DuckDB", by_hand[0], "ms"),
        spread("funnel by hand from facts, Polars", by_hand[1], "ms"),
        *(figure for figures, _ in raw.values() for figure in figures),
    ]
    return Result(
        name="insights",
        title=f"Reports at {size.leads:,} leads and {folded + day.facts:,} facts",
        figures=figures,
        targets=[
            Target(name="slowest dashboard question", wanted=DASHBOARD_MS, reached=worst, unit="ms", at_least=False),
            *(
                Target(name=name, wanted=RAW_TIMES, reached=times, unit="x the best by hand", at_least=False)
                for name, (_, times) in raw.items()
            ),
        ],
        notes=[f"three years, {DAYS} days; files {_megabytes(root):,.0f} MB; warm process, files on this machine"],
    )


def _after_new_facts(objects: FolderObjects, lake: ParquetInsights, money: MoneyReports, number: int) -> list[float]:
    """Milliseconds of two questions when facts about leads of lately have just arrived; they are taken away again."""
    before = set(objects.names(FACTS))
    found = lake.search(LeadFilter(), after=None, limit=NEW * (number + 1)).lead_ids[-NEW:]
    told = [
        FactRow(
            event_id=f"evt_{number}_{place}.1",
            name="ScoreChanged",
            schema_version="1-0-0",
            occurred_at=NOW,
            recorded_at=NOW,
            lead_id=lead_id,
            lead_version=10_000,
            producer="bench",
            data={"total": 1_000, "grade": "A1"},
        )
        for place, lead_id in enumerate(found)
    ]
    ParquetLake(objects).append(told)
    try:
        return [_timed(ask)[0] * 1000 for ask in (lambda: lake.kpis(ALWAYS), lambda: money.read("romi", CHANNELS))]
    finally:
        objects.remove([name for name in objects.names(FACTS) if name not in before])


def _spent() -> Iterator[Cost]:
    """Media of every channel and month."""
    for month in range(DAYS // 30):
        day = datetime.fromtimestamp((NOW - month * 30 * DAY) / 1000, UTC).strftime("%Y-%m-%d")
        for channel in CHANNEL_NAMES:
            yield Cost(f"{day}-{channel}", day, "media", channel, "", Decimal("12500.50"), "EUR")


def _lake(size: LakeSize) -> Path:
    """The folder of a lake of this size, made when it is not there yet."""
    root = REPOSITORY / ".build" / "bench" / f"lake-{size.leads}-{size.facts}"
    done = root / "done"
    if not done.exists():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        done.write_text(str(write_lake(root, size, lambda _: None)))
    return root


def _build_all(lake: ParquetInsights) -> int:
    """Build until nothing is left; returns how many facts there were."""
    facts = 0
    while (built := lake.build()).files:
        facts += built.facts
    return facts


def _raw(
    effort: Effort, lake: ParquetInsights, objects: FolderObjects, root: Path, question: _Raw
) -> tuple[list[Figure], float]:
    persons = root / str(read_manifest(objects).persons)
    works = [
        lambda: _plain(question.ours(lake)),
        lake_by_hand.touches_in_duckdb(root, persons, question.by, question.start),
        lake_by_hand.touches_in_polars(root, persons, question.by, question.start),
    ]
    mine, *others = (sorted((str(label), *counts) for label, *counts in work()) for work in works)
    if any(mine != other for other in others):
        raise ValueError("what was written by hand has another answer")
    ours, duck, polars = _times(effort, works)
    times = median(mine / min(others) for mine, *others in zip(ours, duck, polars, strict=True))
    name = next(name for name, one in RAW.items() if one is question)
    return [
        spread(name, ours, "ms", ratio=f"{times:.2f}x the best by hand"),
        spread(f"{name}: DuckDB by hand", duck, "ms"),
        spread(f"{name}: Polars by hand", polars, "ms"),
    ], times


def _plain(lines: Sequence[TouchCount]) -> list[tuple[object, int, int]]:
    """Days as numbers, and the whole without a label, as it is written by hand."""
    return [(_number(line.label) if line.label else None, line.touches, line.people) for line in lines]


def _number(label: str) -> object:
    try:
        return int(datetime.strptime(label, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) // 86_400
    except ValueError:
        return label


def _times(effort: Effort, works: Sequence[Callable[[], Any]]) -> list[list[float]]:
    """Milliseconds of several works that take turns; the first turn is not counted."""
    found: list[list[float]] = [[] for _ in works]
    for turn in range(effort.rounds + 1):
        for place, work in enumerate(works):
            seconds, _ = _timed(work)
            if turn:
                found[place].append(seconds * 1000)
    return found


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    outcome = work()
    return time.perf_counter() - start, outcome


def _megabytes(root: Path) -> float:
    return sum(path.stat().st_size for path in root.rglob("*.parquet")) / 1e6
