"""The pages of operators: what they show, what they do, and that nobody else gets near them."""

from typing import Any

import pytest

from shared.adapters.memory.operations import MemoryQueueDepths
from shared.app.console.operations import QUEUES, dollars, done
from shared.app.console.session import LIFE
from shared.app.read_parked import RUNBOOKS
from shared.contracts.operations_api import QueueView
from shared.ports.failures import StoreUnavailable
from shared.ports.lake import LakeBusy
from tests.unit.api.test_operations import DEPTHS, park
from tests.unit.api.world import World, ann_and_bob
from tests.unit.console.browsing import Browser, console_of

THIN = "\N{NARROW NO-BREAK SPACE}"
ACTIONS: dict[str, dict[str, str]] = {
    "operations/redrive": {},
    "operations/parked_0001/redrive": {},
    "operations/clock": {"amount": "3", "unit": "days"},
    "sync/resync": {"lead": "lead_1"},
    "sync/marketo/pause": {},
}


def opened(world: World, *roles: str) -> Browser:
    browser = Browser(console_of(world, roles=roles or ("operator",)))
    browser.log_in()
    return browser


@pytest.mark.parametrize("role", ["marketer", "sales", "privacy"])
def test_nobody_else_sees_operations_or_does_what_operators_do(role: str) -> None:
    world = ann_and_bob()
    park(world, 1)
    browser, before = opened(world, role), world.clock.now()

    assert 'href="/console/operations"' not in browser.get("/console/overview").body
    for page in ("operations", "operations/parked/parked_0001"):
        refused = browser.get(f"/console/{page}")
        assert refused.status == 403
        assert "API.FORBIDDEN" in refused.body
        assert "because" not in refused.body
    for path, fields in ACTIONS.items():
        refused = browser.post(f"/console/{path}", **fields)
        assert (refused.status, "API.FORBIDDEN" in refused.body) == (403, True), path
    assert not world.queues.sent["signals"]
    assert not any(world.out.sent.values())
    assert world.clock.now() == before
    assert not world.sync.cycle("marketo").paused


def test_no_action_is_done_for_a_form_that_is_not_ours() -> None:
    world = ann_and_bob()
    park(world, 1)
    browser, before = opened(world), world.clock.now()

    for path, fields in {**ACTIONS, "sync/dry-run": {}}.items():
        browser.token = "0" * 64
        assert "CONSOLE.STALE_FORM" in browser.post(f"/console/{path}", **fields).body
    assert not world.queues.sent["signals"]
    assert world.clock.now() == before


def test_queues_are_told_in_plain_words_with_what_to_read_when_they_are_stuck() -> None:
    body = opened(World(depths=MemoryQueueDepths(DEPTHS))).get("/console/operations").body

    assert QUEUES["signals"] in body
    assert "signals-dlq-not-drained" in body
    assert QUEUES["bus-dlq"] in body, "it belongs to no queue, so it has a line of its own"
    assert "<code>signals-dlq</code>" not in body, "it is a column of its queue"


