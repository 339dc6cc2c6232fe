"""Every store of costs keeps the same: in memory, Parquet in a bucket in memory, Parquet in S3."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.adapters.duckdb.costs import COSTS, PACK_FROM, ParquetCosts
from shared.adapters.memory.costs import MemoryCosts
from shared.adapters.memory.lake import MemoryObjects
from shared.adapters.s3.lake import S3Objects
from shared.ports.costs import CostStore
from tests.unit.money.cost_files import cost


@pytest.fixture(params=["memory", "parquet-memory", "parquet-s3"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[CostStore]:
    if request.param == "memory":
        yield MemoryCosts()
        return
    if request.param == "parquet-memory":
        yield ParquetCosts(MemoryObjects())
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client: Any = boto3.client("s3", region_name="eu-central-1")
        client.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield ParquetCosts(S3Objects(client, "lake"))


def test_an_empty_store_has_no_costs(store: CostStore) -> None:
    assert store.costs() == ()


def test_rows_come_back_exactly_by_day_and_key(store: CostStore) -> None:
    rows = [
        cost("b", "0.0001", campaign='O\'Brien "Zürich" мир 🙂'),
        cost("a", "-12.30"),
        cost("c", "999999999999.99", day="2026-01-01", currency="USD"),
    ]

    assert store.add(rows, 1)

    assert store.costs() == (rows[2], rows[1], rows[0])
    assert all(isinstance(row.amount, Decimal) for row in store.costs())


def test_the_same_rows_again_change_nothing_in_any_order(store: CostStore) -> None:
    rows = [cost("a", "1"), cost("b", "2")]
    store.add(rows, 1)

    assert not store.add([cost("b", "2.00"), cost("a", "1")], 2)

    assert len(store.costs()) == 2


def test_a_corrected_row_replaces_and_an_old_file_does_not_bring_the_mistake_back(store: CostStore) -> None:
    store.add([cost("a", "1"), cost("b", "2")], 1)
    store.add([cost("a", "10")], 2)

    assert not store.add([cost("a", "1"), cost("b", "2")], 3)

    assert store.costs() == (cost("a", "10"), cost("b", "2"))


def test_many_files_become_one_and_nothing_changes() -> None:
    objects = MemoryObjects()
    store = ParquetCosts(objects)
    for n in range(PACK_FROM):
        store.add([cost("same", str(n)), cost(f"k{n}", "1")], n)
    before = ParquetCosts(objects).costs()

    assert (store.pack(), store.pack()) == (PACK_FROM, 0)

    assert len(objects.names(COSTS)) == 1
    assert store.costs() == ParquetCosts(objects).costs() == before
    assert not store.add([cost("same", "3"), cost("k3", "1")], 99), "an import that is packed is known as before"
    assert store.costs() == before


def test_a_reader_who_is_overtaken_by_packing_reads_again() -> None:
    objects = MemoryObjects()
    store = ParquetCosts(objects)
    for n in range(PACK_FROM):
        store.add([cost(f"k{n}", "1")], n)

    assert len(ParquetCosts(_PackedMeanwhile(objects, store)).costs()) == PACK_FROM


class _PackedMeanwhile(MemoryObjects):
    """A bucket whose files are packed between a reader's listing and its reading."""

    def __init__(self, objects: MemoryObjects, store: ParquetCosts) -> None:
        self._objects, self._store = objects, store  # type: ignore[assignment]

    def names(self, prefix: str) -> list[str]:
        found = self._objects.names(prefix)  # type: ignore[attr-defined]
        self._store.pack()
        return list(found)

    def get(self, name: str) -> tuple[bytes, str] | None:
        found: tuple[bytes, str] | None = self._objects.get(name)  # type: ignore[assignment]
        return found
