"""Reading one person: lead, timeline, score, consents, company. Old ids of merged leads keep resolving."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.app.cursors import Cursors
from shared.app.lead_views import company_view, consent_view, lead_view, past_score, score_view
from shared.app.timeline import Entry, entries
from shared.contracts import api
from shared.domain.intake.problem import Problem
from shared.domain.lead.decision import HistoryRow
from shared.domain.lead.model import Lead, LeadId
from shared.domain.lead.projection import PersonView, project
from shared.domain.lead.rules import Rules
from shared.ports.clock import Clock
from shared.ports.leads import LeadStore

TIMELINE_PAGE: Final = 100
SCORE_PAGE: Final = 100
COMPANY_LEADS: Final = 1000
_MAX_CHAIN: Final = 32


def not_found() -> Problem:
    """Nothing of that id, or nothing that may be shown: the answer is the same."""
    return Problem("API.NOT_FOUND", status=404, detail="There is nothing here.")


@dataclass(slots=True, kw_only=True)
class LeadReader:
    """Reads heads strongly consistently and folds them into the person they are now."""

    store: LeadStore
    rules: Rules
    clock: Clock
    cursors: Cursors
    _remembered: tuple[tuple[tuple[LeadId, int], ...], list[Entry]] | None = field(default=None, init=False)

    def people(self, lead_ids: Sequence[LeadId]) -> list[PersonView]:
        """The persons behind these ids, each once, in the order asked for; unknown ids are left out."""
        return [self._project(*heads) for heads in self._people(lead_ids)]

    def lead(self, lead_id: LeadId) -> api.Lead:
        """One person.

        Raises:
            Problem: API.NOT_FOUND.
        """
        return lead_view(self._project(*self._heads(lead_id)))

    def timeline(self, lead_id: LeadId, cursor: str | None) -> api.TimelinePage:
        """What happened, newest first, over the root and everything merged into it.

        Items are ordered by when they occurred, rows are stored by when they were recorded, so the whole history is
        read; the sorted result is kept until one of the heads changes, so further pages cost one read of the heads.
        """
        root, members = self._heads(lead_id)
        scope = f"timeline {root.lead_id}"
        after = self.cursors.open(scope, cursor)
        found = self._entries([root, *members])
        if after:
            place = (int(after[0]), str(after[1]))
            found = [entry for entry in found if entry[:2] < place]
        page = found[:TIMELINE_PAGE]
        last = (page[-1].occurred_at, page[-1].item_id) if len(found) > TIMELINE_PAGE else None
        return api.TimelinePage(items=[entry.item for entry in page], cursor=self.cursors.seal(scope, last))

    def score(self, lead_id: LeadId, cursor: str | None) -> api.ScorePage:
        """The score now with its lines, and its history, newest first."""
        root, members = self._heads(lead_id)
        scope = f"score {root.lead_id}"
        position = self.cursors.open(scope, cursor)
        page = self.store.history(root.lead_id, cursor=str(position[0]) if position else None, limit=SCORE_PAGE)
        now = score_view(self._project(root, members).score)
        return api.ScorePage(
            **now.model_dump(),
            history=[past_score(row.score) for row in page.rows if row.score],
            cursor=self.cursors.seal(scope, None if page.cursor is None else [page.cursor]),
        )

    def consents(self, lead_id: LeadId) -> api.ConsentList:
        """What holds now, per purpose."""
        person = self._project(*self._heads(lead_id))
        return api.ConsentList(items=[consent_view(consent) for consent in person.consents], cursor=None)

    def company(self, lead_id: LeadId) -> api.CompanyView:
        """The company of a person and the other persons known of it.

        Raises:
            Problem: API.NOT_FOUND, also when the person's company is not known.
        """
        person = self._project(*self._heads(lead_id))
        if person.company is None:
            raise not_found()
        linked = self.store.company_members(person.company.company_id)[:COMPANY_LEADS]
        colleagues = sorted({root.lead_id for root, _ in self._people(linked)} | {person.lead_id})
        return company_view(person.company, colleagues)

    def _project(self, root: Lead, members: Sequence[Lead]) -> PersonView:
        return project(root, members, self.rules, self.clock.now())

    def _heads(self, lead_id: LeadId) -> tuple[Lead, list[Lead]]:
        for heads in self._people([lead_id]):
            return heads
        raise not_found()

    def _people(self, lead_ids: Sequence[LeadId]) -> Iterator[tuple[Lead, list[Lead]]]:
        """Roots with their members, each root once."""
        heads = self._with_roots(lead_ids)
        roots = {root.lead_id: root for lead_id in lead_ids if (root := _root(heads, lead_id))}
        wanted = {member for root in roots.values() for member in root.members if member not in heads}
        heads |= self.store.get_many(sorted(wanted)) if wanted else {}
        for root in roots.values():
            yield root, [heads[member] for member in root.members if member in heads]

    def _with_roots(self, lead_ids: Sequence[LeadId]) -> dict[LeadId, Lead]:
        """The heads of these ids and of all leads on the way to their roots."""
        heads: dict[LeadId, Lead] = {}
        wanted = list(dict.fromkeys(lead_ids))
        while wanted:
            found = self.store.get_many(wanted)
            heads |= found
            onward = (lead.merged_into for lead in found.values())
            wanted = list(dict.fromkeys(lead_id for lead_id in onward if lead_id and lead_id not in heads))
        return heads

    def _entries(self, leads: Sequence[Lead]) -> list[Entry]:
        state = tuple((lead.lead_id, lead.version) for lead in leads)
        if self._remembered is None or self._remembered[0] != state:
            rows = (row for lead in leads for row in self._history(lead.lead_id))
            self._remembered = (state, entries(rows))
        return self._remembered[1]

    def _history(self, lead_id: LeadId) -> Iterator[HistoryRow]:
        cursor: str | None = None
        while True:
            page = self.store.history(lead_id, cursor=cursor, limit=1000)
            yield from page.rows
            cursor = page.cursor
            if cursor is None:
                return


def _root(heads: dict[LeadId, Lead], lead_id: LeadId) -> Lead | None:
    head = heads.get(lead_id)
    for _ in range(_MAX_CHAIN):
        if head is None or head.merged_into is None:
            break
        head = heads.get(head.merged_into)
    return head
