"""Heads and history survive being stored, whatever is in them."""

import json

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.dynamodb.items import pack, unpack
from shared.adapters.dynamodb.lead_codec import decode_history, decode_lead, encode_history, encode_lead
from shared.domain.company.model import CompanyLink
from shared.domain.consent.model import ConsentRegister
from shared.domain.identity.model import Attachment, Evidence, Identifier, Stamp
from shared.domain.lead.decision import HistoryRow, ScorePoint, StageChange
from shared.domain.lead.model import FieldValue, Lead
from shared.domain.lead.opportunity import Opportunity
from shared.domain.lifecycle.model import Handover, StageState
from shared.domain.scoring.model import Counter, ScoreLine
from shared.domain.touchpoint.model import Touchpoint, TouchRef

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
instants = st.integers(0, 4_102_444_800_000)
small = st.integers(0, 1000)
kinds = st.sampled_from(["email", "external", "user", "anonymous", "signal"])
identifiers = st.builds(Identifier, kinds, text)
stamps = st.builds(Stamp, st.sampled_from([0, 1, Evidence.VERIFIED]), instants, text)
fields = st.dictionaries(text, st.builds(FieldValue, stamps, text, text), max_size=3)
touches = st.builds(TouchRef, instants, text, text, text, text, text)
finite = st.floats(allow_nan=False, allow_infinity=False)
counters = st.builds(Counter, finite, instants, small, st.lists(st.tuples(instants, text), max_size=3).map(tuple))
leads = st.builds(
    Lead,
    lead_id=text,
    version=small,
    created_at=instants,
    updated_at=instants,
    last_signal_at=instants,
    verified=st.booleans(),
    merged_into=st.none() | text,
    attachment=st.none() | st.builds(Attachment, identifiers, small, instants, text),
    members=st.lists(text, max_size=3).map(tuple),
    separate=st.lists(text, max_size=3).map(tuple),
    subject_ref=text,
    identifiers=st.dictionaries(identifiers, stamps, max_size=3),
    profile=fields,
    answers=fields,
    company=st.none() | st.builds(CompanyLink, text, text, text, small, small, instants, text),
    consents=st.dictionaries(text, st.builds(ConsentRegister, small, instants, small, text, text, text), max_size=3),
    contact_points=st.dictionaries(text, text, max_size=3),
    counters=st.dictionaries(text, counters, max_size=3),
    touch_count=small,
    first_touch=st.none() | touches,
    last_touch=st.none() | touches,
    stage=st.builds(StageState, text, instants, text, text, st.dictionaries(text, instants, max_size=3)),
    handover=st.none()
    | st.builds(
        Handover,
        text,
        instants,
        st.none() | instants,
        st.none() | text,
        st.none() | text,
        st.none() | instants.filter(bool),
        instants,
        instants,
    ),
    opportunities=st.dictionaries(
        text, st.builds(Opportunity, stamps, text, text, text, text, text, text, text), max_size=3
    ),
    score_total=st.integers(-100_000, 100_000),
    score_grade=text,
    seen_bucket=small,
    seen_count=small,
)
scalars = text | st.booleans() | st.integers(-1000, 1000) | finite
touchpoints = st.builds(
    Touchpoint,
    signal_id=text,
    kind=text,
    occurred_at=instants,
    recorded_at=instants,
    source=text,
    channel=text,
    evidence=st.sampled_from([0, 1]),
    vendor_id=st.none() | text,
    attributes=st.dictionaries(text, scalars, max_size=3),
    answers=st.dictionaries(text, text, max_size=3),
    utm=st.dictionaries(text, text, max_size=3),
    flags=st.lists(text, max_size=3).map(tuple),
    archive_key=text,
)
lines = st.builds(ScoreLine, text, text, small, small, st.lists(text, max_size=3).map(tuple))
points = st.builds(ScorePoint, instants, small, small, small, text, st.lists(lines, max_size=3).map(tuple), text)
rows = st.builds(
    HistoryRow,
    lead_id=text,
    version=small,
    recorded_at=instants,
    touchpoints=st.lists(touchpoints, max_size=3).map(tuple),
    score=st.none() | points,
    stages=st.lists(st.builds(StageChange, instants, instants, text, text, text, text), max_size=3).map(tuple),
    notes=st.lists(st.dictionaries(text, scalars, max_size=3), max_size=2).map(tuple),
)


