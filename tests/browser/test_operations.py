"""Hand-overs, Sync and Operations in a real browser: by keyboard, on a phone, at night, and without the role."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from shared.adapters.memory.operations import MemoryQueueDepths
from shared.ports.operations import ParkedRecord, QueueDepth
from tests.browser.conftest import WIDTHS, Visitor
from tests.browser.site import Site
from tests.unit.api.test_handovers import asks, told
from tests.unit.api.world import MINUTE, NOW, World, signal
from tests.unit.console.browsing import console_of

LOOKS = pytest.mark.parametrize(
    "busy", [("desktop", "light"), ("desktop", "dark"), ("phone", "light")], indirect=True, ids="-".join
)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
DEPTHS = (
    QueueDepth(name="signals", waiting=1204, in_flight=20, delayed=0, dead_letters_to="signals-dlq"),
    QueueDepth(name="marketo-first", waiting=0, in_flight=1, delayed=0, dead_letters_to="marketo-dlq"),
    QueueDepth(name="marketo-out", waiting=38, in_flight=2, delayed=0, dead_letters_to="marketo-dlq"),
    QueueDepth(name="signals-dlq", waiting=2, in_flight=0, delayed=0),
    QueueDepth(name="marketo-dlq", waiting=0, in_flight=0, delayed=0),
    QueueDepth(name="bus-dlq", waiting=0, in_flight=0, delayed=0),
)


def busy_world() -> World:
    """Queues with work, people who wait for two owners and for nobody, parked records of three kinds."""
    world = World(depths=MemoryQueueDepths(DEPTHS))
    world.clock.advance(-900 * MINUTE)
    for n, name in enumerate(("anna", "boris", "clara", "dmitri", "ewa", "frank")):
        world.happen(asks(5 + n, f"{name}@company{n}.example"))
    world.happen([told(40 + n, f"{name}@company{n}.example", owner="005A") for n, name in ((0, "anna"), (1, "boris"))
                  for _ in (0,)])  # fmt: skip
    world.happen([told(43, "clara@company2.example", owner="005B")])
    world.happen([told(50, "dmitri@company3.example", handover="accepted", owner="005A")])
    world.happen([told(51, "ewa@company4.example", handover="rejected", handover_reason="No budget", owner="005B")])
    world.happen([signal(60, "form_submitted", email="grace@company6.example", consents={"processing": True},
                         profile={"email": "grace@company6.example", "name": "Grace"})])  # fmt: skip
    world.sync.name_owners({"005A": "Sam Sales", "005B": "Zofia Żak"})
    kinds = (("DECISION.FAILED", "form"), ("QUEUE.DEAD_LETTER", "lake"), ("SYNC.REFUSED", "salesforce"))
    for n in range(9):
        code, source = kinds[n % 3]
        world.parked.park(
            ParkedRecord(
                parked_id=f"parked_{n}",
                code=code,
                reason="It failed every time it was tried.",
                source=source,
                parked_at=NOW + n * MINUTE,
                redrive={"queue": "signals", "body": {"delivery_id": f"d{n}"}},
                details={"delivery_id": f"d{n}"},
            )
        )
    return world


@pytest.fixture
def world() -> World:
    return busy_world()


@pytest.fixture
def busy(chromium: Chromium, world: World, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """Somebody with every role on a console of their own."""
    width, scheme = getattr(request, "param", ("desktop", "light"))
    yield from visited(chromium, world, ("marketer", "sales", "privacy", "operator"), width, scheme)


@pytest.fixture
def seller(chromium: Chromium, world: World) -> Iterator[Visitor]:
    """Somebody who may look at hand-overs and not at operations."""
    yield from visited(chromium, world, ("sales",), "phone", "light")


def visited(chromium: Chromium, world: World, roles: tuple[str, ...], width: str, scheme: str) -> Iterator[Visitor]:
    site = Site(console_of(world, roles=roles))
    size = WIDTHS[width]
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    visitor = Visitor(context.new_page(), site.url)
    visitor.log_in()
    yield visitor
    context.close()
    site.close()
    assert visitor.complaints == [], "the browser's console is clean"
    assert visitor.foreign == [], "nothing is asked of anybody else"


@LOOKS
def test_every_page_is_accessible_and_fits(busy: Visitor, request: pytest.FixtureRequest) -> None:
    look = request.node.callspec.id
    pages = {
        "handovers": "board",
        "handovers?state=requested": "waiting",
        "sync": "sync",
        "operations": "operations",
        "operations?code=DECISION.FAILED&sent=3&more=1": "narrowed",
        "operations/parked/parked_0": "parked",
    }
    for page, name in pages.items():
        busy.go(page)
        expect(busy.page.get_by_role("heading", level=1)).to_be_visible()
        assert busy.page.evaluate(OVERFLOW) <= 0, f"{page} is wider than the window"
        assert busy.violations() == []
        busy.keep(f"desk-{name}-{look}")
    busy.go("sync")
    busy.page.get_by_role("button", name="Look ahead").click()
    expect(busy.page.get_by_role("heading", name="What would be written", exact=True)).to_be_visible()
    assert busy.page.evaluate(OVERFLOW) <= 0
    assert busy.violations() == []
    busy.keep(f"desk-plan-{look}")


def test_the_board_has_a_section_for_each_owner_by_name(busy: Visitor) -> None:
    busy.go("handovers")

    expect(busy.page.get_by_role("heading", name="Sam Sales")).to_be_visible()
    expect(busy.page.get_by_role("heading", name="Nobody yet")).to_be_visible()
    section = busy.page.get_by_role("region", name="Who waits for Sam Sales")
    expect(section.get_by_role("row")).to_have_count(3)
    busy.page.get_by_role("link", name="Given back", exact=True).click()
    expect(busy.page.get_by_role("cell", name="Zofia Żak")).to_be_visible()
    busy.page.get_by_role("link", name="By owner").click()
    expect(busy.page.locator("[aria-current=true]")).to_have_text("By owner")


def test_records_of_a_kind_are_run_again_by_keyboard(busy: Visitor, world: World) -> None:
    busy.go("operations")
    busy.page.get_by_label("Code").select_option("QUEUE.DEAD_LETTER")
    busy.page.get_by_role("button", name="Show").focus()
    busy.page.keyboard.press("Enter")
    expect(busy.page.get_by_role("button", name="Run again parked_")).to_have_count(3)

    busy.page.get_by_role("button", name="Run all of these again").focus()
    busy.page.keyboard.press("Enter")

    expect(busy.page.get_by_role("status")).to_have_text("3 records were sent again.")
    expect(busy.page.get_by_role("button", name="Run again parked_")).to_have_count(6)
    assert len(world.queues.sent["signals"]) == 3


def test_a_record_is_opened_and_run_again(busy: Visitor, world: World) -> None:
    busy.go("operations")
    busy.page.get_by_role("link", name="parked_4", exact=True).click()
    expect(busy.page.get_by_text("dead-letters-parked")).to_be_visible()
    busy.page.get_by_role("button", name="Run again").click()

    expect(busy.page.get_by_role("status")).to_have_text("1 record was sent again.")
    assert [sent["delivery_id"] for sent in world.queues.sent["signals"]] == ["d4"]


def test_moving_the_time_by_days_makes_hand_overs_late_and_logs_nobody_out(busy: Visitor) -> None:
    busy.go("operations")
    busy.page.get_by_label("Move forward by").fill("40")
    busy.page.get_by_role("button", name="Move the time").click()
    expect(busy.page.get_by_role("status")).to_have_text("The time has moved.")
    expect(busy.page.get_by_text("40 days ahead of real time")).to_be_visible()

    busy.page.get_by_role("link", name="Hand-overs").click()
    expect(busy.page.get_by_text("late").first).to_be_visible()


def test_a_person_is_looked_ahead_for_and_read_again(busy: Visitor, world: World) -> None:
    lead = world.search(email="grace@company6.example")["items"][0]["id"]
    busy.go("sync")
    busy.page.get_by_label("Ids of leads; empty: the newest people").fill(lead)
    busy.page.keyboard.press("Enter")
    expect(busy.page.get_by_role("link", name="Grace").first).to_be_visible()
    expect(busy.page.get_by_text("A new record")).to_be_visible()
    assert not any(world.out.sent.values())

    busy.page.get_by_role("link", name="← Sync").click()
    busy.page.get_by_label("Id of a lead").fill(lead)
    busy.page.get_by_role("button", name="Read again").click()
    expect(busy.page.get_by_role("heading", name="Grace will be read again")).to_be_visible()
    assert len(world.out.sent["marketo"]) == 1


def test_whoever_has_not_the_role_is_told_so_kindly(seller: Visitor) -> None:
    expect(seller.page.get_by_role("link", name="Operations")).to_have_count(0)
    seller.go("operations")

    expect(seller.page.get_by_role("alert")).to_contain_text("operator")
    assert seller.page.evaluate(OVERFLOW) <= 0
    assert seller.violations() == []
    seller.keep("desk-forbidden-phone")
    seller.page.get_by_role("link", name="To the overview").click()
    expect(seller.page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    assert all("403" in said for said in seller.complaints), json.dumps(seller.complaints)
    seller.complaints.clear()  # the browser itself reports the 403
