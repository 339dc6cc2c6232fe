"""Every implementation of the lake answers the same: in memory, Parquet in a bucket in memory, Parquet in S3."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.adapters.duckdb import build as build_module
from shared.adapters.duckdb import state as state_module
from shared.adapters.duckdb.build import PACK_FROM
from shared.adapters.duckdb.insights import ParquetInsights
from shared.adapters.duckdb.lake import FACTS, Objects, ParquetLake
from shared.adapters.duckdb.links import PERSONS_FILES, TOUCHES_FILES, Links
from shared.adapters.duckdb.state import MANIFEST, TOUCHES, read_manifest
from shared.adapters.memory.lake import MemoryLake, MemoryObjects
from shared.adapters.s3.lake import S3Objects
from shared.domain.insights.filters import LeadFilter
from shared.domain.insights.metrics import Cohort
from shared.ports.lake import FactLake, LakeBusy, LeadInsights
from tests.unit.insights.facts_of import fact, stage, touch
from tests.unit.insights.test_metrics import WORLD


@dataclass
class Lake:
    facts: FactLake
    insights: LeadInsights


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Objects]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client: Any = boto3.client("s3", region_name="eu-central-1")
        client.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield S3Objects(client, "lake")


@pytest.fixture(params=["memory", "parquet-memory", "parquet-s3"])
def lake(request: pytest.FixtureRequest) -> Lake:
    if request.param == "memory":
        memory = MemoryLake()
        return Lake(memory, memory)
    objects: Objects = MemoryObjects() if request.param == "parquet-memory" else request.getfixturevalue("bucket")
    return Lake(ParquetLake(objects), ParquetInsights(objects))


@pytest.fixture(params=["memory", "s3"])
def objects(request: pytest.FixtureRequest) -> Objects:
    return MemoryObjects() if request.param == "memory" else request.getfixturevalue("bucket")


def test_an_empty_lake_has_empty_reports(lake: Lake) -> None:
    assert lake.insights.rows() == {}
    assert lake.insights.kpis(Cohort()).leads == 0
    assert lake.insights.funnel(Cohort(), "month").line[0].reached == 0
    assert lake.insights.search(LeadFilter(stage="mql"), after=None, limit=10).lead_ids == ()
    assert lake.insights.build().facts == 0


def test_reports_are_complete_before_during_and_after_builds(lake: Lake) -> None:
    counts = []
    lake.facts.append(WORLD[:20])
    lake.insights.build()
    lake.facts.append(WORLD[20:])
    counts.append((lake.insights.kpis(Cohort()), lake.insights.funnel(Cohort(), "month")))
    lake.insights.build()
    counts.append((lake.insights.kpis(Cohort()), lake.insights.funnel(Cohort(), "month")))

    assert counts[0] == counts[1]
    assert counts[0][0].leads == 4
    assert lake.insights.rows()["ann"].touches == 2


def test_the_same_fact_counts_once_however_often_and_wherever_it_arrives(lake: Lake) -> None:
    seen = touch("ann", 1, 0)
    for batch in ([seen], [seen, stage("ann", 1, 0, "inquiry")], [touch("bob", 1, 0), seen]):
        lake.facts.append(batch)
        lake.facts.append(batch)
        lake.insights.build()
    lake.facts.append([seen])

    assert lake.insights.rows()["ann"].touches == 1
    assert lake.insights.build().facts == 0


def test_people_are_found_by_stage_and_company_page_by_page_newest_first(lake: Lake) -> None:
    for n in range(5):
        lake.facts.append([touch(f"p{n}", 1, n), stage(f"p{n}", 1, n, "inquiry")])
        linked = fact(
            "CompanyLinked", f"p{n}", 1, n, company_id=f"c{n % 2}", domain=f"acme{n % 2}.example", by="domain"
        )
        lake.facts.append([linked])
    first = lake.insights.search(LeadFilter(stage="inquiry"), after=None, limit=3)
    second = lake.insights.search(LeadFilter(stage="inquiry"), after=first.after, limit=3)

    assert (first.lead_ids, second.lead_ids, second.after) == (("p4", "p3", "p2"), ("p1", "p0"), None)
    assert lake.insights.search(LeadFilter(company="ACME1"), after=None, limit=9).lead_ids == ("p3", "p1")
    assert lake.insights.search(LeadFilter(company="c0"), after=None, limit=9).lead_ids == ("p4", "p2", "p0")
    assert lake.insights.search(LeadFilter(company="'; DROP TABLE person; --"), after=None, limit=9).lead_ids == ()


def test_the_same_batch_is_the_same_file(objects: Objects) -> None:
    lake = ParquetLake(objects)
    lake.append(WORLD)
    names = objects.names(FACTS)
    lake.append(list(reversed(WORLD)))

    assert objects.names(FACTS) == names
    assert all(name.startswith("facts/dt=2026-") and name.endswith(".parquet") for name in names)


def test_two_builders_cannot_corrupt_the_state_table(objects: Objects) -> None:
    """Time: A reads | B reads, folds, publishes | A publishes on the version it read, and must not."""
    lake, ours = ParquetLake(objects), ParquetInsights(objects)
    lake.append(WORLD[:10])
    ParquetInsights(objects).build()
    lake.append(WORLD[10:])
    overtaken = _Overtaken(objects, by=lambda: ParquetInsights(objects).build())

    with pytest.raises(LakeBusy):
        ParquetInsights(overtaken).build()

    reference = MemoryLake()
    reference.append(WORLD)
    assert ours.rows() == reference.rows()
    assert ours.build().facts == 0


class _Overtaken:
    """A bucket in which somebody else publishes a state table just before we do."""

    def __init__(self, objects: Objects, by: Any) -> None:
        self._objects = objects
        self._by = by

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    def put_if(self, name: str, body: bytes, tag: str | None) -> bool:
        self._by()
        return self._objects.put_if(name, body, tag)


class _Crashing:
    """A bucket that is killed before or after the n-th write."""

    def __init__(self, objects: Objects, at: int, *, after: bool) -> None:
        self._objects, self._at, self._after, self._writes = objects, at, after, 0

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._objects, name)
        return self._counted(call) if name in ("put", "put_if", "remove") else call

    def _counted(self, call: Any) -> Any:
        def write(*given: Any) -> Any:
            self._writes += 1
            if self._writes == self._at and not self._after:
                raise KeyboardInterrupt
            outcome = call(*given)
            if self._writes == self._at:
                raise KeyboardInterrupt
            return outcome

        return write


def many_small_files(objects: Objects) -> MemoryLake:
    lake, reference = ParquetLake(objects), MemoryLake()
    for n in range(PACK_FROM + 3):
        batch = [touch(f"p{n % 7}", n, 0.001 * n), stage(f"p{n % 7}", n, 0.001 * n, "inquiry")]
        lake.append(batch)
        reference.append(batch)
    return reference


def test_a_day_of_many_files_becomes_one(objects: Objects) -> None:
    reference = many_small_files(objects)
    insights = ParquetInsights(objects)

    assert insights.build().files == PACK_FROM + 3

    assert len(objects.names(FACTS)) == 1
    assert insights.rows() == reference.rows()
    assert insights.build().files == 0


def test_a_great_backlog_is_folded_by_several_builds_and_reports_are_complete_in_between(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, reference, insights = ParquetLake(objects), MemoryLake(), ParquetInsights(objects)
    for n in range(5):
        batch = [touch(f"p{n % 2}", n, n), stage(f"p{n % 2}", n, n, "inquiry")]
        lake.append(batch)
        reference.append(batch)
    monkeypatch.setattr(build_module, "ROUND_BYTES", 1)
    monkeypatch.setattr(build_module, "ROUNDS", 2)

    files = []
    while built := insights.build().files:
        files.append(built)
        assert insights.rows() == reference.rows()
        assert insights.kpis(Cohort()) == reference.kpis(Cohort())
        assert insights.touches(Cohort(), "kind") == reference.touches(Cohort(), "kind")

    assert files == [2, 2, 1]


@pytest.mark.parametrize("write", [1, 2, 3])
@pytest.mark.parametrize("after", [False, True])
def test_a_builder_killed_between_any_two_writes_loses_and_doubles_nothing(write: int, *, after: bool) -> None:
    objects = MemoryObjects()
    reference = many_small_files(objects)
    crashing: Any = _Crashing(objects, write, after=after)

    with pytest.raises(KeyboardInterrupt):
        ParquetInsights(crashing).build()

    survivor = ParquetInsights(objects)
    assert survivor.rows() == reference.rows()
    survivor.build()
    assert survivor.rows() == reference.rows()


def test_a_state_table_of_another_layout_is_made_again_from_the_facts(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = many_small_files(objects)
    monkeypatch.setattr(state_module, "LAYOUT", 0)
    ParquetInsights(objects).build()
    monkeypatch.undo()
    insights = ParquetInsights(objects)

    assert insights.rows() == reference.rows()
    assert insights.build().facts == 2 * (PACK_FROM + 3)
    assert insights.build().files == 0


def test_a_reader_who_is_overtaken_by_packing_reads_again(objects: Objects) -> None:
    """Time: reader gets the state object | builder packs a day and removes its files | reader looks for them."""
    lake, reference = ParquetLake(objects), many_small_files(objects)
    ParquetInsights(objects).build()
    extra = [touch("late", 1, 0.5)]
    lake.append(extra)
    reference.append(extra)
    reader: Any = _PackedMeanwhile(objects, lake, reference)

    assert ParquetInsights(reader).rows() == reference.rows()


class _PackedMeanwhile:
    """A bucket whose files are packed by a builder between a reader's first read and its listing."""

    def __init__(self, objects: Objects, lake: ParquetLake, reference: MemoryLake) -> None:
        self._objects, self._lake, self._reference, self._done = objects, lake, reference, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    def get(self, name: str) -> tuple[bytes, str] | None:
        found = self._objects.get(name)
        if name == MANIFEST and not self._done:
            self._done = True
            for n in range(PACK_FROM):
                batch = [touch("more", n, 0.001 * n)]
                self._lake.append(batch)
                self._reference.append(batch)
            ParquetInsights(self._objects).build()
        return found


