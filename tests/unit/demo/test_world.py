"""The generated world: leadforge's rows and dates, invented names, the same for the same seed."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from infra.local.demo.tables import (
    Call,
    Chat,
    Download,
    Enquiry,
    Identification,
    MailEvent,
    PageView,
    Purchase,
    Row,
    Webinar,
    World,
)
from infra.local.demo.world import _first_people, _simulate, generate
from shared.app.contact_points import corporate_domain, read_address, read_number


def day(row: Row) -> str:
    return datetime.fromtimestamp(row.at / 1000, UTC).date().isoformat()


def rows_of(world: World, kind: type[Row]) -> list[Row]:
    return [row for rows in world.rows.values() for row in rows if isinstance(row, kind)]


def test_the_same_seed_gives_the_same_world(world: World) -> None:
    assert generate(leads=15, seed=3) == world


def test_another_seed_gives_other_people(world: World) -> None:
    other = generate(leads=15, seed=4)

    for attribute in ("person_id", "email", "device", "user_id"):
        first, second = ({getattr(person, attribute) for person in w.people.values()} for w in (world, other))
        assert not first & second, attribute
    assert not {row.row_id for row in world.all_rows()} & {row.row_id for row in other.all_rows()}


@pytest.mark.parametrize("leads", [1, 2, 15, 16])
def test_exactly_the_asked_number_of_people_enquire(leads: int) -> None:
    for seed in range(4):
        world = generate(leads, seed)
        assert len(world.people) == leads
        assert {row.person_id for row in rows_of(world, Enquiry)} == set(world.people)


def test_rows_keep_the_dates_and_the_numbers_of_leadforge(world: World) -> None:
    tables = _simulate(15, 3)
    leads = {lead.lead_id: lead for lead in _first_people(tables["leads"], 15)}

    assert {row.row_id: day(row) for row in rows_of(world, Enquiry)} == {
        key: lead.lead_created_at for key, lead in leads.items()
    }
    touches = {touch.touch_id: touch for touch in tables["touches"] if touch.lead_id in leads}
    dates = {row.row_id: day(row) for kind in (Call, Chat, Download, Webinar) for row in rows_of(world, kind)}
    dates |= {row.row_id: day(row) for row in rows_of(world, PageView) if row.row_id in touches}
    dates |= {
        row.row_id.removesuffix("-delivered"): day(row)
        for row in rows_of(world, MailEvent)
        if row.row_id.endswith("-delivered")
    }
    assert dates == {key: touch.touch_timestamp for key, touch in touches.items()}
    pages = Counter(row.row_id.rpartition("-")[0] for row in rows_of(world, PageView))
    for session in tables["sessions"]:
        if session.lead_id in leads:
            asked = int(session.session_type != "website") + session.pricing_page_views + session.demo_page_views
            assert pages[session.session_id] == max(session.page_views, asked)
    bought = {row.customer_id for row in tables["customers"]}
    assert {row.row_id for row in rows_of(world, Purchase)} <= bought


def test_a_person_is_unknown_until_the_first_form_and_never_does_two_things_at_once(world: World) -> None:
    for rows in world.rows.values():
        times = [row.at for row in rows]
        assert times == sorted(set(times))
        first_form = next(n for n, row in enumerate(rows) if isinstance(row, Enquiry))
        assert all(isinstance(row, PageView) and not row.user_id for row in rows[:first_form])
        assert isinstance(rows[first_form + 1], Identification)


def test_every_row_has_an_id_of_its_own(world: World) -> None:
    ids = Counter(row.row_id for row in world.all_rows())

    assert max(ids.values()) == 1


def test_people_can_be_reached_and_only_corporate_addresses_name_a_company(world: World) -> None:
    addresses = Counter(person.email for person in world.people.values())
    assert max(addresses.values()) == 1
    for person in world.people.values():
        address = read_address(person.email)
        assert address is not None
        domain = corporate_domain(address.domain)
        assert domain == (world.companies[person.company_id].domain if person.corporate else None)
        assert not person.corporate or address.domain.endswith(".example")
        assert read_number(person.phone, None) is not None
