"""DuckDB computes what shared/domain/insights defines, for any facts, in any order, batching and duplication."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args
from unittest.mock import patch

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.duckdb import fold as sql_fold
from shared.adapters.duckdb.engine import session
from shared.adapters.duckdb.insights import ParquetInsights
from shared.adapters.duckdb.lake import ParquetLake
from shared.adapters.duckdb.state import read_manifest
from shared.adapters.memory.lake import MemoryLake, MemoryObjects
from shared.domain.insights.filters import LeadFilter
from shared.domain.insights.fold import fold
from shared.domain.insights.groups import By, Figure, HandoverBy
from shared.domain.insights.metrics import Cohort
from shared.domain.insights.model import FactRow
from shared.domain.insights.touches import TouchBy
from tests.unit.insights.facts_of import day, fact
from tests.unit.insights.test_metrics import WORLD

LEADS = ("a", "b", "c", "d")
STAGES = ("inquiry", "mql", "sql", "opportunity", "customer", "advocate", "recycled", "sal", "disqualified")
TEXT = st.sampled_from(["", "x", "Zürich", "мир", "O'Brien", '"', "🙂"])
DUE = st.sampled_from([day(1), day(2)])
DATA = {
    "LeadCaptured": st.just({"source": "form"}),
    "TouchpointRecorded": st.fixed_dictionaries(
        {
            "touchpoint_id": st.sampled_from(["t1", "t2", "t3"]),
            "human": st.booleans(),
            "channel": TEXT,
            "kind": st.sampled_from(["", "page_viewed", "content_downloaded", "webinar_attended"]),
        },
        optional={"campaign": TEXT, "content": TEXT, "path": TEXT},
    ),
    "StageChanged": st.fixed_dictionaries(
        {"to_stage": st.sampled_from(STAGES)}, optional={"entered": st.lists(st.sampled_from(STAGES), max_size=3)}
    ),
    "CompanyLinked": st.fixed_dictionaries({"company_id": TEXT}, optional={"domain": TEXT}),
    "ScoreChanged": st.fixed_dictionaries({"total": st.integers(-500, 10_000), "grade": TEXT}),
    "ConsentGiven": st.fixed_dictionaries({"purpose": st.sampled_from(["ad.email", "ad.sms"])}),
    "ConsentWithdrawn": st.fixed_dictionaries({"purpose": st.sampled_from(["ad.email", "ad.sms"])}),
    "LeadMerged": st.fixed_dictionaries({"loser_id": st.sampled_from(LEADS)}),
    "LeadUnmerged": st.fixed_dictionaries({"member_id": st.sampled_from(LEADS)}),
    "HandoverRequested": st.fixed_dictionaries({}, optional={"due": DUE}),
    "HandoverOverdue": st.fixed_dictionaries({"due": DUE}, optional={"owner": TEXT}),
    "HandoverAccepted": st.fixed_dictionaries(
        {"answered_in_time": st.booleans()}, optional={"owner": TEXT, "due": DUE}
    ),
    "HandoverRejected": st.fixed_dictionaries(
        {"answered_in_time": st.booleans()}, optional={"owner": TEXT, "due": DUE}
    ),
    "OpportunityChanged": st.fixed_dictionaries(
        {"opportunity_id": st.sampled_from(["006A", "006B"])},
        optional={
            "state": st.sampled_from(["open", "won", "lost"]),
            "amount": TEXT,
            "origin": st.sampled_from(["crm", "shop"]),
            "company_id": TEXT,
            "opened_on": st.sampled_from(["2026-01-02", "2026-01-04"]),
            "closed_on": st.sampled_from(["2026-01-03", "2026-01-05"]),
        },
    ),
    "ProfileChanged": st.just({"fields": ["title"]}),
    "RecordParked": st.just({"code": "X"}),
}


@st.composite
def one_fact(draw: Any) -> FactRow:
    name = draw(st.sampled_from(sorted(DATA)))
    occurred = draw(st.integers(0, 6))
    # What comes in is never of the future: its time would be that of its receipt.
    recorded = draw(st.integers(occurred, 6))
    return FactRow(
        event_id="",
        name=name,
        schema_version="1-0-0",
        occurred_at=day(occurred),
        recorded_at=day(recorded),
        lead_id="" if name == "RecordParked" else draw(st.sampled_from(LEADS)),
        lead_version=draw(st.integers(0, 4)),
        data=draw(DATA[name]),
    )


WORLDS = st.lists(one_fact(), max_size=25).map(
    lambda facts: [
        replace(fact, event_id=f"{fact.lead_id}.{fact.lead_version}.{number}") for number, fact in enumerate(facts)
    ]
)
BYS: tuple[By, ...] = get_args(By)
FIGURES = st.sampled_from(get_args(Figure))
TOUCH_BYS: tuple[TouchBy, ...] = get_args(TouchBy)
FILTERS = st.builds(
    LeadFilter,
    stage=st.sampled_from([None, None, "anonymous", "mql"]),
    company=st.sampled_from([None, None, "x", "O'BRIEN", "мир"]),
    channel=st.sampled_from([None, None, "x", "Unassigned"]),
    campaign=st.sampled_from([None, None, "x", ""]),
    content=st.sampled_from([None, None, "x"]),
    owner=st.sampled_from([None, None, "x", ""]),
    grade=st.sampled_from([None, None, "x", "Z"]),
    handover=st.sampled_from([None, None, "requested", ""]),
    consent=st.sampled_from([None, None, "ad.email"]),
    cohort=st.sampled_from([Cohort(), Cohort(day(1), day(4))]),
)
COHORTS = [Cohort(), Cohort(day(1), day(4)), Cohort(day(3), None)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(facts=WORLDS, data=st.data())
def test_any_order_batching_and_duplication_of_facts_gives_the_same_state_table_and_the_same_reports(
    facts: list[FactRow], data: Any
) -> None:
    # Given: the definition
    memory = MemoryLake()
    memory.append(facts)
    # When: the same facts arrive shuffled, some twice, in batches, with builds and questions in between
    delivered = data.draw(st.permutations(facts + facts[: len(facts) // 2]))
    objects = MemoryObjects()
    lake, insights, builder = ParquetLake(objects), ParquetInsights(objects), ParquetInsights(objects)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(delivered)), min_size=2, max_size=2)))
    few = data.draw(st.sampled_from([0, 2, sql_fold.FEW]))
    with patch.object(sql_fold, "FEW", few):
        for batch in (delivered[: cuts[0]], delivered[cuts[0] : cuts[1]], delivered[cuts[1] :]):
            lake.append(batch)
            if data.draw(st.booleans()):
                insights.kpis(Cohort())
            if data.draw(st.booleans()):
                builder.build()
    # Then: the table and every report are those of the definition
    assert insights.rows() == memory.rows()
    for cohort in COHORTS:
        assert insights.funnel(cohort, "week") == memory.funnel(cohort, "week")
        assert insights.kpis(cohort) == memory.kpis(cohort)
    cohort, by, figure = data.draw(st.sampled_from(COHORTS)), data.draw(st.sampled_from(BYS)), data.draw(FIGURES)
    assert insights.sale_times(cohort, day(9)) == memory.sale_times(cohort, day(9))
    assert insights.handover_rows(cohort) == memory.handover_rows(cohort)
    handed = data.draw(st.sampled_from(get_args(HandoverBy)))
    assert insights.handover_counts(cohort, handed) == memory.handover_counts(cohort, handed)
    groups = memory.groups(cohort, by)
    assert insights.groups(cohort, by) == groups
    label = data.draw(st.sampled_from([None, *(group.label for group in groups)]))
    asked: Any = (cohort, by, label, figure)
    assert insights.leads_behind(*asked, after="a", limit=2) == memory.leads_behind(*asked, after="a", limit=2)
    assert insights.opportunities() == memory.opportunities()
    touched = data.draw(st.sampled_from(TOUCH_BYS))
    assert insights.touches(cohort, touched) == memory.touches(cohort, touched)
    name = data.draw(st.sampled_from([None, *(line.label for line in memory.touches(cohort, touched)[:-1])]))
    asked = (cohort, touched, name)
    assert insights.touched_by(*asked, after="", limit=9) == memory.touched_by(*asked, after="", limit=9)
    assert insights.touched_by(*asked, after="b", limit=1) == memory.touched_by(*asked, after="b", limit=1)
    wanted = data.draw(FILTERS)
    assert insights.size(wanted) == memory.size(wanted)
    found = memory.search(wanted, after=None, limit=2)
    assert insights.search(wanted, after=None, limit=2) == found
    assert insights.search(wanted, after=found.after, limit=2) == memory.search(wanted, after=found.after, limit=2)
    text = data.draw(st.sampled_from([None, "x", "O'BRIEN"]))
    listed = memory.companies(text, after=None, limit=2)
    assert insights.companies(text, after=None, limit=2) == listed
    assert insights.companies(text, after=listed.after, limit=2) == memory.companies(text, after=listed.after, limit=2)
    for state in ("requested", "overdue", "accepted", "rejected"):
        first = insights.handovers(state, after=None, limit=1)
        assert first == memory.handovers(state, after=None, limit=1)
        assert insights.handovers(state, after=first.after, limit=2) == memory.handovers(
            state, after=first.after, limit=2
        )


@settings(max_examples=200, deadline=None)
@given(facts=WORLDS, data=st.data())
def test_the_pure_fold_does_not_depend_on_the_order_of_facts(facts: list[FactRow], data: Any) -> None:
    cut = data.draw(st.integers(0, len(facts)))
    shuffled = data.draw(st.permutations(facts))

    assert fold(fold({}, shuffled[:cut]), shuffled[cut:]) == fold({}, facts)


def test_a_few_of_many_leads_are_found_in_whatever_group_of_rows_they_lie() -> None:
    memory, objects = MemoryLake(), MemoryObjects()
    lake, insights = ParquetLake(objects), ParquetInsights(objects)
    many = [fact("LeadCaptured", f"p{number:05}", 1, number / 1000) for number in range(20_000)]
    merge = fact("LeadMerged", "p00003", 2, 21, loser_id="p19000")
    later = [
        fact("StageChanged", f"p{number:05}", 3, 22 + number / 1e6, to_stage="mql") for number in range(7, 20_000, 999)
    ]
    for batch in (many, [merge], later[:9], later[9:]):
        lake.append(batch)
        memory.append(batch)
        assert insights.funnel(Cohort(), "week") == memory.funnel(Cohort(), "week")
        if batch is many:
            insights.build()
            assert _row_groups(objects) > 1
    assert insights.build().leads == len(many)
    assert insights.rows() == memory.rows()


def _row_groups(objects: MemoryObjects) -> int:
    """Groups of rows of the file of leads."""
    found = objects.get(str(read_manifest(objects).leads))
    assert found is not None
    with tempfile.NamedTemporaryFile(suffix=".parquet") as copy:
        copy.write(found[0])
        copy.flush()
        query = "SELECT count(DISTINCT row_group_id) FROM parquet_metadata(?)"
        ((number,),) = duckdb.execute(query, [copy.name]).fetchall()
    return int(number)


def test_the_hand_made_world_gives_the_same_reports_in_sql() -> None:
    memory, objects = MemoryLake(), MemoryObjects()
    memory.append(WORLD)
    ParquetLake(objects).append(WORLD)
    insights = ParquetInsights(objects)

    for grain in ("day", "week", "month"):
        assert insights.funnel(Cohort(), grain) == memory.funnel(Cohort(), grain)
    assert insights.kpis(Cohort()) == memory.kpis(Cohort())


def test_the_engine_reaches_no_file_outside_its_folder_and_no_network() -> None:
    with tempfile.TemporaryDirectory() as folder, session(Path(folder).resolve()) as connection:
        for statement in (
            "SELECT * FROM read_csv('/etc/hostname')",
            "COPY (SELECT 1) TO '/tmp/outside.parquet'",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SET enable_external_access = true",
            "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(statement)
