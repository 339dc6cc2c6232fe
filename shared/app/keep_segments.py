"""Segments: filters that the team gives a name, to open them again with the people of now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shared.contracts import api
from shared.contracts.envelope import iso
from shared.domain.intake.problem import Problem
from shared.domain.intake.text import clean_text
from shared.ports.clock import Clock, IdFactory
from shared.ports.segments import KeptSegments, Segment, SegmentsChanged, SegmentStore

MOST: Final = 200
ATTEMPTS: Final = 8
_LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentKeeper:
    """``size`` counts the people of a filter now. Names differ in more than case."""

    store: SegmentStore
    size: Callable[[api.LeadFilters], int]
    clock: Clock
    ids: IdFactory

    def listed(self) -> api.SegmentList:
        """All segments by name, without counting their people."""
        found = sorted(self.store.read().segments, key=lambda segment: (segment.name.casefold(), segment.segment_id))
        return api.SegmentList(items=[_view(segment) for segment in found], cursor=None)

    def one(self, segment_id: str) -> api.SegmentPeople:
        """One segment with the number of its people now.

        Raises:
            Problem: SEGMENTS.NOT_FOUND, API.TRY_AGAIN.
        """
        segment = _known(self.store.get(segment_id))
        return api.SegmentPeople(
            **_view(segment).model_dump(exclude={"filter"}), filter=segment.filter, people=self.size(segment.filter)
        )

    def add(self, draft: api.SegmentDraft) -> api.Segment:
        """Keep a filter under a new name.

        Raises:
            Problem: SEGMENTS.NO_FILTER, SEGMENTS.NAME_TAKEN, SEGMENTS.TOO_MANY, SEGMENTS.BUSY.
        """
        now, segment_id = self.clock.now(), f"segment_{self.ids.seed()}"

        def added(kept: KeptSegments) -> Segment:
            if len(kept.segments) >= MOST:
                detail = f"There are {MOST} segments already. Delete one that nobody needs."
                raise Problem("SEGMENTS.TOO_MANY", status=409, detail=detail)
            return Segment(
                segment_id=segment_id,
                name=_free_name(draft.name, kept.segments),
                filter=_some(draft.filter),
                created_at=now,
                updated_at=now,
            )

        return _view(self._put(added))

    def change(self, segment_id: str, draft: api.SegmentDraft) -> api.Segment:
        """Give a segment another name or another filter.

        Raises:
            Problem: SEGMENTS.NOT_FOUND, SEGMENTS.NO_FILTER, SEGMENTS.NAME_TAKEN, SEGMENTS.BUSY.
        """
        now = self.clock.now()

        def changed(kept: KeptSegments) -> Segment:
            held = _known(next((one for one in kept.segments if one.segment_id == segment_id), None))
            others = [one for one in kept.segments if one.segment_id != segment_id]
            return replace(held, name=_free_name(draft.name, others), filter=_some(draft.filter), updated_at=now)

        return _view(self._put(changed))

    def remove(self, segment_id: str) -> api.Segment:
        """Delete a segment; answers what it was.

        Raises:
            Problem: SEGMENTS.NOT_FOUND, SEGMENTS.BUSY.
        """
        for _ in range(ATTEMPTS):
            kept = self.store.read()
            held = _known(next((one for one in kept.segments if one.segment_id == segment_id), None))
            try:
                self.store.remove(segment_id, kept.revision)
            except SegmentsChanged:
                continue
            return _view(held)
        raise _busy()

    def _put(self, decide: Callable[[KeptSegments], Segment]) -> Segment:
        """Read, decide, write; again from the start when somebody else was faster."""
        for _ in range(ATTEMPTS):
            kept = self.store.read()
            segment = decide(kept)
            try:
                self.store.put(segment, kept.revision)
            except SegmentsChanged:
                continue
            return segment
        raise _busy()


def _known(segment: Segment | None) -> Segment:
    if segment is None:
        raise Problem("SEGMENTS.NOT_FOUND", status=404, detail="There is no segment of that id; it may be deleted.")
    return segment


def _free_name(name: str, others: Sequence[Segment]) -> str:
    plain, _ = clean_text(name, limit=_LONGEST_NAME)
    if any(other.name.casefold() == plain.casefold() for other in others):
        raise Problem("SEGMENTS.NAME_TAKEN", status=409, detail="There is a segment of that name. Choose another one.")
    return plain


def _some(asked: api.LeadFilters) -> api.LeadFilters:
    if not asked.given():
        raise Problem("SEGMENTS.NO_FILTER", status=400, detail="A segment needs at least one filter.")
    return asked


def _busy() -> Problem:
    return Problem("SEGMENTS.BUSY", status=503, detail="Others change segments right now. Try again.")


def _view(segment: Segment) -> api.Segment:
    return api.Segment(
        id=segment.segment_id,
        name=segment.name,
        filter=segment.filter,
        created_at=iso(segment.created_at),
        updated_at=iso(segment.updated_at),
    )
