"""Who cannot be written yet waits and is written later; who never can is set aside, and nobody waits for them."""

from typing import Any

import pytest

from shared.app import plan_records
from shared.app.push_records import REDRIVE
from shared.domain.sync.model import MARKETO
from shared.ports.sync import Wish
from tests.worlds import installation, truth
from tests.worlds.installation import Installation, form

ANNA, BEA = "anna@acme-works.de", "bea@other-works.de"


def in_marketo(world: Installation) -> list[str]:
    return sorted(person["email"] for person in truth.marketo_people(world))


def test_people_from_before_there_were_credentials_are_written_once_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Installation()
    with monkeypatch.context() as before:
        before.setattr(installation, "CREDENTIALS", {})
        world.post(form(ANNA, name="Anna Ek"))
        world.process()
        for _ in range(3):
            world.cycle()
        assert in_marketo(world) == []
        assert not world.waiting[MARKETO]  # it is a row of ours that waits, no message that grows old
        assert world.sync.to_read(MARKETO) == (world.person(ANNA).lead_id,)

    world.settle()

    assert in_marketo(world) == [ANNA]


def test_a_person_who_cannot_be_planned_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Installation()
    read = plan_records.local_values

    def poisonous(view: Any, policy: Any) -> Any:
        if view.email == ANNA:
            raise ZeroDivisionError(ANNA)
        return read(view, policy)

    with monkeypatch.context() as broken:
        broken.setattr(plan_records, "local_values", poisonous)
        for email in (ANNA, BEA):
            world.post(form(email, name="Somebody Else"))
        world.process()
        world.settle()
    parked = [record for record in world.parked.list()[0] if record.source == MARKETO]

    assert in_marketo(world) == [BEA]
    assert [(record.code, record.details["error"]) for record in parked] == [
        ("SYNC.PERSON_FAILED", "ZeroDivisionError")
    ]
    assert ANNA not in str(parked)

    again = parked[0].redrive["body"]
    assert again["reason"] == REDRIVE
    world.out.send(MARKETO, [Wish(**again)])
    world.settle()

    assert in_marketo(world) == [ANNA, BEA]
