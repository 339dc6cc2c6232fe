"""Rows carry a version; old ones are brought up to date, newer ones are refused."""

from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.items import RowTooNew, from_item, item_bytes, to_item
from shared.adapters.dynamodb.keys import Key

KEY = Key("LEAD#1", "HEAD")


def test_a_row_comes_back_as_it_was() -> None:
    item = to_item("head", KEY, version=3, body=b"\0\1", name="Żółć")

    assert item["_v"] == {"N": "1"}
    assert from_item("head", item) == {"version": 3, "body": b"\0\1", "name": "Żółć"}


def test_an_old_row_is_upcast_step_by_step() -> None:
    def rename(row: dict[str, Any]) -> dict[str, Any]:
        return {"count": row["n"]}

    def double(row: dict[str, Any]) -> dict[str, Any]:
        return {"count": row["count"] * 2}

    item = to_item("head", KEY, n=21)

    row = from_item("head", item, versions={"head": 3}, upcasts={("head", 1): rename, ("head", 2): double})

    assert row == {"count": 42}


def test_a_row_of_newer_code_is_refused() -> None:
    item = to_item("head", KEY) | {"_v": {"N": "2"}}

    with pytest.raises(RowTooNew):
        from_item("head", item)


def test_the_size_of_a_row_is_never_underestimated() -> None:
    item = to_item("head", KEY, body=b"x" * 1000, name="Ł" * 10, version=7)

    assert item_bytes(item) >= 1000 + 20 + len("pkLEAD#1skHEAD_vbodynameversion")


def test_our_low_level_format_is_what_boto3_writes() -> None:
    serialize = TypeSerializer().serialize

    item = to_item("head", KEY, version=3, body=b"\0\1", name="x")

    expected = {"pk": "LEAD#1", "sk": "HEAD", "_v": 1, "version": 3, "body": b"\0\1", "name": "x"}
    assert item == {name: serialize(value) for name, value in expected.items()}


def test_names_of_outbox_rows_and_cursors_lead_back_to_their_keys() -> None:
    key = keys.outbox(1_700_000_000_000, "lead_1", 7, 2)
    listed = keys.parked_list(1_700_000_000_000, "parked_ab")

    assert keys.outbox_key(keys.outbox_name(key)) == key
    assert keys.outbox_written_at(key.sk) == 1_700_000_000_000
    assert keys.parked_position(keys.parked_cursor(listed.sk)) == listed
    assert keys.listed_parked_id(listed.sk) == "parked_ab"


def test_rows_of_one_lead_share_a_shard_and_shards_are_all_used() -> None:
    shards = {keys.outbox_shard(f"lead_{n}") for n in range(1000)}

    assert shards == set(range(keys.OUTBOX_SHARDS))
    assert keys.outbox(1, "lead_1", 1, 0).pk == keys.outbox(2, "lead_1", 2, 0).pk