def test_a_service_that_does_not_answer_takes_away_its_own_part_only(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    park(world, 1)

    def fail(*_: Any) -> None:
        raise StoreUnavailable("queues")

    def busy(*_: Any) -> None:
        raise LakeBusy

    monkeypatch.setattr(world.depths, "depths", fail)
    monkeypatch.setattr(world.lake, "kpis", busy)

    operations, sync = (opened(world).get(f"/console/{page}") for page in ("operations", "sync"))

    assert (operations.status, sync.status) == (200, 200)
    assert "The queues do not answer now" in operations.body
    assert "The reports do not answer now" in operations.body
    assert "parked_0001" in operations.body


def test_parked_records_are_narrowed_and_run_again_together() -> None:
    world = World()
    park(world, 1)
    other = park(world, 2, "QUEUE.DEAD_LETTER", "lake")
    browser = opened(world)
    body = browser.get("/console/operations?code=DECISION.FAILED").body
    assert "parked_0001" in body
    assert f"parked/{other}" not in body

    answered = browser.post("/console/operations/redrive", code="DECISION.FAILED", source="")

    assert (answered.status, answered.headers["location"]) == (303, "/console/operations?sent=1&by_hand=0")
    assert len(world.queues.sent["signals"]) == 1
    after = browser.get(answered.headers["location"]).body
    assert "1 record was sent again." in after
    assert f"parked/{other}" in after


def test_more_than_one_go_can_send_keeps_the_filter_and_says_so() -> None:
    world = World()
    for n in range(120):
        park(world, n)
    browser = opened(world)

    first = browser.post("/console/operations/redrive", code="DECISION.FAILED", source="form").headers["location"]
    told = browser.get(first).body
    second = browser.post("/console/operations/redrive", code="DECISION.FAILED", source="form").headers["location"]

    assert first == "/console/operations?code=DECISION.FAILED&source=form&more=1&sent=100&by_hand=0"
    assert "100 records were sent again." in told
    assert "run them again once more" in told
    assert second == "/console/operations?sent=20&by_hand=0"


def test_a_parked_record_tells_its_reason_its_references_and_its_runbook() -> None:
    world = World()
    parked_id = park(world, 1, "SYNC.REFUSED", "salesforce", details={"lead_id": "lead_1", "fields": "Phone"})

    body = opened(world).get(f"/console/operations/parked/{parked_id}").body

    for told in ("because", 'href="/console/leads/lead_1"', "Phone", "records-refused", "Run again"):
        assert told in body
    assert opened(world).get("/console/operations/parked/none").status == 404


@pytest.mark.parametrize("query", ["code=<b>", "source=a%20b", "code=" + "x" * 65, "cursor=forged"])
def test_what_nobody_of_us_wrote_into_the_address_is_refused(query: str) -> None:
    refused = opened(World()).get("/console/operations?" + query)

    assert refused.status == 400
    assert "<b>" not in refused.body


def test_the_clock_moves_and_whoever_moved_it_stays_logged_in() -> None:
    world = World()
    browser, before = opened(world), world.clock.now()

    answered = browser.post("/console/operations/clock", amount="3", unit="days")

    assert (answered.status, answered.headers["location"]) == (303, "/console/operations?moved=1")
    assert world.clock.now() == before + 3 * 86_400_000 > before + LIFE
    body = browser.get("/console/operations?moved=1").body
    assert "The time has moved." in body
    assert "3 days ahead of real time" in body


@pytest.mark.parametrize(
    ("amount", "unit"), [("0", "days"), ("-1", "days"), ("1.5", "days"), ("9" * 5000, "days"), ("1", "years"), ("", "")]
)
def test_a_time_that_cannot_be_is_refused(amount: str, unit: str) -> None:
    world = World()
    browser, before = opened(world), world.clock.now()

    assert browser.post("/console/operations/clock", amount=amount, unit=unit).status in (400, 413)
    assert world.clock.now() == before


def test_on_aws_there_is_no_clock() -> None:
    browser = opened(World(laptop=False))

    assert "Move the time" not in browser.get("/console/operations").body
    assert browser.post("/console/operations/clock", amount="1", unit="days").status == 404


def test_what_it_costs_is_shown_with_what_is_assumed() -> None:
    world = ann_and_bob()
    costs = world.get("/api/running-costs")

    body = opened(world).get("/console/operations").body

    assert dollars(costs["per_lead"]) in body
    assert dollars(costs["per_million_events"]) in body
    assert costs["assumptions"][0] in body


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (0, "$0.00"), (0.5, "$0.50"), (21.94, "$21.94"), (1234.5, "$1,234.50"), (0.00004833, "$0.000048"),
        (0.0123, "$0.012"), (1e-12, "$0.000000000"), (123_456.7, f"$123{THIN}457"),
    ],
)  # fmt: skip
def test_money_says_something_whatever_its_size(value: float | None, text: str) -> None:
    assert dollars(value) == text


def test_only_numbers_of_ours_are_told_back() -> None:
    assert done({"sent": "0"}) == ["Nothing had to be sent."]
    assert done({"sent": "2", "by_hand": "1"})[1].startswith("1 record was left")
    for junk in ("<b>", "-1", "١", "9" * 40, ""):
        assert done({"sent": junk, "by_hand": junk, "more": junk, "moved": junk}) == []


def test_every_page_of_the_runbooks_that_is_named_exists() -> None:
    from pathlib import Path

    from infra.catalog import CATALOG
    from shared.app.read_queues import _view
    from shared.ports.operations import QueueDepth

    there = {page.stem for page in (Path(__file__).parents[3] / "docs/runbooks").glob("*.md")}
    depths = [
        QueueDepth(name=queue.name, waiting=0, in_flight=0, delayed=0, dead_letters_to=queue.dlq or "")
        for queue in CATALOG.queues
    ]
    queues: list[QueueView] = [_view(depth, {}) for depth in depths]

    assert {queue.runbook for queue in queues} <= there
    assert {*RUNBOOKS.values(), "records-refused", "sync-refused", "signals-parked"} <= there
    working = {queue.name for queue in CATALOG.queues if queue.dlq}
    assert working <= set(QUEUES), "every queue has words of its own"
