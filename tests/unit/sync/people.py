"""A person as the projection shows one, for what reads people: local values, gates, tasks."""

from collections.abc import Mapping
from typing import Any

from shared.domain.consent.model import ConsentState
from shared.domain.identity.model import EMAIL, EXTERNAL, Evidence, Identifier, Stamp
from shared.domain.lead.model import FieldValue
from shared.domain.lead.projection import PersonView
from shared.domain.lifecycle.model import Handover, StageState
from shared.domain.scoring.model import Score, ScoreLine
from tests.unit.sync.builders import NOW


def stated(value: str, at: int = NOW) -> FieldValue:
    """A field's value with a verified stamp."""
    return FieldValue(Stamp(Evidence.VERIFIED, at, f"sig_{at}"), value, "typeform")


def consent(purpose: str, state: str, since: int = NOW) -> ConsentState:
    """What a person said about a purpose."""
    return ConsentState(
        purpose=purpose,
        channel=purpose.partition(".")[2] or None,
        state=state,
        since=since,
        source="typeform",
        evidence=1,
        text_id="text-1",
    )


def view(profile: Mapping[str, FieldValue] | None = None, **more: Any) -> PersonView:
    """A known person with a score, nothing handed over."""
    ids = [Identifier(EMAIL, "anna@x.io"), *(Identifier(EXTERNAL, i) for i in more.pop("records", ()))]
    lines = (ScoreLine("pricing-page", "1", 1600, 2, ()), ScoreLine("student", "1", -250, 1, ()))
    parts: dict[str, Any] = {
        "lead_id": "lead_1",
        "version": 3,
        "created_at": NOW,
        "updated_at": NOW,
        "verified": True,
        "email": "anna@x.io",
        "phone": None,
        "name": None,
        "profile": profile or {},
        "answers": {},
        "identifiers": {i: Stamp(Evidence.VERIFIED, NOW, "s") for i in ids},
        "external": {},
        "external_ids": (),
        "company": None,
        "consents": (),
        "score": Score(6950, 4000, 2950, "B2", lines, "v", NOW),
        "stage": StageState("sql", NOW, "LIFECYCLE.READY_FOR_SALES"),
        "handover": None,
        "opportunities": {},
        "first_touch": None,
        "last_touch": None,
        "touch_count": 0,
        "member_ids": (),
    }
    return PersonView(**{**parts, **more})


def handed_over(due: int) -> Handover:
    """A hand-over that waits for sales."""
    return Handover("requested", NOW, due)
