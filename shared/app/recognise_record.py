"""Whose record it is, and by what it is recognised from now on. Reads people; decides nothing about values."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.app.contact_points import corporate_domain, read_address, read_number
from shared.app.sync_people import Person, external, load_people
from shared.domain.identity.model import EMAIL, Identifier
from shared.domain.lead.model import LeadId
from shared.domain.lead.rules import Rules
from shared.domain.sync.model import RemoteRecord
from shared.domain.sync.policy_model import SyncField, SyncPolicy
from shared.ports.clock import Clock
from shared.ports.leads import LeadStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """Finds the person of a record."""

    store: LeadStore
    rules: Rules
    policy: SyncPolicy
    clock: Clock

    def person_of(self, record: RemoteRecord) -> Person | None:
        """By the record's own id or its successor's, by the id we wrote into it, by its address; None: a stranger."""
        ids = (record.remote_id, *successors_of(record))
        lead_id = next(filter(None, (self.store.find(external(record.system, one)) for one in ids)), None)
        if lead_id is None:
            hint = record.references.get("leadspine_id")
            lead_id = hint if hint and self.store.get(hint) is not None else None
        if lead_id is None and (address := self._address(record)) is not None:
            lead_id = self.store.find(address)
        return self._load(lead_id) if lead_id is not None else None

    def identifiers_of(self, record: RemoteRecord, person: Person | None) -> tuple[Identifier, ...]:
        """The record itself first, then its successor, then its address while nobody else has it.

        An address that belongs to somebody else is a suggestion to merge, never a merge.
        """
        found = [external(record.system, one) for one in (record.remote_id, *successors_of(record))]
        address = self._address(record)
        if address is not None and not record.deleted:
            owner = self.store.find(address)
            if owner is None or person is None or self._is(person, owner):
                found.append(address)
        return tuple(found)

    def _address(self, record: RemoteRecord) -> Identifier | None:
        key = kind_of(record)
        name = next((field.remote[key].name for field in mapped(record, self.policy) if field.name == "email"), "")
        address = read_address(record.values.get(name, ""))
        return Identifier(EMAIL, address.key) if address else None

    def _is(self, person: Person, lead_id: LeadId) -> bool:
        found = self._load(lead_id)
        return found is not None and found.lead_id == person.lead_id

    def _load(self, lead_id: LeadId) -> Person | None:
        return load_people([lead_id], self.store, self.rules, self.clock.now()).get(lead_id)


def successors_of(record: RemoteRecord) -> tuple[str, ...]:
    """The records that took over: the contact of a converted lead, the winner of a merge."""
    return tuple(filter(None, (record.references.get("converted_contact"), record.merged_into)))


def kind_of(record: RemoteRecord) -> str:
    """The key of the record's kind in the field map."""
    return f"{record.system}.{record.object}"


def mapped(record: RemoteRecord, policy: SyncPolicy) -> Iterator[SyncField]:
    """The fields that live in this kind of record."""
    key = kind_of(record)
    return (field for field in policy.fields if key in field.remote)


def normalised(record: RemoteRecord, policy: SyncPolicy) -> RemoteRecord:
    """The record with addresses and numbers as we know them, so that another way of writing one is no change.

    The website of an account counts where it names a company: free mail names none.
    """
    values, key = dict(record.values), kind_of(record)
    for field in mapped(record, policy):
        name = field.remote[key].name
        if field.type == "phone" and (number := read_number(values.get(name, ""), None)) is not None:
            values[name] = number.e164
        elif field.type == "email" and (address := read_address(values.get(name, ""))) is not None:
            values[name] = address.key
    references = dict(record.references)
    if domain := references.pop("account_domain", ""):
        company = corporate_domain(domain)
        references |= {"account_domain": company} if company else {}
    return replace(record, values=values, references=references)
