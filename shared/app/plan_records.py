"""What would be written for a person: a plan per record that stands for them. Reads, and writes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from shared.app.sync_people import Person, keeping_ids, links_of, load_people, primary, seen_values
from shared.domain.instant import Instant
from shared.domain.lead.model import LeadId
from shared.domain.lead.rules import Rules
from shared.domain.lifecycle.model import Stay
from shared.domain.sync.gate import creation_stay
from shared.domain.sync.handover import task_id, task_of
from shared.domain.sync.local import local_values
from shared.domain.sync.model import LIVE, SALESFORCE, Link, RemoteWrite, Task
from shared.domain.sync.plan import TASK, plan_write
from shared.domain.sync.policy_model import SyncPolicy
from shared.ports.clock import Clock
from shared.ports.leads import LeadStore
from shared.ports.sync import SyncStore

OPEN: Final = frozenset({"requested", "overdue"})
"""Hand-overs that wait for sales."""

TOUCH_ROWS: Final = 10
"""Decisions whose touchpoints a task may tell of: the latest ones."""

Plan = tuple[Link | None, RemoteWrite | Stay]
"""The record (None: one that is to be made) and what is written to it, or why nothing is."""


class Planner(Protocol):
    """What every plan needs."""

    @property
    def store(self) -> LeadStore:
        """People and their history."""

    @property
    def policy(self) -> SyncPolicy:
        """The field map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """What it takes to say what would be written."""

    store: LeadStore
    sync: SyncStore
    rules: Rules
    policy: SyncPolicy
    clock: Clock


def plan_person(lead_id: LeadId, system_name: str, deps: Planning) -> RemoteWrite | Stay:
    """What would be written for a person, without writing, claiming or assigning anything."""
    now = deps.clock.now()
    person = load_people([lead_id], deps.store, deps.rules, now).get(lead_id)
    if person is None:
        return Stay("SYNC.NO_SUCH_LEAD")
    links = links_of([person], system_name, deps.sync, promote=False)[person.lead_id]
    owner = deps.sync.assigned_owner(person.lead_id) or ""
    found = plans_of(person, system_name, links, deps, now, owner=lambda: owner)
    return next((write for _, write in found if isinstance(write, RemoteWrite)), None) or next(
        (write for _, write in found), Stay("SYNC.NOTHING_TO_WRITE")
    )


def plans_of(
    person: Person,
    system: str,
    links: Sequence[Link],
    deps: Planner,
    now: Instant,
    *,
    owner: Callable[[], str],
    seen_until: Instant | None = None,
) -> list[Plan]:
    """A plan per live record of the person; one for a creation when there has never been a record."""
    policy = deps.policy
    local = local_values(person.view, policy)
    first = primary(links)
    if first is None:
        if links:
            return [(None, Stay("SYNC.RECORD_IS_GONE"))]
        stay = creation_stay(system, person.view, policy, local)
        if stay is not None:
            return [(None, stay)]
    task = _task(person, first, deps, now) if system == SALESFORCE else None
    plans: list[Plan] = [
        (
            first,
            plan_write(
                first,
                keeping_ids(local, seen_values(first), person, policy),
                policy,
                system,
                lead_id=person.lead_id,
                may_create=first is None,
                now=now,
                owner=owner() if first is None and system == SALESFORCE else "",
                task=task,
                seen_until=seen_until,
            ),
        )
    ]
    plans += [
        (link, plan_write(link, local, policy, system, lead_id=person.lead_id, may_create=False, now=now))
        for link in links
        if link is not first and link.state in LIVE
    ]
    return plans


def _task(person: Person, link: Link | None, deps: Planner, now: Instant) -> Task | None:
    """The task of an open hand-over that sales has not been given yet."""
    handover = person.view.handover
    if handover is None or handover.state not in OPEN:
        return None
    given = link.fields.get(TASK) if link is not None else None
    if given is not None and given.base == task_id(person.view):
        return None
    # What was done before anybody knew the address is in the history of the device, a member of the person.
    leads = (person.lead_id, *person.view.member_ids)
    rows = [row for lead_id in leads for row in deps.store.history(lead_id, limit=TOUCH_ROWS).rows]
    return task_of(person.view, [touch for row in rows for touch in row.touchpoints], deps.policy, now)
