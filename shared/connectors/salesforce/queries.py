"""What is asked for, as SOQL: columns per kind of record, keyset conditions, lists of values. Sends nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import quote

from shared.domain.instant import Instant
from shared.domain.sync.model import CONTACT, CONTACT_ROLE, LEAD, OPPORTUNITY, SALESFORCE
from shared.domain.sync.policy_model import SyncPolicy

PAGE_ROWS: Final = 2000
"""Rows of a query page: Salesforce's most."""

LIST_CHARACTERS: Final = 12_000
"""Most encoded text of an IN list: 200 people fit, and the whole path stays below 16 KB."""

OBJECTS: Final = {LEAD: "Lead", CONTACT: "Contact", OPPORTUNITY: "Opportunity", CONTACT_ROLE: "OpportunityContactRole"}
"""Our kinds in the order in which a page holds them: a converted lead before its contact, roles after everything."""

ROLES: Final = "OpportunityContactRoles"

_SYSTEM: Final = ("Id", "SystemModstamp", "CreatedDate", "IsDeleted")
_LEAD: Final = (
    "MasterRecordId", "Status", "OwnerId", "Owner.Name", "Owner.Username", "IsConverted", "ConvertedDate",
    "ConvertedContactId", "ConvertedAccountId", "ConvertedOpportunityId",
)  # fmt: skip
_CONTACT: Final = ("MasterRecordId", "OwnerId", "AccountId", "Account.Name", "Account.Website")
_OPPORTUNITY: Final = (
    "AccountId", "Account.Name", "Account.Website", "StageName", "IsClosed", "IsWon", "Amount", "CurrencyIsoCode",
    "CloseDate", "Probability",
)  # fmt: skip
_NEEDED: Final = frozenset(name.lower() for name in _SYSTEM)


class Names(NamedTuple):
    """Where the policy keeps ids in Salesforce: our lead id, by which we upsert, and the Marketo id."""

    leadspine: str
    marketo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """One query. ``children``: with an opportunity's live contact roles. Without what it ``needs`` it is not asked."""

    source: str
    columns: tuple[str, ...]
    where: str = ""
    ordered: str = ""
    limit: int = 0
    children: bool = False
    needs: str = ""

    def text(self, hidden: frozenset[str] = frozenset()) -> str:
        """The SOQL, without the columns (lower case) that are hidden from us."""
        chosen = [name for name in self.columns if name.lower() not in hidden]
        if self.children and ROLES.lower() not in hidden:
            chosen.append(f"(SELECT ContactId FROM {ROLES} WHERE IsDeleted = false)")  # noqa: S608 - SOQL
        where = f" WHERE {self.where}" if self.where else ""
        ordered = f" ORDER BY {self.ordered}" if self.ordered else ""
        limit = f" LIMIT {self.limit}" if self.limit else ""
        return f"SELECT {', '.join(chosen)} FROM {self.source}{where}{ordered}{limit}"  # noqa: S608 - SOQL

    def path(self, hidden: frozenset[str] = frozenset()) -> str:
        """The request below the API version. Deleted rows are always included; conditions leave them out."""
        return f"queryAll?q={quote(self.text(hidden), safe='')}"

    def lost_columns(self, column: tuple[str, str] | None, message: str) -> frozenset[str]:
        """Which columns an INVALID_FIELD is about; empty when it names none that could be left out."""
        known = (*self.columns, *([ROLES] if self.children else []))
        if column is None:
            lost = [name for name in known if f"'{name.partition('.')[0]}'".lower() in message.lower()]
        else:
            name, entity = column[0].lower(), column[1].lower()
            own = entity == self.source.lower()
            lost = [
                one for one in known if one.rpartition(".")[2].lower() == name and own == ("." not in one)
            ] or [one for one in known if one.rpartition(".")[2].lower() == name]  # fmt: skip
        return frozenset(name.lower() for name in lost) - _NEEDED


def names_of(policy: SyncPolicy) -> Names:
    """The id fields as the policy maps them."""
    return Names(
        leadspine=_mapped(policy, "lead.id", "Leadspine_Id__c"),
        marketo=_mapped(policy, "external.marketo", "Marketo_Lead_Id__c"),
    )


def _mapped(policy: SyncPolicy, local: str, default: str) -> str:
    for one in policy.fields:
        remote = one.remote.get(f"{SALESFORCE}.{LEAD}")
        if one.local == local and remote is not None:
            return remote.name
    return default


def mapped_names(policy: SyncPolicy, kind: str) -> tuple[str, ...]:
    """Salesforce's names of the mapped fields of a kind."""
    found = (one.remote.get(f"{SALESFORCE}.{kind}") for one in policy.fields)
    return tuple(dict.fromkeys(remote.name for remote in found if remote is not None))


def columns_of(policy: SyncPolicy) -> dict[str, tuple[str, ...]]:
    """What is read of each kind."""
    names = names_of(policy)
    parent = [f"Opportunity.{name}" for name in ("CreatedDate", *_OPPORTUNITY)]
    return {
        LEAD: _distinct(_SYSTEM, _LEAD, names, mapped_names(policy, LEAD)),
        CONTACT: _distinct(_SYSTEM, _CONTACT, names, mapped_names(policy, CONTACT)),
        OPPORTUNITY: _distinct(_SYSTEM, _OPPORTUNITY),
        CONTACT_ROLE: _distinct(_SYSTEM, ("OpportunityId", "ContactId"), parent),
    }


def _distinct(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple({name.lower(): name for group in groups for name in group}.values())


def after(stamp: Instant, record_id: str, until: Instant) -> str:
    """The condition of a keyset page: behind (stamp, id), or from a stamp on without an id; never past ``until``."""
    at = moment(stamp)
    if record_id:
        lower = f"((SystemModstamp = {at} AND Id > '{escaped(record_id)}') OR SystemModstamp > {at})"
    else:
        lower = f"SystemModstamp >= {at}" if stamp else ""
    upper = f"SystemModstamp <= {moment(until)}" if until else ""
    return " AND ".join(part for part in (lower, upper) if part)


def moment(at: Instant) -> str:
    """A SOQL literal of an instant. Salesforce's stamps have whole seconds."""
    return datetime.fromtimestamp(max(0, at) // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def escaped(text: str) -> str:
    """Text inside a SOQL string."""
    return text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")


def listed(values: Iterable[str]) -> str:
    """Values of an IN list."""
    return ", ".join(f"'{escaped(value)}'" for value in values)


def in_lists(values: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Values in groups that fit one query each."""
    group: list[str] = []
    size = 0
    for value in dict.fromkeys(values):
        cost = len(quote(value, safe="")) + 10
        if group and size + cost > LIST_CHARACTERS:
            yield tuple(group)
            group, size = [], 0
        group.append(value)
        size += cost
    if group:
        yield tuple(group)
