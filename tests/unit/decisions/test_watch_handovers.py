"""Nobody who waits for sales is forgotten: whatever fails, an overdue hand-over is told exactly once."""

import pytest

from shared.adapters.memory.clock import SeededIds
from shared.adapters.memory.faults import Faults, Killed
from shared.app.decide_person import Deciding, decide_signals
from shared.app.watch_handovers import Watched, watch_handovers
from shared.domain.instant import HOUR, MINUTE
from shared.domain.lead.decision import Timer
from shared.domain.lead.rules import Rules
from shared.ports.failures import StoreUnavailable
from shared.ports.leads import LeadConflict
from tests.property.people import EMAILS, NOW, People, rules
from tests.property.test_decide import form
from tests.property.test_told_by_sales import DEMO, READY, told


@pytest.fixture(scope="module")
def compiled() -> Rules:
    return rules()


class Watch:
    """Three people wait for sales; ``faults`` strikes the calls of the store."""

    def __init__(self, compiled: Rules, waiting: int = 3) -> None:
        self.people = People(compiled)
        self.faults = Faults()
        for n, email in enumerate(EMAILS[:waiting]):
            at = NOW - HOUR + n * MINUTE
            self.people.decide([form(10 * n + k, email, at=at, attributes=DEMO, answers=READY) for k in range(6)])
        self.deps = Deciding(
            store=self.faults.wrap(self.people.store, "store"),
            ledger=None,
            rules=compiled,
            clock=self.people.clock,
            ids=SeededIds("watch"),
            pause=lambda _: None,
        )

    def run(self) -> Watched:
        return watch_handovers(self.deps, lambda: 60_000)

    def told(self) -> list[str]:
        """Everybody who was told to be overdue, in the outbox."""
        rows = self.people.tables.outbox.values()
        facts = [fact for row in rows for fact in row.envelopes]
        return sorted(fact["lead_id"] for fact in facts if fact["name"] == "HandoverOverdue")

    def states(self) -> set[str]:
        return {view.handover.state for view in self.people.views() if view.handover}


def test_nothing_is_due_before_its_time(compiled: Rules) -> None:
    watch = Watch(compiled)

    assert watch.run() == Watched(0, 0, 0)
    assert len(watch.people.tables.timers) == 3


def test_everybody_unanswered_is_told_once_and_no_timer_is_left(compiled: Rules) -> None:
    watch = Watch(compiled)
    watch.people.decide([told(1, who=(EMAILS[0],), handover="accepted", owner="005A")])
    watch.people.clock.advance(5 * HOUR)

    first, second = watch.run(), watch.run()

    assert (first, second) == (Watched(3, 2, 0), Watched(0, 0, 0))
    assert len(watch.told()) == len(set(watch.told())) == 2
    assert watch.people.tables.timers == {}


def test_a_run_that_is_killed_anywhere_is_completed_by_the_next(compiled: Rules) -> None:
    whole = Watch(compiled)
    whole.people.clock.advance(5 * HOUR)
    whole.run()
    calls = len(whole.faults.calls)
    assert calls > 5

    for call in range(1, calls + 1):
        for strike in ("before", "after"):
            watch = Watch(compiled)
            watch.people.clock.advance(5 * HOUR)
            getattr(watch.faults, strike)(call)
            with pytest.raises(Killed):
                watch.run()
            watch.faults.clear()
            watch.run()

            assert len(watch.told()) == len(set(watch.told())) == 3, (strike, call)
            assert watch.states() == {"overdue"}
            assert watch.people.tables.timers == {}


def test_the_timer_of_a_lead_that_became_part_of_another_person_finds_that_person(compiled: Rules) -> None:
    watch = Watch(compiled, waiting=2)
    watch.people.decide(
        [told(1, at=NOW - 2 * HOUR), told(2, at=NOW - 2 * HOUR, who=(EMAILS[1], told(1).identifiers[0]))]
    )
    watch.people.clock.advance(5 * HOUR)

    watched = watch.run()

    assert len(watch.people.views()) == 1
    assert (watched.timers, watched.overdue, len(watch.told())) == (2, 1, 1)


def test_one_person_whose_decision_fails_holds_up_nobody_else(compiled: Rules) -> None:
    watch = Watch(compiled)
    watch.people.clock.advance(5 * HOUR)
    watch.faults.before(1, call="store.commit", error=lambda: StoreUnavailable("not now"))

    first, second = watch.run(), watch.run()

    assert (first, second) == (Watched(2, 2, 1), Watched(1, 1, 0))
    assert len(set(watch.told())) == 3


def test_a_lost_race_is_decided_again(compiled: Rules) -> None:
    watch = Watch(compiled, waiting=1)
    watch.people.clock.advance(5 * HOUR)
    watch.faults.before(1, call="store.commit", times=3, error=lambda: LeadConflict("head"))

    assert watch.run() == Watched(1, 1, 0)


def test_a_timer_of_nobody_is_removed(compiled: Rules) -> None:
    watch = Watch(compiled, waiting=0)
    watch.people.tables.timers[Timer(NOW - 1, "handover", "lead_nobody")] = None

    assert watch.run() == Watched(1, 0, 0)
    assert watch.people.tables.timers == {}


def test_signals_are_decided_on_once_and_lost_races_are_told(compiled: Rules) -> None:
    watch = Watch(compiled, waiting=0)
    signal = form(1, EMAILS[0], at=NOW)
    lost: list[int] = []
    watch.faults.before(1, call="store.commit", times=2, error=lambda: LeadConflict("head"))

    first = decide_signals([signal], watch.deps, lost=lambda: lost.append(1))
    again = decide_signals([signal], watch.deps)

    assert len(lost) == 2

    assert first is not None
    assert first.writes
    assert again is None
