"""Synchronisation as people see it: how it goes, what holds for a person, who won, what would be written.

Writes nothing but wishes: to pause, to read records again, to look at a person.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from shared.app.cursors import Cursors
from shared.app.plan_records import Planning, plan_person
from shared.app.push_records import REDRIVE
from shared.app.read_leads import LeadReader, not_found
from shared.app.sync_people import primary
from shared.app.sync_views import conflict_view, field_views, plan_view, record_view, system_view
from shared.contracts import sync_api as api
from shared.domain.identity.model import EXTERNAL
from shared.domain.insights.filters import EVERYBODY
from shared.domain.lead.model import LeadId
from shared.domain.lead.projection import PersonView
from shared.domain.lifecycle.model import Stay
from shared.domain.sync.local import local_values
from shared.domain.sync.model import SYSTEMS, Link, RemoteWrite, Verdict
from shared.ports.lake import LeadInsights
from shared.ports.sync import OutQueue, Wish

CONFLICTS_PAGE: Final = 50
VERDICTS_OF_A_PERSON: Final = 1000
"""More than a person ever has; they are read whole, because they lie in one list per merged lead."""

WAITING_SHOWN: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncDesk:
    """What people can see and ask for. ``insights`` is a function: its engine is loaded only when it is needed."""

    leads: LeadReader
    planning: Planning
    out: OutQueue
    insights: Callable[[], LeadInsights]
    cursors: Cursors

    def status(self) -> api.SyncStatus:
        """Every system."""
        return api.SyncStatus(items=[self._system(system) for system in SYSTEMS], cursor=None)

    def set_paused(self, system: str, *, paused: bool) -> api.SyncSystemView:
        """Stop or continue pulls and writes of a system; positions and waiting messages are kept.

        Raises:
            Problem: API.NOT_FOUND.
        """
        if system not in SYSTEMS:
            raise not_found()
        self.planning.sync.set_paused(system, paused=paused)
        return self._system(system)

    def lead(self, lead_id: LeadId) -> api.LeadSync:
        """A person's records, field by field, and what would be written next.

        Raises:
            Problem: API.NOT_FOUND.
        """
        person = self._person(lead_id)
        links = self._links(person)
        policy = self.planning.policy
        local = local_values(person, policy)
        return api.LeadSync(
            items=[view for link in links for view in field_views(link, local, policy)],
            records=[record_view(link) for link in links],
            plans=list(self._plans(person, links)),
            cursor=None,
        )

    def conflicts(self, lead_id: LeadId | None, cursor: str | None) -> api.ConflictList:
        """Kept verdicts, newest first, of everybody or of one person.

        Raises:
            Problem: API.BAD_CURSOR; API.NOT_FOUND for an unknown lead.
        """
        if lead_id is not None:
            return self._conflicts_of(self._person(lead_id), cursor)
        position = self.cursors.open("conflicts", cursor)
        verdicts, following = self.planning.sync.verdicts(
            cursor=str(position[0]) if position else None, limit=CONFLICTS_PAGE
        )
        sealed = self.cursors.seal("conflicts", None if following is None else [following])
        return api.ConflictList(items=self._conflict_views(verdicts), cursor=sealed)

    def dry_run(self, asked: api.DryRun) -> api.DryRunResult:
        """What the writers would do about these people, or about the newest ones. Nothing is written or claimed."""
        if asked.leads is None:
            wanted: Sequence[LeadId] = self.insights().search(EVERYBODY, after=None, limit=asked.limit).lead_ids
        else:
            wanted = list(dict.fromkeys(asked.leads))[: asked.limit]
        people = self.leads.people(wanted)
        plans = [plan for person in people for plan in self._plans(person, self._links(person))]
        known = {lead_id for person in people for lead_id in (person.lead_id, *person.member_ids)}
        return api.DryRunResult(
            items=plans,
            people=len(people),
            writes=sum(plan.action != "stay" for plan in plans),
            unknown=[lead_id for lead_id in wanted if lead_id not in known] if asked.leads else [],
        )

    def resync(self, lead_id: LeadId) -> api.Resync:
        """Have a person's records read again by the next pulls, and looked at by both writers. Twice does no harm.

        Values that another system had refused are tried again.

        Raises:
            Problem: API.NOT_FOUND.
        """
        person = self._person(lead_id)
        keys = remote_keys(person)
        now = self.planning.clock.now()
        for system in SYSTEMS:
            wanted = [remote_id for of, remote_id in keys if of == system]
            if wanted:
                self.planning.sync.read_again(system, wanted, now=now)
            self.out.send(system, [Wish(lead_id=person.lead_id, reason=REDRIVE)])
        records = [api.ResyncRecord(system=system, remote_id=remote_id) for system, remote_id in keys]
        return api.Resync(lead_id=person.lead_id, records=records, systems=list(SYSTEMS))

    def _system(self, system: str) -> api.SyncSystemView:
        sync, now = self.planning.sync, self.planning.clock.now()
        waiting = len(sync.to_read(system, limit=WAITING_SHOWN))
        return system_view(system, sync.cycle(system), self.planning.policy, waiting=waiting, now=now)

    def _person(self, lead_id: LeadId) -> PersonView:
        for person in self.leads.people([lead_id]):
            return person
        raise not_found()

    def _links(self, person: PersonView) -> list[Link]:
        keys = remote_keys(person)
        found = self.planning.sync.links(keys) if keys else {}
        return [found[key] for key in keys if key in found]

    def _plans(self, person: PersonView, links: Iterable[Link]) -> Iterable[api.SyncPlan]:
        for system in SYSTEMS:
            planned = plan_person(person.lead_id, system, self.planning)
            link = _compared(planned, system, links)
            yield plan_view(person.lead_id, system, planned, link, self.planning.policy)

    def _conflicts_of(self, person: PersonView, cursor: str | None) -> api.ConflictList:
        scope = f"conflicts {person.lead_id}"
        after = self.cursors.open(scope, cursor)
        found = sorted(self._verdicts_of(person), key=_place, reverse=True)
        if after:
            place = (int(after[0]), str(after[1]), str(after[2]))
            found = [verdict for verdict in found if _place(verdict) < place]
        page = found[:CONFLICTS_PAGE]
        last = _place(page[-1]) if len(found) > CONFLICTS_PAGE else None
        return api.ConflictList(items=self._conflict_views(page), cursor=self.cursors.seal(scope, last))

    def _verdicts_of(self, person: PersonView) -> set[Verdict]:
        found: set[Verdict] = set()
        for lead_id in (person.lead_id, *person.member_ids):
            page, _ = self.planning.sync.verdicts(lead_id=lead_id, limit=VERDICTS_OF_A_PERSON)
            found.update(page)
        return found

    def _conflict_views(self, verdicts: Sequence[Verdict]) -> list[api.ConflictView]:
        keys = list(dict.fromkeys((verdict.system, verdict.remote_id) for verdict in verdicts))
        links = self.planning.sync.links(keys) if keys else {}
        return [conflict_view(verdict, links.get((verdict.system, verdict.remote_id))) for verdict in verdicts]


def remote_keys(person: PersonView) -> list[tuple[str, str]]:
    """(system, remote id) of all records that stand for a person."""
    parts = (i.value.partition(":") for i in person.identifiers if i.kind == EXTERNAL)
    return sorted({(system, remote_id) for system, _, remote_id in parts if system in SYSTEMS and remote_id})


def _compared(planned: RemoteWrite | Stay, system: str, links: Iterable[Link]) -> Link | None:
    """The link that a plan is about: the one it writes, else the one that is kept equal."""
    own = [link for link in links if link.system == system]
    if isinstance(planned, Stay):
        return primary(own)
    return next((link for link in own if link.remote_id == planned.remote_id), None)


def _place(verdict: Verdict) -> tuple[int, str, str]:
    return verdict.at, f"{verdict.system}:{verdict.remote_id}", verdict.field
