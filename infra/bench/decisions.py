"""Decisions per second of one core, with score lines and everything else that a transaction writes."""

from collections.abc import Sequence
from typing import Final

from infra.bench.results import Figure, Result, Target, spread
from infra.bench.timing import Effort, Work, rates, times, yardstick
from infra.bench.world import NOW, Case, People, shipped_rules, without_fit
from shared.adapters.memory.tables import MemoryTables
from shared.domain.lead.decide import decide

WANTED: Final = 20_000
PEOPLE: Final = 200
FOLDED: Final = 10

PAGE: Final = "page view of a known lead"
ANEW: Final = "the same, fit evaluated anew (new policy, changed profile)"
DEVICE: Final = "page view of an attached device (two leads)"
NEW: Final = "first page view of a visitor"
FORM: Final = "form with profile and two consents"
FOLD: Final = f"{FOLDED} page views folded"
MEMORY: Final = "page view with memory adapters (load, decide, commit)"
YARDSTICK: Final = "yardstick: parse and write 1 KB of JSON"


def run(effort: Effort, people: int = PEOPLE) -> Result:
    """Measure."""
    known, attached = People(people), People(people, devices=True)
    found = rates(
        {
            PAGE: _core(known.page_views()),
            ANEW: _core([(without_fit(case), signals) for case, signals in known.page_views()]),
            DEVICE: _core(attached.page_views(devices=True)),
            NEW: _core(known.page_views(devices=True)),
            FORM: _core(known.forms()),
            FOLD: _core(known.page_views(number=FOLDED)),
            MEMORY: _with_memory(known),
            YARDSTICK: yardstick(),
        },
        effort,
    )
    figures = [
        spread(name, values, "/s", ratio=f"{times(values, found[YARDSTICK]):.2f} × yardstick")
        for name, values in found.items()
    ]
    return Result(
        name="decisions",
        title="Decisions per second and core",
        figures=[*figures, _signals(found[FOLD])],
        targets=[Target(name=PAGE, wanted=WANTED, reached=figures[0].value, unit="/s")],
        notes=[
            f"shipped policies, {len(shipped_rules().scorer.rules)} scoring rules; {people} people with eight live "
            "counters each, every one decided on in turn; processor time of one thread",
            "the target is for heads that remember their fit, as they are stored; a profile that changes or a policy "
            "that is published costs one evaluation of it per lead",
        ],
    )


def _core(cases: Sequence[Case]) -> Work:
    rules = shipped_rules()

    def work() -> int:
        for known, signals in cases:
            decide(known, signals, rules, NOW, "bench")
        return len(cases)

    return work


def _with_memory(people: People) -> Work:
    """Every turn starts from the same tables, so that no history grows while it is measured."""
    rules, base = shipped_rules(), people.tables
    signals = [signals[0] for _, signals in people.page_views()]

    def work() -> int:
        tables = MemoryTables(
            heads=dict(base.heads),
            pointers=base.pointers,
            seen={lead: dict(buckets) for lead, buckets in base.seen.items()},
            history={lead: dict(rows) for lead, rows in base.history.items()},
        )
        store = people.store(tables)
        for signal in signals:
            store.commit(decide(store.load(signal.identifiers), (signal,), rules, NOW, "bench"))
        return len(signals)

    return work


def _signals(decisions: Sequence[float]) -> Figure:
    return spread("signals in folded decisions", [rate * FOLDED for rate in decisions], "/s")
