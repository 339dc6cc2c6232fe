"""Whether somebody is in Salesforce already, and where a record went that is not where we left it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from shared.connectors.salesforce.asking import Asker
from shared.connectors.salesforce.ids import CONTACT_PREFIX, LEAD_PREFIX, id18
from shared.connectors.salesforce.queries import Names, Select, in_lists, listed
from shared.domain.sync.model import CONTACT, GONE, LEAD, REJECTED, REMAPPED, RemoteWrite, WriteOutcome

SEVERAL: Final = "SALESFORCE.SEVERAL_MATCHES"
_SOURCES: Final = {LEAD: "Lead", CONTACT: "Contact"}
_LISTED_IDS: Final = 10


class Existing(NamedTuple):
    """A record that may stand for a person. ``moved_to``: the contact of a converted lead, or a merge's winner."""

    object: str
    remote_id: str
    email: str = ""
    leadspine_id: str = ""
    gone: bool = False
    moved_to: str = ""


class Matches:
    """Finds records by e-mail address, by our id, and by their own."""

    def __init__(self, asker: Asker, names: Names) -> None:
        self._asker = asker
        self._key = names.leadspine

    def before_creation(self, writes: Sequence[RemoteWrite]) -> dict[str, WriteOutcome]:
        """Outcomes, by lead id, of creations that are none: somebody is there already.

        Our own record from an attempt whose answer was lost is not in it: the upsert finds that again.
        """
        found = self._people([write.match_email.lower() for write in writes if write.match_email],
                             [write.external_id for write in writes])  # fmt: skip
        by_email: dict[str, list[Existing]] = {}
        by_key: dict[str, list[Existing]] = {}
        for one in found:
            if one.email:
                by_email.setdefault(one.email.lower(), []).append(one)
            if one.leadspine_id:
                by_key.setdefault(one.leadspine_id.lower(), []).append(one)
        outcomes = {}
        for write in writes:
            same = by_email.get(write.match_email.lower(), []) if write.match_email else []
            outcome = _judged(by_key.get(write.external_id.lower(), []), same)
            if outcome:
                outcomes[write.lead_id] = outcome
        return outcomes

    def _people(self, emails: Sequence[str], keys: Sequence[str]) -> list[Existing]:
        selects = []
        for column, values in (("Email", emails), (self._key, keys)):
            for group in in_lists(values):
                where = f"{column} IN ({listed(group)}) AND IsDeleted = false"
                # Where contacts have no field for our id, none of them can be found by it.
                selects += [(kind, replace(self._select(kind, where), needs=column)) for kind in _SOURCES]
        pages = self._asker.ask_all([select for _, select in selects])
        found = [self._existing(kind, row) for (kind, _), rows in zip(selects, pages, strict=True) for row in rows]
        return list({one.remote_id: one for one in found}.values())

    def by_ids(self, ids: Iterable[str]) -> dict[str, Existing]:
        """Records by id, the deleted ones too; one that was purged is missing."""
        wanted = list(dict.fromkeys(id18(one) for one in ids if one))
        selects = [
            (kind, self._select(kind, f"Id IN ({listed(group)})"))
            for kind, prefix in ((LEAD, LEAD_PREFIX), (CONTACT, CONTACT_PREFIX))
            for group in in_lists([one for one in wanted if one.startswith(prefix)])
        ]
        pages = self._asker.ask_all([select for _, select in selects]) if selects else []
        found = [self._existing(kind, row) for (kind, _), rows in zip(selects, pages, strict=True) for row in rows]
        return {one.remote_id: one for one in found}

    def _select(self, kind: str, where: str) -> Select:
        converted = ("IsConverted", "ConvertedContactId") if kind == LEAD else ()
        columns = ("Id", "Email", self._key, "IsDeleted", "MasterRecordId", *converted)
        return Select(source=_SOURCES[kind], columns=columns, where=where)

    def _existing(self, kind: str, row: Mapping[str, Any]) -> Existing:
        successor = row.get("ConvertedContactId") if row.get("IsConverted") is True else row.get("MasterRecordId")
        return Existing(
            object=kind,
            remote_id=id18(str(row["Id"])),
            email=str(row.get("Email") or ""),
            leadspine_id=str(row.get(self._key) or ""),
            gone=row.get("IsDeleted") is True or row.get("IsConverted") is True,
            moved_to=id18(str(successor or "")),
        )


def _judged(own: Sequence[Existing], same_email: Sequence[Existing]) -> WriteOutcome | None:
    """Where the person is: our own contact, our converted lead's contact, or the one record with the address."""
    contacts = [one for one in own if one.object == CONTACT and not one.gone]
    moved = [one for one in own if one.gone and one.moved_to]
    if len(contacts) == 1:
        return remapped(contacts[0].remote_id)
    if moved and not contacts:
        return remapped(moved[0].moved_to)
    if any(one.object == LEAD and not one.gone for one in own):
        return None
    live = [one for one in same_email if not one.gone]
    if len(live) == 1:
        return remapped(live[0].remote_id)
    return several([one.remote_id for one in live]) if live else None


def where_it_went(remote_id: str, found: Mapping[str, Existing]) -> WriteOutcome:
    """The outcome for a record that could not be written because it is converted, merged or deleted."""
    known = found.get(id18(remote_id))
    return remapped(known.moved_to) if known and known.moved_to else WriteOutcome(GONE, remote_id)


def in_the_way(
    write: RemoteWrite, ids: Sequence[str], found: Mapping[str, Existing], code: str, message: str
) -> WriteOutcome:
    """A creation that a duplicate rule or a unique field refused: adopt the one record with the same address."""
    email = write.match_email.lower()
    same = [one for one in ids if email and one in found and found[one].email.lower() == email]
    if write.remote_id is None and len(same) == 1 and not found[same[0]].gone:
        return remapped(same[0])
    listing = f" {', '.join(ids[:_LISTED_IDS])}" if ids else " by a record that the sync user cannot see"
    return WriteOutcome(REJECTED, write.remote_id, write.object, code, f"{message} Matched:{listing}")


def remapped(remote_id: str) -> WriteOutcome:
    """Another record stands for the person."""
    return WriteOutcome(REMAPPED, remote_id, LEAD if remote_id.startswith(LEAD_PREFIX) else CONTACT)


def several(ids: Sequence[str]) -> WriteOutcome:
    """A person has to choose."""
    listing = ", ".join(sorted(ids)[:_LISTED_IDS])
    return WriteOutcome(REJECTED, code=SEVERAL, message=f"Several records have the person's address: {listing}")
