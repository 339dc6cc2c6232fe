"""The board of hand-overs: whose people wait, how long there is, in the order in which somebody should act."""

from shared.app.console.handover_board import Board, board, due_of
from shared.contracts import api
from shared.contracts.envelope import iso
from tests.unit.api.test_handovers import a_world, asks, told
from tests.unit.api.world import MINUTE, NOW, World
from tests.unit.console.browsing import Browser, console_of

HOUR = 60 * MINUTE


def item(lead: str, *, due: int | None, owner: str | None = None, state: str = "requested") -> api.HandoverItem:
    """A hand-over that was requested at NOW; ``due`` is in hours from then."""
    return api.HandoverItem(
        lead_id=lead,
        name=lead.title(),
        company=None,
        state=state,
        owner=owner,
        due=None if due is None else iso(NOW + due * HOUR),
        requested_at=iso(NOW),
        stage="sql",
    )


def made(*items: api.HandoverItem, hours: int) -> Board:
    report = World().services.money().read("handovers", api.ReportQuery(by="owner"))
    names = {"005A": "Anna", "005B": "Boris"}
    return board(items, report, lambda owner: names.get(owner or "", owner or ""), NOW + hours * HOUR)  # type: ignore[arg-type]


def test_owners_with_late_people_come_first_and_their_latest_person_too() -> None:
    found = made(
        item("soon", due=5, owner="005A"),
        item("late", due=2, owner="005B", state="overdue"),
        item("later", due=1, owner="005B"),
        item("fine", due=9, owner="005B"),
        item("nobody", due=4),
        hours=3,
    )

    assert [(section.name, section.overdue, section.waiting) for section in found.sections] == [
        ("Boris", 2, 1),
        ("Nobody yet", 0, 1),
        ("Anna", 0, 1),
    ]
    assert [row.item.lead_id for row in found.sections[0].rows] == ["later", "late", "fine"]


def test_who_has_no_time_to_answer_comes_last() -> None:
    found = made(item("whenever", due=None, owner="005A"), item("fine", due=9, owner="005A"), hours=3)

    assert [row.item.lead_id for row in found.sections[0].rows] == ["fine", "whenever"]


def test_the_time_that_is_left_is_told_in_words() -> None:
    def words(hours: int, due: int | None = 4) -> tuple[str, str]:
        return due_of(item("lead", due=due), NOW + hours * HOUR)

    assert words(0) == ("4 h left", "calm")
    assert words(3) == ("60 min left", "warn")
    assert words(4) == ("0 s late", "bad")
    assert words(30) == ("26 h late", "bad")
    assert words(99, due=None) == ("no time was set", "calm")


def opened(world: World, path: str = "handovers", roles: tuple[str, ...] = ("sales",)) -> str:
    browser = Browser(console_of(world, roles=roles))
    browser.log_in()
    return browser.get(f"/console/{path}").body


def test_the_board_names_owners_and_not_their_ids() -> None:
    world = a_world()
    world.happen(asks(30, "clara@example.com"))
    world.happen([told(40, "anna@example.com", owner="005A"), told(41, "clara@example.com", owner="005B")])
    world.happen([told(60, "boris@example.com", handover="accepted", owner="005A")])
    world.sync.name_owners({"005A": "Sam Sales"})

    body = opened(world)

    assert "Sam Sales" in body
    assert "005A" not in body
    assert "005B" in body, "a name that nobody told yet"
    assert body.index("Anna") < body.index("Clara")
    assert "How they answered so far" in body
    assert "Sam Sales" in opened(world, "handovers?state=accepted")


def test_the_board_records_who_was_looked_at() -> None:
    world = a_world()

    opened(world)

    code, read = world.told[-1]
    ids = {found["lead_id"] for found in world.get("/api/handovers", state="requested")["items"]}
    assert (code, set(read["people"])) == ("CONSOLE.READ", ids)


def test_more_people_than_the_board_holds_are_a_list_away() -> None:
    world = World()
    world.clock.advance(-900 * MINUTE)
    for n in range(155):
        world.happen(asks(1, f"person{n}@example.com"))

    body = opened(world)

    assert body.count('href="/console/leads/') == 150
    assert "Only the first due are on this board" in body
    assert 'href="/console/handovers?state=requested"' in body