# What other engines are told of the files

ROOT = "s3://lake/"


def listed(objects: Objects, name: str) -> set[str]:
    """Keys that a list for other engines names."""
    found = objects.get(name)
    assert found is not None
    lines = found[0].decode().splitlines()
    assert all(line.startswith(ROOT) for line in lines)
    return {line.removeprefix(ROOT) for line in lines}


def assert_told_what_holds(objects: Objects) -> None:
    manifest = read_manifest(objects)
    assert listed(objects, PERSONS_FILES) == {manifest.persons}
    assert listed(objects, TOUCHES_FILES) == manifest.touches
    assert manifest.touches <= set(objects.names(TOUCHES))


def test_the_lists_name_exactly_the_files_that_hold_after_every_build(objects: Objects) -> None:
    lake = ParquetLake(objects)
    for batch in (WORLD[:20], WORLD[20:]):
        lake.append(batch)
        ParquetInsights(objects, root=ROOT).build()

        assert_told_what_holds(objects)
        assert all(objects.get(name) for name in listed(objects, PERSONS_FILES) | listed(objects, TOUCHES_FILES))


def test_a_builder_that_is_told_no_address_lists_nothing(objects: Objects) -> None:
    ParquetLake(objects).append(WORLD)
    ParquetInsights(objects).build()

    assert objects.names("athena/") == []


