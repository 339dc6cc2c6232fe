"""Links, verdicts and records with everything that no test speaks about filled in, and any of them."""

from typing import Any

from hypothesis import strategies as st

from shared.domain.sync.model import FieldState, Link, RemoteRecord, Verdict
from shared.ports.sync import Cycle

AT = 1_795_000_000_000
HOUR = 3_600_000


def a_link(remote_id: str = "00Q000000000001AAA", **changes: Any) -> Link:
    values: dict[str, Any] = {
        "system": "salesforce",
        "object": "lead",
        "remote_id": remote_id,
        "lead_id": "lead_1",
        "fields": {
            "phone": FieldState("1", "1", "EQUAL", "latest", AT),
            "title": FieldState("", "b", "IN", "", AT, "a", 2),
        },
        "parked": {"country": "Żółć"},
        "references": {"owner": "005x"},
        "stamp": AT,
        "read_at": AT,
    }
    return Link(**{**values, **changes})


def a_verdict(at: int = AT, field: str = "phone", **changes: Any) -> Verdict:
    verdict = Verdict("salesforce", "00Q000000000001AAA", field, "latest", "salesforce", "CODE", "1", "2", "3", "3", at)
    return verdict._replace(**changes)


def a_record(remote_id: str = "00Q000000000001AAA", **changes: Any) -> RemoteRecord:
    values: dict[str, Any] = {
        "system": "salesforce",
        "object": "lead",
        "remote_id": remote_id,
        "stamp": AT,
        "read_at": AT,
        "values": {"Phone": "Żółć", "Title": ""},
        "references": {"status": "Open"},
    }
    return RemoteRecord(**{**values, **changes})


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
instants = st.integers(0, 4_102_444_800_000)
texts = st.dictionaries(text, text, max_size=3)
states = st.builds(FieldState, text, text, text, text, instants, st.none() | text, st.integers(0, 9))
links = st.builds(
    Link,
    system=text,
    object=text,
    remote_id=text,
    lead_id=text,
    version=st.integers(0, 10**9),
    state=st.sampled_from(["linked", "duplicate", "converted", "merged", "deleted"]),
    fields=st.dictionaries(text, states, max_size=4),
    parked=texts,
    references=texts,
    stamp=instants,
    read_at=instants,
    written_at=instants,
    created_at=instants,
    successor=st.none() | text,
)
verdicts = st.builds(Verdict, *[text] * 10, instants)
records = st.builds(
    RemoteRecord,
    system=text,
    object=text,
    remote_id=text,
    stamp=instants,
    read_at=instants,
    created_at=instants,
    values=texts,
    changed_at=st.dictionaries(text, instants, max_size=3),
    references=texts,
    deleted=st.booleans(),
    merged_into=st.none() | text,
)
plain = st.recursive(
    text | st.booleans() | st.integers(-(10**12), 10**12) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
cycles = st.builds(
    Cycle,
    position=st.dictionaries(text, plain, max_size=3),
    recent=texts,
    started_at=instants,
    finished_at=instants,
    calls=st.integers(0, 9999),
    records=st.integers(0, 9999),
    used=st.integers(0, 99999),
    allowed=st.integers(0, 99999),
    error=text,
    paused=st.booleans(),
)
