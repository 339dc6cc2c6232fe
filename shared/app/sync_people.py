"""What the writers and the comparison of synchronisation have in common: persons, and which records stand for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shared.app.decide_person import Deciding, commit_for_person
from shared.domain.identity.model import EXTERNAL, Evidence, Identifier
from shared.domain.instant import Instant
from shared.domain.intake.signal import Signal
from shared.domain.lead.decide import decide_link
from shared.domain.lead.decision import Decision, Known
from shared.domain.lead.model import Lead, LeadId
from shared.domain.lead.projection import PersonView, project
from shared.domain.lead.rules import Rules
from shared.domain.sync.model import CONTACT, DUPLICATE, LINKED, LIVE, MARKETO, Link, LocalValue, RemoteRecord
from shared.domain.sync.policy_model import SyncPolicy
from shared.ports.leads import LeadStore
from shared.ports.sync import SyncStore

MAX_CHAIN: Final = 32
_SEPARATOR: Final = ":"

LEAD_ID: Final = "lead.id"
MARKETO_ID: Final = "external.marketo"
"""Where a policy finds ids that we write into records."""

Local = Mapping[str, LocalValue]
Key = tuple[str, str]
"""System and remote id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person: the id of the root, and the view that rules read."""

    lead_id: LeadId
    view: PersonView

    def remote_ids(self, system: str) -> tuple[str, ...]:
        """Every record of a system that stands for this person."""
        return tuple(
            remote_id
            for identifier in self.view.identifiers
            if identifier.kind == EXTERNAL
            for name, _, remote_id in [identifier.value.partition(_SEPARATOR)]
            if name == system
        )


def external(system: str, remote_id: str) -> Identifier:
    """The identifier by which a record of another system owns a person."""
    return Identifier(EXTERNAL, f"{system}{_SEPARATOR}{remote_id}")


def load_people(lead_ids: Iterable[LeadId], store: LeadStore, rules: Rules, now: Instant) -> dict[LeadId, Person]:
    """The persons that these leads belong to, by the id that was asked for. Ids nobody has are missing."""
    wanted = list(dict.fromkeys(lead_ids))
    heads: dict[LeadId, Lead] = {}
    missing = list(wanted)
    for _ in range(MAX_CHAIN):
        if not missing:
            break
        heads |= store.get_many(missing)
        missing = list({h.merged_into for h in heads.values() if h.merged_into is not None} - heads.keys())
    roots = {lead_id: root for lead_id in wanted if (root := _root(lead_id, heads)) is not None}
    members = {m for root in roots.values() for m in root.members} - heads.keys()
    heads |= store.get_many(sorted(members)) if members else {}
    views: dict[LeadId, Person] = {}
    for root in {r.lead_id: r for r in roots.values()}.values():
        folded = [heads[member] for member in root.members if member in heads]
        views[root.lead_id] = Person(lead_id=root.lead_id, view=project(root, folded, rules, now))
    return {lead_id: views[root.lead_id] for lead_id, root in roots.items()}


def _root(lead_id: LeadId, heads: Mapping[LeadId, Lead]) -> Lead | None:
    head = heads.get(lead_id)
    for _ in range(MAX_CHAIN):
        if head is None or head.merged_into is None:
            return head
        head = heads.get(head.merged_into)
    return None


def keeping_ids(local: Local, held: Mapping[str, str], person: Person, policy: SyncPolicy) -> Local:
    """Local values that leave the ids of ours in a record (``held``, by field) alone while they are the person's.

    Any of them finds the person. Such ids are unique there, so after a merge the root's may be on another record.
    """
    own = {LEAD_ID: (person.lead_id, *person.view.member_ids), MARKETO_ID: person.remote_ids(MARKETO)}
    kept = {
        field.name: local[field.name]._replace(value=held[field.name])
        for field in policy.fields
        if field.name in local and held.get(field.name, "") in own.get(field.local, ())
    }
    return {**local, **kept}


def seen_values(link: Link | None) -> dict[str, str]:
    """What a record held when it was last seen or written, by field."""
    return {name: state.remote for name, state in link.fields.items()} if link else {}


def links_of(
    people: Iterable[Person], system: str, sync: SyncStore, *, promote: bool = True
) -> dict[LeadId, tuple[Link, ...]]:
    """The records of a system that stand for these people, the one that is kept equal first.

    Which one that is follows from all of them (see roles), so a stored state of a moment ago does not matter.
    """
    keys = {person.lead_id: [(system, remote_id) for remote_id in person.remote_ids(system)] for person in people}
    found = sync.links([key for wanted in keys.values() for key in wanted])
    return {
        lead_id: roles([link for key in wanted if (link := found.get(key)) is not None], promote=promote)
        for lead_id, wanted in keys.items()
    }


def ranked(links: Sequence[Link]) -> tuple[Link, ...]:
    """Links in order of who stands for the person: live ones, contacts before leads, the oldest record, the smaller id.

    Total, so that every writer chooses the same one.
    """
    return tuple(sorted(links, key=lambda link: (link.state not in LIVE, *_rank(link))))


def _rank(link: Link) -> tuple[bool, int, str]:
    return (link.object != CONTACT, link.created_at, link.remote_id)


def primary(links: Sequence[Link]) -> Link | None:
    """The live record that is kept equal; None when there is none."""
    best = next(iter(ranked(links)), None)
    return best if best is not None and best.state in LIVE else None


def roles(links: Sequence[Link], *, promote: bool = True) -> tuple[Link, ...]:
    """The same links with the state that their rank gives them: one linked, the other live ones duplicates.

    A link whose role changed counts as never read: its shadow is of another time. Only reconciliation promotes a
    duplicate; for a writer it stays one, and gets opt-outs only, until its own values were judged.
    """
    first = primary(links)
    found: list[Link] = []
    for link in ranked(links):
        state = link.state
        if state in LIVE:
            state = LINKED if link is first and (promote or state == LINKED) else DUPLICATE
        found.append(link if state == link.state else replace(link, state=state, read_at=0))
    return tuple(found)


def own_record(system: str, object_: str, remote_id: str, lead_id: LeadId, deps: Deciding, *, now: Instant) -> None:
    """Make a record of another system stand for a person from now on. Doing it again changes nothing.

    Raises:
        shared.ports.leads.LeadConflict, shared.ports.failures.StoreUnavailable: not now.
    """
    identifier = external(system, remote_id)
    signal = _linking(system, object_, remote_id, now)

    def make(known: Known, root_id: LeadId) -> Decision:
        return decide_link(known, root_id, identifier, signal, deps.rules, now)

    commit_for_person(make, lead_id, deps, identifiers=(identifier,))


def _linking(system: str, object_: str, remote_id: str, now: Instant) -> Signal:
    return Signal(
        signal_id=f"link_{system}_{remote_id}",
        kind="identity_linked",
        occurred_at=now,
        recorded_at=now,
        source=system,
        evidence=Evidence.VERIFIED,
        identifiers=(external(system, remote_id),),
        attributes={"system": system, "object": object_, "remote_id": remote_id},
    )


def record_key(record: RemoteRecord) -> Key:
    """Where the link of a record is."""
    return record.system, record.remote_id