def test_a_lake_without_facts_lists_nothing(objects: Objects) -> None:
    ParquetInsights(objects, root=ROOT).build()

    assert objects.names("athena/") == []


@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("write", range(1, 7))
def test_the_next_build_lists_what_a_killed_one_did_not(write: int, *, after: bool, more: bool) -> None:
    """Writes: leads, persons and touches of each day, the manifest, two lists, the removal of old files."""
    objects = MemoryObjects()
    lake = ParquetLake(objects)
    lake.append(WORLD[:1])
    ParquetInsights(objects, root=ROOT).build()
    lake.append([touch("late", 1, 0)])
    with pytest.raises(KeyboardInterrupt):
        ParquetInsights(_Crashing(objects, write, after=after), root=ROOT).build()  # type: ignore[arg-type]
    if more:
        lake.append([touch("later", 1, 0)])

    ParquetInsights(objects, root=ROOT).build()

    assert_told_what_holds(objects)
    assert ParquetInsights(objects).rows().keys() == {"ann", "late", *(["later"] if more else [])}


def test_a_list_is_right_before_the_files_of_before_are_removed() -> None:
    objects = MemoryObjects()
    ParquetLake(objects).append(WORLD[:20])
    ParquetInsights(objects, root=ROOT).build()
    ParquetLake(objects).append(WORLD[20:])
    gone: set[str] = set()

    class Watched(MemoryObjects):
        def __getattribute__(self, name: str) -> Any:
            return removing if name == "remove" else getattr(objects, name)

    def removing(names: Any) -> None:
        assert_told_what_holds(objects)
        gone.update(names)
        objects.remove(names)

    ParquetInsights(Watched(), root=ROOT).build()

    assert any(name.startswith("state/persons-") for name in gone)
    assert not gone & (listed(objects, PERSONS_FILES) | listed(objects, TOUCHES_FILES))


def test_a_slow_builder_does_not_bring_back_the_files_of_before() -> None:
    """Time: A reads its list | B publishes a manifest and lists its files | A writes its list, and must look again."""
    objects = MemoryObjects()
    lake = ParquetLake(objects)
    lake.append(WORLD[:20])
    ParquetInsights(objects).build()
    lake.append(WORLD[20:])
    slow: Any = _Overtaken(objects, by=lambda: ParquetInsights(objects, root=ROOT).build())

    Links(slow, ROOT).publish()

    assert_told_what_holds(objects)
