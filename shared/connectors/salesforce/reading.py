"""Rows of Salesforce as neutral records: values as text under the policy's names, everything else as references."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from shared.connectors.salesforce.ids import LEAD_PREFIX, id18
from shared.connectors.salesforce.queries import ROLES, Names, mapped_names, names_of
from shared.domain.instant import Instant
from shared.domain.sync.model import CONTACT, CONTACT_ROLE, LEAD, OPPORTUNITY, SALESFORCE, RemoteRecord
from shared.domain.sync.policy_model import SyncPolicy

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:?\d\d|Z)")


class Reader:
    """Reads rows by one policy."""

    def __init__(self, policy: SyncPolicy) -> None:
        self._names: Names = names_of(policy)
        self._mapped = {kind: mapped_names(policy, kind) for kind in (LEAD, CONTACT)}

    def record(self, kind: str, row: Mapping[str, Any], *, read_at: Instant, currency: str = "") -> RemoteRecord:
        """A row as a record. ``currency`` is that of amounts in an org that has no currency field."""
        of = {name.lower(): value for name, value in row.items()}
        master = id18(text(of.get("masterrecordid")))
        return RemoteRecord(
            system=SALESFORCE,
            object=kind,
            remote_id=id18(text(of.get("id"))),
            stamp=instant(of.get("systemmodstamp")),
            read_at=read_at,
            created_at=instant(of.get("createddate")),
            values={name: text(of[name.lower()]) for name in self._mapped.get(kind, ()) if name.lower() in of},
            references={name: value for name, value in self._references(kind, of, currency).items() if value},
            deleted=of.get("isdeleted") is True,
            merged_into=master or None,
        )

    def _references(self, kind: str, of: Mapping[str, Any], currency: str) -> dict[str, str]:
        if kind == LEAD:
            return self._of_lead(of)
        if kind == CONTACT:
            return self._of_contact(of)
        if kind == OPPORTUNITY:
            return {**_of_opportunity(of, currency), "contacts": _contacts(of.get(ROLES.lower()))}
        parent = {name.lower(): value for name, value in (of.get("opportunity") or {}).items()}
        return {
            **_of_opportunity(parent, currency),
            "opportunity": id18(text(of.get("opportunityid"))),
            "contact": id18(text(of.get("contactid"))),
        }

    def _of_lead(self, of: Mapping[str, Any]) -> dict[str, str]:
        converted = of.get("isconverted") is True
        owner = of.get("owner") or {}
        return {
            **self._ids(of),
            "status": text(of.get("status")),
            "owner": id18(text(of.get("ownerid"))),
            # As the policy names owners: a user by user name, a queue by its label.
            "owner_name": text(owner.get("Username") or owner.get("Name")),
            "owner_label": text(owner.get("Name")),
            "converted": "true" if converted else "",
            "converted_contact": id18(text(of.get("convertedcontactid"))),
            "converted_account": id18(text(of.get("convertedaccountid"))),
            "converted_opportunity": id18(text(of.get("convertedopportunityid"))),
            "converted_on": text(of.get("converteddate"))[:10] if converted else "",
        }

    def _of_contact(self, of: Mapping[str, Any]) -> dict[str, str]:
        account = of.get("account") or {}
        return {
            **self._ids(of),
            "owner": id18(text(of.get("ownerid"))),
            "account": id18(text(of.get("accountid"))),
            "account_name": text(account.get("Name")),
            "account_domain": domain_of(text(account.get("Website"))),
        }

    def _ids(self, of: Mapping[str, Any]) -> dict[str, str]:
        return {
            "leadspine_id": text(of.get(self._names.leadspine.lower())),
            "marketo_id": text(of.get(self._names.marketo.lower())),
        }


def _of_opportunity(of: Mapping[str, Any], currency: str) -> dict[str, str]:
    """What a deal says; of a contact role ``of`` is its parent, which is missing when our user may not see it."""
    if not of:
        return {}
    closed, won = of.get("isclosed") is True, of.get("iswon") is True
    account = of.get("account") or {}
    amount = text(of.get("amount"))
    return {
        "account": id18(text(of.get("accountid"))),
        "account_name": text(account.get("Name")),
        "account_domain": domain_of(text(account.get("Website"))),
        "state": "won" if won else "lost" if closed else "open",
        "stage": text(of.get("stagename")),
        "amount": amount,
        "currency": (text(of.get("currencyisocode")) or currency) if amount else "",
        "opened_on": text(of.get("createddate"))[:10],
        "closed_on": text(of.get("closedate"))[:10] if closed else "",
        "expected_on": "" if closed else text(of.get("closedate"))[:10],
        "probability": text(of.get("probability")),
    }


def _contacts(roles: object) -> str:
    rows = roles.get("records") if isinstance(roles, Mapping) else None
    return ",".join(dict.fromkeys(id18(text(row.get("ContactId"))) for row in rows or () if row.get("ContactId")))


def missing(remote_id: str, *, read_at: Instant) -> RemoteRecord:
    """A person's record that a query by id does not find any more: purged, or out of our user's sight."""
    kind = LEAD if remote_id.startswith(LEAD_PREFIX) else CONTACT
    return RemoteRecord(system=SALESFORCE, object=kind, remote_id=remote_id, stamp=0, read_at=read_at, deleted=True)


def order(record: RemoteRecord) -> tuple[int, Instant, str]:
    """The order inside a page: a converted lead before the contact that takes over, a role after its people."""
    kinds = (LEAD, CONTACT, OPPORTUNITY, CONTACT_ROLE)
    rank = 0 if record.references.get("converted") else 1 + kinds.index(record.object)
    return rank, record.stamp, record.remote_id


def text(value: object) -> str:
    """A JSON value as text: ``""`` for null, plain decimals, instants with their zone as ``Z``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    found = str(value).strip()
    if _MOMENT.fullmatch(found):
        return datetime.fromisoformat(found).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return found


def instant(value: object) -> Instant:
    """A date-time as milliseconds; 0 for none."""
    found = str(value or "")
    return round(datetime.fromisoformat(found).timestamp() * 1000) if _MOMENT.fullmatch(found) else 0


def domain_of(website: str) -> str:
    """The host of an account's web address, without ``www.``; ``""`` when it is none."""
    address = website.strip().lower()
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.") if "." in host else ""
