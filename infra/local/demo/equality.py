"""Compares the three systems field by field: the simulators over their REST APIs, Leadspine over its own.

Which fields must be equal is written down here a second time; nothing is taken from the sync's own map or shadows.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import requests

from infra.local.demo.remote import MarketoSubscription, Record, SalesforceOrg
from infra.local.endpoints import Endpoints

READERS: Final = 4
TIMEOUT_S: Final = 60
OPT_OUT: Final = "opt-out of e-mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A field that means the same in all systems; "" where a system has no such field."""

    name: str
    lead: str
    contact: str
    marketo: str


FIELDS: Final = (
    Compared(name="email", lead="Email", contact="Email", marketo="email"),
    Compared(name="first_name", lead="FirstName", contact="FirstName", marketo="firstName"),
    Compared(name="last_name", lead="LastName", contact="LastName", marketo="lastName"),
    Compared(name="phone", lead="Phone", contact="Phone", marketo="phone"),
    Compared(name="title", lead="Title", contact="Title", marketo="title"),
    Compared(name="country", lead="Country", contact="MailingCountry", marketo="country"),
    Compared(name="company", lead="Company", contact="", marketo=""),
    Compared(name=OPT_OUT, lead="HasOptedOutOfEmail", contact="HasOptedOutOfEmail", marketo="unsubscribed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field of one person in which a record differs from Leadspine."""

    email: str
    field: str
    record: str
    leadspine: str
    remote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How much was compared, so that nobody takes "nothing to compare" for equality."""

    people: int
    records: Mapping[str, int]
    values: int
    differences: tuple[Difference, ...]


def compare(
    endpoints: Endpoints, org: SalesforceOrg, subscription: MarketoSubscription, emails: Iterable[str]
) -> Comparison:
    """Read everybody everywhere and hold the values against each other."""
    wanted = sorted(emails)
    people = read_people(endpoints, wanted)
    records = [*_salesforce(org, wanted), *_marketo(subscription, wanted)]
    differences, values = [], 0
    for kind, record in records:
        email = str(record["email" if kind == "marketo" else "Email"]).lower()
        for field in FIELDS:
            name = getattr(field, kind)
            if not name:
                continue
            values += 1
            ours, theirs = _ours(people.get(email), field.name), _plain(field.name, record[name])
            if ours != theirs:
                place = f"{kind} {record.get('Id') or record.get('id')}"
                differences.append(
                    Difference(email=email, field=field.name, record=place, leadspine=ours, remote=theirs)
                )
    kinds = [kind for kind, _ in records]
    counts = {kind: kinds.count(kind) for kind in ("lead", "contact", "marketo")}
    return Comparison(people=len(people), records=counts, values=values, differences=tuple(differences))


def read_people(endpoints: Endpoints, emails: Iterable[str]) -> dict[str, Record]:
    """Leads as the API shows them, by address."""

    def read(email: str) -> list[Record]:
        headers = {"authorization": f"Bearer {endpoints.token}"}
        url = f"{endpoints.api}/api/leads/search"
        answer = requests.post(url, json={"email": email}, headers=headers, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return list(answer.json()["items"])

    with ThreadPoolExecutor(READERS) as pool:
        return {str(lead["email"]).lower(): lead for found in pool.map(read, emails) for lead in found}


def _salesforce(org: SalesforceOrg, emails: list[str]) -> list[tuple[str, Record]]:
    found: list[tuple[str, Record]] = []
    for kind, item, where in (("lead", "Lead", "IsConverted = false"), ("contact", "Contact", "")):
        names = [getattr(field, kind) for field in FIELDS if getattr(field, kind)]
        found += [(kind, record) for record in org.by_email(item, ["Id", *names], emails, where=where)]
    return found


def _marketo(subscription: MarketoSubscription, emails: list[str]) -> list[tuple[str, Record]]:
    names = [field.marketo for field in FIELDS if field.marketo]
    return [("marketo", record) for record in subscription.by_email(["id", *names], emails)]


def _ours(lead: Record | None, name: str) -> str:
    if lead is None:
        return "(nobody)"
    if name == OPT_OUT:
        states = {consent["purpose"]: consent["state"] for consent in lead["consents"]}
        return _plain(name, states.get("ad.email") == "withdrawn")
    value: Any = lead[name] if name in ("email", "phone") else lead["profile"].get(name)
    if name in ("first_name", "last_name") and not value:
        # Some forms ask for a name in one piece: its last word is the last name.
        first, _, last = (lead["name"] or "").rpartition(" ")
        value = first if name == "first_name" else last
    return _plain(name, value)


def _plain(name: str, value: Any) -> str:
    """A value as all systems would write it: how an address or a number is typed is no difference."""
    if name == OPT_OUT:
        return "yes" if value in (True, "true") else "no"
    text = "" if value is None else str(value).strip()
    if name == "email":
        return text.lower()
    return "".join(letter for letter in text if letter.isdigit() or letter == "+") if name == "phone" else text
