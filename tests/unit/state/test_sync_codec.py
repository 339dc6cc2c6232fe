"""Links, verdicts, cycles and pages survive being stored, whatever is in them."""

import json
from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters import archived_records
from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.items import MAX_ITEM_BYTES, item_bytes, pack, to_item, unpack
from shared.adapters.dynamodb.sync_codec import (
    RECENT_BYTES,
    decode_cycle,
    decode_link,
    decode_verdicts,
    encode_cycle,
    encode_link,
    encode_verdicts,
)
from shared.domain.sync.model import FieldState, Link, RemoteRecord, Verdict
from shared.ports.sync import Cycle
from tests.conformance import sync_builders as some


@given(some.links)
def test_a_link_comes_back_as_it_was(link: Link) -> None:
    back = decode_link(link.system, link.remote_id, link.version, unpack(pack(encode_link(link))))

    assert back == link
    assert all(type(state) is FieldState for state in back.fields.values())


@given(st.lists(some.verdicts, max_size=4))
def test_verdicts_come_back_as_they_were(verdicts: list[Verdict]) -> None:
    back = decode_verdicts(unpack(pack(encode_verdicts(verdicts))))

    assert back == tuple(verdicts)
    assert all(type(verdict) is Verdict for verdict in back)


@given(some.cycles, st.booleans())
def test_a_cycle_comes_back_as_it_was_and_a_pause_is_not_its_own(cycle: Cycle, paused: bool) -> None:
    back = decode_cycle(unpack(pack(encode_cycle(cycle))), paused=paused)

    assert back == replace(cycle, paused=paused)
    assert list(back.recent) == list(cycle.recent)


@given(st.lists(some.records, max_size=4))
def test_a_page_of_records_comes_back_as_it_was(page: list[RemoteRecord]) -> None:
    stored = archived_records.pack(page)

    assert archived_records.unpack(stored) == tuple(page)
    assert archived_records.pack(page) == stored


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), st.integers(1, 20_000))
def test_a_cycle_fits_into_a_row_whatever_it_remembers(digest: str, count: int) -> None:
    cycle = Cycle(recent={f"00Q{n:015d}": digest + str(n * 2654435761) for n in range(count)})

    document = encode_cycle(cycle)

    assert len(json.dumps(document["recent"])) <= RECENT_BYTES + 2 * len(document["recent"]) + 2
    assert item_bytes(to_item("cycle", keys.cycle("salesforce"), body=pack(document))) < MAX_ITEM_BYTES / 2


def a_full_link() -> Link:
    return Link(
        system="s", object="o", remote_id="i", lead_id="l", version=1, state="x", parked={"a": "b"}, stamp=1,
        fields={"a": FieldState("", "", "", "", 0)}, references={"a": "b"}, read_at=1, written_at=1, created_at=1,
        successor="y",
    )  # fmt: skip


def test_every_field_of_a_link_is_stored() -> None:
    link = a_full_link()

    stored = encode_link(link)

    assert len(stored) == len(fields(Link)) - len(("system", "remote_id", "version"))


def test_the_stored_formats_of_version_1_are_what_they_were() -> None:
    """Rows and pages as version 1 wrote them, kept for ever: reading them must not change with the code."""
    link = json.loads(
        '{"o":"lead","l":"lead_1","s":"converted","p":{"country":"X"},"r":{"owner":"005"},"t":1,"a":2,"w":3,"c":4,'
        '"n":"003","f":{"phone":["1","2","EQUAL","latest",5],"title":["a","b","OUT","latest",6,"c",2]}}'
    )
    verdict = json.loads('["salesforce","00Q","phone","latest","merged","CODE","1","2","3","4",7]')
    cycle = json.loads(
        '{"position":{"since":"x"},"recent":[["00Q","d1"]],"started_at":1,"finished_at":2,"calls":3,"records":4,'
        '"used":5,"allowed":6,"error":"E","unknown":7}'
    )

    assert decode_link("salesforce", "00Q", 8, link) == Link(
        system="salesforce", object="lead", remote_id="00Q", lead_id="lead_1", version=8, state="converted",
        fields={
            "phone": FieldState("1", "2", "EQUAL", "latest", 5),
            "title": FieldState("a", "b", "OUT", "latest", 6, "c", 2),
        },
        parked={"country": "X"}, references={"owner": "005"}, stamp=1, read_at=2, written_at=3, created_at=4,
        successor="003",
    )  # fmt: skip
    assert decode_verdicts([verdict]) == (
        Verdict("salesforce", "00Q", "phone", "latest", "merged", "CODE", "1", "2", "3", "4", 7),
    )
    assert decode_cycle(cycle, paused=True) == Cycle(
        position={"since": "x"}, recent={"00Q": "d1"}, started_at=1, finished_at=2, calls=3, records=4, used=5,
        allowed=6, error="E", paused=True,
    )  # fmt: skip


def test_cursors_lead_back_to_their_rows_and_rows_to_their_time() -> None:
    sk = keys.verdict_sk(1_700_000_000_000, "salesforce", "00Q000000000001AAA", 7)

    assert keys.verdict_position(keys.verdict_cursor(sk, 3)) == (sk, 3)
    assert keys.verdict_time(sk) == 1_700_000_000_000
    assert keys.month_of(1_700_000_000_000) == "2023-11"
    assert sk < keys.AFTER_ALL
    assert keys.month_of(1_700_000_000_000) < keys.AFTER_ALL
