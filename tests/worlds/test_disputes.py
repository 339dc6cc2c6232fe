"""One field of one person, edited in Salesforce and in Marketo before anybody pulled: judged, kept, and equal after."""

import pytest

from shared.domain.instant import HOUR, MINUTE
from shared.domain.sync.model import MARKETO, SALESFORCE, SYSTEMS
from tests.worlds import truth
from tests.worlds.installation import Installation, form

ANNA = "anna@acme-works.de"
REP, MARKETER = "+4915111111111", "+4915122222222"


@pytest.fixture
def world() -> Installation:
    """Anna has been handed over; she is in all three systems, and all is quiet."""
    made = Installation()
    made.post(
        form(ANNA, phone="+4915112345678", title="CEO", country="DE", company="Acme", form_id="demo", name="A Ek")
    )
    made.process()
    made.settle()
    made.clock.advance(HOUR)
    return made


def dispute(world: Installation) -> None:
    """The rep edits first, the marketer some minutes later; then everybody pulls."""
    (lead,) = world.rows("Lead")
    (person,) = truth.marketo_people(world)
    world.play(SALESFORCE, "update", object="Lead", id=lead["Id"], Phone=REP)
    world.clock.advance(3 * MINUTE)
    world.play(MARKETO, f"people/{person['id']}", phone=MARKETER)
    world.clock.advance(5 * MINUTE)
    for system in SYSTEMS:
        world.pull(system)


def check(world: Installation) -> None:
    """The later edit holds everywhere, and one verdict says over which."""
    world.settle()
    (lead,) = world.rows("Lead")
    (person,) = truth.marketo_people(world)
    assert (world.person(ANNA).phone, lead["Phone"], person["phone"]) == (MARKETER, MARKETER, MARKETER)
    verdicts = [verdict for verdict in world.sync.verdicts()[0] if verdict.field == "phone"]
    assert [(verdict.system, verdict.winner, verdict.value) for verdict in verdicts] == [(MARKETO, MARKETO, MARKETER)]
    assert {verdicts[0].local, verdicts[0].remote} == {REP, MARKETER}
    told = [fact for fact in world.bus.published if fact["name"] == "FieldConflictResolved"]
    assert [fact["data"]["field"] for fact in told] == ["phone"]


def test_both_pages_reconciled_together(world: Installation) -> None:
    dispute(world)

    check(world)


def test_our_write_overtakes_the_page_that_tells_of_the_other_edit(world: Installation) -> None:
    dispute(world)

    world.reconcile(most=1)  # what Salesforce said is decided, told and written over the marketer's edit …
    world.tell()
    assert world.push(MARKETO) == 1
    (person,) = truth.marketo_people(world)
    assert person["phone"] == REP

    check(world)  # … and the page that was read before that write still says what was lost