@given(leads)
def test_a_head_comes_back_as_it_was(lead: Lead) -> None:
    assert decode_lead(unpack(pack(encode_lead(lead)))) == lead


@given(rows)
def test_a_history_row_comes_back_as_it_was(row: HistoryRow) -> None:
    assert decode_history(row.lead_id, row.version, unpack(pack(encode_history(row)))) == row


@given(leads)
def test_what_comes_back_has_the_types_of_the_model(lead: Lead) -> None:
    back = decode_lead(unpack(pack(encode_lead(lead))))

    assert all(type(i) is Identifier and type(s) is Stamp for i, s in back.identifiers.items())
    assert all(
        type(f) is FieldValue and type(f.stamp) is Stamp for f in (*back.profile.values(), *back.answers.values())
    )
    assert all(type(c) is Counter and type(c.recent) is tuple for c in back.counters.values())
    assert all(type(r) is ConsentRegister for r in back.consents.values())
    assert type(back.members) is tuple


def test_every_field_of_a_head_is_stored() -> None:
    marked = {name: object() for name in Lead._fields}

    stored = {attribute for attribute, _, _ in _plain()} | _structured()

    assert stored == set(marked)


def _plain() -> tuple[tuple[str, str, object], ...]:
    from shared.adapters.dynamodb.lead_codec import _PLAIN

    return _PLAIN


def _structured() -> set[str]:
    return {
        "verified", "attachment", "members", "separate", "identifiers", "profile", "answers", "company", "consents",
        "contact_points", "counters", "first_touch", "last_touch", "stage", "handover", "fit_rules", "opportunities",
    }  # fmt: skip


def test_a_stranger_costs_next_to_nothing() -> None:
    assert encode_lead(Lead(lead_id="lead_1")) == {"i": "lead_1"}


def test_the_stored_format_of_version_1_is_what_it_was() -> None:
    """A head as version 1 wrote it, kept for ever: reading it must not change with the code."""
    stored = json.loads(
        '{"i":"lead_1","v":3,"c":1,"u":2,"l":3,"r":"subject_1","T":4,"S":1234,"G":"B2","b":1,"B":5,"V":1,'
        '"M":["m1"],"s":["s1"],"I":[["email","ada@example.com",1,7,"sig"]],"p":{"title":[1,7,"sig","CTO","crm"]},'
        '"n":{"size":[0,8,"sig2","50","form"]},"o":["company_1","a.example","A",2,1,7,"sig"],'
        '"k":{"email:ada@example.com ad.email":[1,7,0,"sig","form","text_1"]},'
        '"t":{"email:ada@example.com":"contact_1"},'
        '"q":{"visit":[1.5,9,2,[[9,"sig"]]]},"f":[1,"sig","page_viewed","Direct","web",""],'
        '"L":[9,"sig","page_viewed","Direct","web",""],"m":"root","a":["user","42",1,5,"sig"],'
        '"g":["mql",6,"SCORE","policy",{"inquiry":5,"mql":6}],"h":["requested",6,9,null,null]}'
    )

    lead = decode_lead(stored)

    assert lead.profile["title"] == FieldValue(Stamp(1, 7, "sig"), "CTO", "crm")
    assert lead.attachment == Attachment(Identifier("user", "42"), 1, 5, "sig")
    assert lead.stage == StageState("mql", 6, "SCORE", "policy", {"inquiry": 5, "mql": 6})
    assert lead.counters["visit"] == Counter(1.5, 9, 2, ((9, "sig"),))
    assert json.loads(json.dumps(encode_lead(lead))) == stored
