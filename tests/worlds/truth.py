"""What has to hold when the weather is fine and nothing waits any more. Reads the other systems' own records.

Every check yields sentences about what is wrong; none of them changes anything.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from shared.app.contact_points import read_number
from shared.app.sync_people import LEAD_ID, MARKETO_ID, primary, roles
from shared.domain.consent.chain import Intact, verify_chain
from shared.domain.identity.model import EXTERNAL
from shared.domain.lead.projection import PersonView
from shared.domain.sync.canonical import canonical
from shared.domain.sync.gate import may_create
from shared.domain.sync.local import local_values
from shared.domain.sync.merge import FROZEN
from shared.domain.sync.model import CONTACT, LEAD, LIVE, MARKETO, PERSON, SALESFORCE, SYSTEMS, Link
from shared.domain.sync.policy_model import BOTH, IN, SyncField
from shared.domain.sync.shadow import cut
from tests.worlds.acts import live, marketo_people
from tests.worlds.installation import Installation

SYNC_USER: Final = "005D00000000001IAA"
API_SOURCE: Final = "Web service API"
EXPECTED: Final = frozenset({"SALESFORCE.SEVERAL_MATCHES"})
"""What a world may make impossible: several records of sales with the address of somebody who is handed over."""
DECAYS: Final = frozenset({"score", "score_band"})
"""They change as time passes, and are written when something else is."""

Record = tuple[str, str, str, Mapping[str, Any]]
"""System, kind of record, id, the row as the other system stores it."""


def records(world: Installation) -> Iterator[Record]:
    """Everybody who is in Salesforce or Marketo now."""
    for name, kind in (("Lead", LEAD), ("Contact", CONTACT)):
        for row in live(world, name):
            yield SALESFORCE, kind, row["Id"], row
    for row in marketo_people(world):
        yield MARKETO, PERSON, str(row["id"]), row


def owners(world: Installation) -> dict[tuple[str, str], PersonView]:
    """Whose record it is, by system and id."""
    found: dict[tuple[str, str], PersonView] = {}
    for view in world.views():
        for identifier in view.identifiers:
            if identifier.kind == EXTERNAL:
                system, _, remote_id = identifier.value.partition(":")
                found[system, remote_id] = view
    return found


def nobody_is_lost(world: Installation) -> Iterator[str]:
    """Everybody there is known here; everybody who should be there is there, or was and was taken away."""
    known = owners(world)
    for system, kind, remote_id, row in records(world):
        if (system, remote_id) not in known:
            yield f"{system} {kind} {remote_id} is nobody of ours: {_address(row)}"
    refused = {parked.details.get("lead_id") for parked in _parked(world)}
    for view in world.views():
        local = local_values(view, world.policy)
        for system in SYSTEMS:
            has_one = any(key[0] == system and owner.lead_id == view.lead_id for key, owner in known.items())
            if not has_one and may_create(system, view, world.policy, local) and not _all(view) & refused:
                yield f"{view.lead_id} ({view.email}) has no record in {system}"


def _all(view: PersonView) -> set[str | None]:
    return {view.lead_id, *view.member_ids}


def each_is_there_once(world: Installation) -> Iterator[str]:
    """We created one record per person; ids that we wrote are unique."""
    created: Counter[tuple[str, str]] = Counter()
    keys: Counter[tuple[str, str]] = Counter()
    for system, kind, _, row in records(world):
        ours = row.get("Leadspine_Id__c") if system == SALESFORCE else row.get("leadspineId")
        by_us = row.get("CreatedById") == SYNC_USER or row.get("originalSourceType") == API_SOURCE
        if ours:
            keys[kind, ours] += 1
            created[system, ours] += by_us and row.get("ConvertedContactId") is None and kind != CONTACT
    for (system, who), count in created.items():
        if count > 1:
            yield f"{count} records in {system} were created for {who}"
    for (kind, who), count in keys.items():
        if count > 1 and kind != PERSON:
            yield f"{count} {kind} have Leadspine's id {who}"
    tasks = Counter(row["Leadspine_Id__c"] for row in world.rows("Task") if row["Leadspine_Id__c"])
    yield from (f"{count} tasks {name}" for name, count in tasks.items() if count > 1)


def values_agree(world: Installation) -> Iterator[str]:
    """Every mapped field of the record that stands for a person is what Leadspine holds."""
    known = owners(world)
    firsts = _firsts(world, known)
    for system, kind, remote_id, row in records(world):
        view = known.get((system, remote_id))
        link = firsts.get((system, remote_id))
        if view is None or link is None:
            continue
        local = local_values(view, world.policy)
        for mapped in world.policy.fields:
            spec = mapped.remote.get(f"{system}.{kind}")
            if spec is None or spec.direction == IN or mapped.name in DECAYS or mapped.passenger:
                continue
            here = canonical(mapped.type, local[mapped.name].value)
            there = _spelled(mapped, row.get(spec.name))
            if there in _ids(view).get(mapped.local, ()):
                continue
            state = link.fields.get(mapped.name)
            excused = (state is not None and state.verdict in FROZEN) or mapped.name in link.parked
            filled = not here and there == spec.default
            if there not in (here, cut(here, spec.max_length)) and not filled and not excused:
                how = f"{state.base!r}/{state.remote!r} {state.verdict}" if state else "no shadow"
                yield f"{system} {kind} {remote_id} {mapped.name}: {there!r} there, {here!r} here ({how})"


def _ids(view: PersonView) -> dict[str, set[str]]:
    """Ids of ours of which any will do."""
    names = {i.value.partition(":")[2] for i in view.identifiers if i.kind == EXTERNAL and i.value.startswith(MARKETO)}
    return {LEAD_ID: {view.lead_id, *view.member_ids}, MARKETO_ID: names}


def _firsts(world: Installation, known: Mapping[tuple[str, str], PersonView]) -> dict[tuple[str, str], Link]:
    """The links that are kept equal."""
    people: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for key, view in known.items():
        people[key[0], view.lead_id].append(key)
    found: dict[tuple[str, str], Link] = {}
    for keys in people.values():
        links = list(world.sync.links(keys).values())
        first = primary(roles(links))
        if first is not None:
            found[first.system, first.remote_id] = first
    return found


def frozen_fields(world: Installation) -> Iterator[str]:
    """Fields that are left alone: few, and only where somebody fought over them."""
    for key, link in _links(world).items():
        if link.state in LIVE:
            names = [name for name, state in link.fields.items() if state.verdict in FROZEN]
            if names:
                yield f"{key}: {names}"


def opt_outs_are_everywhere(world: Installation) -> Iterator[str]:
    """Whoever withdrew is opted out in every record, and nobody is opted out who is not known as such."""
    known = owners(world)
    for system, kind, remote_id, row in records(world):
        view = known.get((system, remote_id))
        if view is None:
            continue
        out = bool(row.get("HasOptedOutOfEmail") if system == SALESFORCE else row.get("unsubscribed"))
        state = next((held.state for held in view.consents if held.purpose == "ad.email"), "unknown")
        if out != (state == "withdrawn"):
            yield f"{system} {kind} {remote_id} is {'' if out else 'not '}opted out, {view.lead_id} is {state}"


def messages_have_a_right(world: Installation) -> Iterator[str]:
    """No permit after a withdrawal, no mail without a permit, one welcome per address."""
    yield from world.mailroom.permits.wrong
    permitted = {permit.record.message_id for permit in world.mailroom.permits.granted}
    welcomes: Counter[str] = Counter()
    for mail in world.mailroom.mail.sent:
        if not permitted & set(mail.tags.values()):
            yield f"a mail without a permit: {mail.tags}"
        welcomes[mail.to.rpartition("<")[2].strip(">").lower()] += mail.tags["name"] == "welcome"
    yield from (f"{count} welcomes to {to}" for to, count in welcomes.items() if count > 1)


def the_ledger_verifies(world: Installation) -> Iterator[str]:
    """Every chain is whole and leads to its head."""
    for subject, events in world.tables.ledger.items():
        found = verify_chain(events, tenant="test", subject_ref=subject, head=events[-1].head)
        if not isinstance(found, Intact) or found.count != len(events):
            yield f"ledger of {subject}: {found}"


def stages_are_legal(world: Installation) -> Iterator[str]:
    """Nobody moves back; only sales takes somebody out."""
    order = world.rules.ladder.order
    for fact in world.bus.published:
        if fact["name"] == "StageChanged":
            before, after = fact["data"].get("from_stage", "anonymous"), fact["data"].get("to_stage", "")
            if order.get(after, 99) <= order.get(before, -1):
                yield f"{fact['lead_id']} went from {before} to {after}"


def nothing_is_parked(world: Installation) -> Iterator[str]:
    """Except what the world made impossible."""
    for parked in _parked(world):
        if parked.code not in EXPECTED:
            yield f"parked {parked.code}: {parked.reason} {parked.details}"
    yield from (f"dead letter {changes}" for changes in world.dead if not _only_unknown(world, changes.key))


def _only_unknown(world: Installation, key: str) -> bool:
    """A page about an opportunity whose contact was deleted before anybody saw it waits in vain."""
    known = owners(world)
    for record in world.records.get(key):
        contacts = (record.references.get("contacts") or record.references.get("contact") or "").split(",")
        if all((SALESFORCE, contact) in known for contact in contacts if contact) or not any(contacts):
            return False
    return True


def nothing_waits(world: Installation) -> Iterator[str]:
    """No message in any queue."""
    if not world.is_quiet():
        yield f"something waits: {world._waits()}"


def conflicts_are_kept(world: Installation) -> Iterator[str]:
    """Every conflict that was told on the bus has its row, with values, for whoever asks."""
    told = Counter(
        (fact["data"]["system"], fact["data"]["field"], fact["data"]["winner"])
        for fact in {fact["event_id"]: fact for fact in world.bus.published}.values()
        if fact["name"] == "FieldConflictResolved"
    )
    kept = Counter((row.system, row.field, row.winner) for row in world.sync.verdicts(limit=10**6)[0])
    for what, count in told.items():
        # Who dies between a decision and its shadow leaves the names of fields in the history, and no row.
        if kept[what] + world.disturbed < count:
            yield f"{count} conflicts {what} were told, {kept[what]} are kept"


def _address(row: Mapping[str, Any]) -> str:
    return str(row.get("Email") or row.get("email") or "")


def _parked(world: Installation) -> list[Any]:
    return list(world.parked.list(limit=1000)[0])


def _links(world: Installation) -> dict[tuple[str, str], Link]:
    return world.sync._links


def _spelled(mapped: SyncField, value: Any) -> str:
    """A stored value in the one spelling of its type."""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if mapped.type == "phone" and text:
        number = read_number(text, None)
        text = number.e164 if number else text
    return canonical(mapped.type, text)


CHECKS: Final[tuple[Callable[[Installation], Iterator[str]], ...]] = (
    nothing_waits,
    nobody_is_lost,
    each_is_there_once,
    values_agree,
    opt_outs_are_everywhere,
    messages_have_a_right,
    the_ledger_verifies,
    stages_are_legal,
    nothing_is_parked,
    conflicts_are_kept,
)


def snapshot(world: Installation) -> dict[tuple[str, str], dict[str, Any]]:
    """Everything that both systems hold, but for what changes by itself."""
    still = {
        "Score_Band__c",
        "Lead_Score__c",
        "scoreBand",
        "leadScore",
        "SystemModstamp",
        "LastModifiedDate",
        "LastModifiedById",
        "updatedAt",
        # They go along with a change of the band.
        "Consent_Date__c",
        "Consent_Source__c",
        "consentDate",
        "consentSource",
    }
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name in ("Lead", "Contact", "Task", "Account", "Opportunity"):
        for key, row in world.sites[SALESFORCE].store.rows(name).items():
            found[name, key] = {field: value for field, value in row.items() if field not in still and field[0] != "_"}
    for row in marketo_people(world):
        found[PERSON, str(row["id"])] = {field: value for field, value in row.items() if field not in still}
    return found


def both_ways(mapped: SyncField, key: str) -> bool:
    """Whether a field of a kind of record goes both ways."""
    return key in mapped.remote and mapped.remote[key].direction == BOTH
