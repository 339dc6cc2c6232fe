"""The whole world through all doors of the in-memory system gives the numbers that its tables give."""

import pytest

from infra.local.demo.definitions import LINE, Expected, FirstTouch, expect
from infra.local.demo.player import play
from infra.local.demo.tables import World
from infra.local.demo.wire import Writer
from shared.domain.lead.projection import PersonView, project
from tests.integration.spine import Spine
from tests.property.people import RULES_DIRECTORY
from tests.unit.demo.memory_doors import MemoryDoors, sources


@pytest.fixture(scope="module")
def expected(world: World) -> Expected:
    return expect(world, RULES_DIRECTORY)


@pytest.fixture(scope="module")
def spine(world: World) -> Spine:
    spine = Spine()
    play(world, Writer(sources(), world.people), MemoryDoors(spine))
    return spine


def at_the_last_signal(spine: Spine, view: PersonView) -> PersonView:
    root, *members = (spine.tables.heads[lead_id] for lead_id in (view.lead_id, *view.member_ids))
    return project(root, members, spine.rules, max(head.last_signal_at for head in (root, *members)))


def test_every_person_is_one_lead_and_nothing_is_parked(spine: Spine, expected: Expected) -> None:
    known = [view for view in spine.views() if view.email]

    assert {view.email for view in known} == {person.email for person in expected.people.values()}
    assert len(known) == expected.leads
    assert len(spine.views()) == expected.leads + expected.visitors
    assert spine.parked.list() == ((), None)


def test_touches_and_first_touches_are_those_of_the_tables(spine: Spine, expected: Expected) -> None:
    for person in expected.people.values():
        view = spine.person(person.email)
        assert view.first_touch is not None
        first = FirstTouch(
            at=view.first_touch.occurred_at, channel=view.first_touch.channel, source=view.first_touch.source
        )
        assert (view.touch_count, first) == (person.signals, person.first_touch)


def test_stages_and_their_times_are_those_of_the_rules(spine: Spine, expected: Expected) -> None:
    for person in expected.people.values():
        stage = spine.person(person.email).stage
        assert (stage.id, dict(stage.entered)) == (person.stage, dict(person.entered))
    assert expected.reached["mql"] > expected.reached["customer"] > 0


def test_scores_are_those_of_the_rules_line_by_line(spine: Spine, expected: Expected) -> None:
    for person in expected.people.values():
        score = at_the_last_signal(spine, spine.person(person.email)).score
        assert {line.rule: line.points / 100 for line in score.lines} == dict(person.score.lines)
        assert (score.total / 100, score.grade) == (person.score.total, person.score.grade)


def test_companies_and_consents_are_those_of_the_tables(spine: Spine, expected: Expected) -> None:
    views = [spine.person(person.email) for person in expected.people.values()]

    assert len({view.company.company_id for view in views if view.company}) == expected.companies
    for person in expected.people.values():
        given = {state.purpose for state in spine.person(person.email).consents if state.state == "given"}
        assert given == person.consents


def test_playing_everything_again_changes_nobody(world: World, spine: Spine) -> None:
    before = {view.lead_id: view for view in spine.views()}

    play(world, Writer(sources(), world.people), MemoryDoors(spine, batch=7))

    for view in spine.views():
        was = before[view.lead_id]
        assert (view.version, view.touch_count, view.stage) == (was.version, was.touch_count, was.stage)


def test_the_funnel_never_widens(expected: Expected) -> None:
    counts = [expected.reached[stage] for stage in LINE]

    assert counts == sorted(counts, reverse=True)
    assert counts[0] == expected.leads
