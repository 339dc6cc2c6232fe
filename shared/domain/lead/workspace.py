"""The leads a decision works on, and everything it will write. Lives for one decision."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.domain.consent.model import ConsentEvent
from shared.domain.identity.model import Identifier
from shared.domain.intake.signal import Signal
from shared.domain.lead.decision import (
    Decision,
    Fact,
    HistoryRow,
    Known,
    LeadWrite,
    ScorePoint,
    SeenWrite,
    StageChange,
    Timer,
)
from shared.domain.lead.draft import Draft
from shared.domain.lead.model import Lead, LeadId
from shared.domain.lead.name_changes import name_changes
from shared.domain.lead.rules import Rules
from shared.domain.lead.seen import SEEN_BUCKET_SIZE, signal_digest
from shared.domain.touchpoint.model import Touchpoint
from shared.domain.values import maker

_fact, _row, _seen, _write = maker(Fact), maker(HistoryRow), maker(SeenWrite), maker(LeadWrite)


class Workspace:
    """Drafts by id, and the rows and facts collected so far."""

    __slots__ = (
        "_facts", "_ids", "_notes", "_seen", "_stages", "_touches", "consents", "drafts", "known", "now", "owners",
        "phones", "pointers", "rules", "scores", "timers",
    )  # fmt: skip

    def __init__(self, known: Known, rules: Rules, now: int, seed: str) -> None:
        self.known = known
        self.rules = rules
        self.now = now
        self.drafts: dict[LeadId, Draft] = {}
        self.owners: dict[Identifier, LeadId] = dict(known.owners)
        self.pointers: list[tuple[Identifier, LeadId]] = []
        self.phones: list[tuple[str, LeadId]] = []
        self.consents: list[ConsentEvent] = []
        self.timers: list[Timer] = []
        self.scores: dict[LeadId, ScorePoint] = {}
        self._facts: dict[LeadId, list[Fact]] = {}
        self._touches: dict[LeadId, list[Touchpoint]] = {}
        self._stages: dict[LeadId, list[StageChange]] = {}
        self._notes: dict[LeadId, list[Mapping[str, Any]]] = {}
        self._seen: dict[LeadId, set[str]] = {}
        self._ids = self._derive(seed)

    @staticmethod
    def _derive(seed: str) -> Iterator[str]:
        n = 0
        while True:
            yield hashlib.sha256(f"{seed}:{n}".encode()).hexdigest()[:32]
            n += 1

    def new_id(self, prefix: str) -> str:
        """An id derived from the decision's seed: random outside, reproducible inside."""
        return f"{prefix}_{next(self._ids)}"

    def draft(self, lead_id: LeadId) -> Draft:
        """The draft of a lead, which may not exist yet."""
        found = self.drafts.get(lead_id)
        if found is None:
            found = self.drafts[lead_id] = Draft(self.known.leads.get(lead_id) or Lead(lead_id=lead_id))
        return found

    def root(self, draft: Draft) -> Draft:
        """The lead at the top of the aliases above this one."""
        while draft.merged_into is not None:
            draft = self.draft(draft.merged_into)
        return draft

    def person(self, root: Draft) -> list[Draft]:
        """A root and all its members."""
        return [root, *map(self.draft, root.members)] if root.members else [root]

    def is_new(self, lead_id: LeadId, signal: Signal) -> bool:
        """False when this lead has counted the signal already; True also marks it as counted."""
        digest = signal_digest(signal.signal_id)
        mine = self._seen.setdefault(lead_id, set())
        if digest in mine or digest in self.known.seen.get(lead_id, ()):
            return False
        mine.add(digest)
        return True

    def touch(self, draft: Draft, touchpoint: Touchpoint) -> None:
        """Add a touchpoint to a lead's history."""
        self._touches.setdefault(draft.lead_id, []).append(touchpoint)

    def note(self, draft: Draft, kind: str, signal: Signal, **data: Any) -> None:
        """Add a remark to a lead's history: a merge, a consent, a suggestion."""
        draft.changed = True
        note = {"kind": kind, "at": signal.occurred_at, "signal_id": signal.signal_id, "source": signal.source, **data}
        self._notes.setdefault(draft.lead_id, []).append(note)

    def stage_changed(self, root: Draft, change: StageChange) -> None:
        """Add a stage change to a root's history."""
        self._stages.setdefault(root.lead_id, []).append(change)

    def fact(self, root: Draft, name: str, signal: Signal, at: int, **data: Any) -> None:
        """Tell the bus."""
        root.changed = True
        lead_id, version = root.lead_id, root.before.version + 1
        told = self._facts.setdefault(lead_id, [])
        event_id = f"{lead_id}.{version}.{len(told)}"
        cause, reason = signal.correlation_id, signal.signal_id
        told.append(_fact((event_id, name, at, self.now, lead_id, version, cause, reason, data)))

    def has_told(self, draft: Draft) -> bool:
        """True when this decision has facts under this lead's own id."""
        return draft.lead_id in self._facts

    def decision(self) -> Decision:
        """Everything collected, as values. A draft that did not change is not written."""
        writes: list[LeadWrite] = []
        seen: list[SeenWrite] = []
        history: list[HistoryRow] = []
        facts: list[Fact] = []
        for lead_id in sorted(self.drafts):
            draft = self.drafts[lead_id]
            if not draft.changed:
                continue
            if self._seen.get(lead_id):
                seen += self._seen_writes(draft)
            writes.append(_write((draft.freeze(self.now), draft.before.version)))
            row = self._history(draft)
            if row.touchpoints or row.score or row.stages or row.notes:
                history.append(row)
            facts += self._facts.get(lead_id, ())
        return Decision(
            "DECISION.APPLIED" if writes else "DECISION.NOTHING_NEW",
            writes=tuple(writes),
            pointers=tuple(self.pointers),
            phones=tuple(dict.fromkeys(self.phones)),
            seen=tuple(seen),
            history=tuple(history),
            consents=tuple(self.consents),
            facts=tuple(facts),
            timers=tuple(self.timers),
            names=name_changes(self.known.leads, {write.lead.lead_id: write.lead for write in writes}),
        )

    def _seen_writes(self, draft: Draft) -> Iterable[SeenWrite]:
        """The open bucket filled up with the new digests, and new buckets for the rest."""
        new = self._seen[draft.lead_id]
        draft.seen_count += len(new)
        held: frozenset[str] = self.known.seen_open.get(draft.lead_id, frozenset())
        if len(held) + len(new) <= SEEN_BUCKET_SIZE:
            return (_seen((draft.lead_id, draft.seen_bucket, held | new)),)
        return self._seen_buckets(draft, held, sorted(new))

    def _seen_buckets(self, draft: Draft, held: frozenset[str], waiting: list[str]) -> Iterator[SeenWrite]:
        while waiting:
            room = SEEN_BUCKET_SIZE - len(held)
            if room > 0:
                yield SeenWrite(draft.lead_id, draft.seen_bucket, held.union(waiting[:room]))
                waiting = waiting[room:]
            if waiting:
                draft.seen_bucket += 1
                held = frozenset()

    def _history(self, draft: Draft) -> HistoryRow:
        lead_id = draft.lead_id
        touches, stages, notes = self._touches.get(lead_id), self._stages.get(lead_id), self._notes.get(lead_id)
        return _row(
            (
                lead_id,
                draft.before.version + 1,
                self.now,
                tuple(touches) if touches else (),
                self.scores.get(lead_id),
                tuple(stages) if stages else (),
                tuple(notes) if notes else (),
            )
        )
