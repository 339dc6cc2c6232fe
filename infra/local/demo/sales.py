"""Plays the story in the simulators: reps answer, convert, win and lose; marketers correct; people unsubscribe.

Everything is done by people's hands, over HTTP. Playing it again does nothing: whoever was answered is not answered
again, and nobody touches a field that is no longer what the world said.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from infra.local.demo.remote import MarketoSubscription, Record, SalesforceOrg
from infra.local.demo.story import ACCEPTED, NOT_A_BUYER, NURTURING, WAITING, WON, Story
from infra.local.demo.tables import Person, SalesRow, World
from infra.local.simulators.salesforce.seed import SALES_USERNAMES

UNANSWERED: Final = "Open - Not Contacted"
STATUSES: Final = {ACCEPTED: "Accepted", NURTURING: "Nurturing", NOT_A_BUYER: "Closed - Not Converted"}
STAGES: Final = {NURTURING: "recycled", NOT_A_BUYER: "disqualified"}
QUEUE_PREFIX: Final = "00G"
_LEAD_FIELDS: Final = ("Id", "Email", "Title", "Company", "Status", "OwnerId", "LastModifiedDate")
_UNCONVERTED: Final = "IsConverted = false"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """How often something was done."""

    answered: int = 0
    converted: int = 0
    won: int = 0
    lost: int = 0
    corrected: int = 0
    disputed: int = 0
    unsubscribed: int = 0


class SalesPlay:
    """One world's story, act by act. Between the acts the systems are brought together."""

    def __init__(self, world: World, story: Story, org: SalesforceOrg, subscription: MarketoSubscription) -> None:
        self._people = {person.email: person for person in world.people.values()}
        self._companies = world.companies
        self._story = story
        self._org = org
        self._subscription = subscription
        self.rows: list[SalesRow] = []

    def answer(self) -> Acts:
        """Reps take hand-overs on or send people back; some wait."""
        waiting = [lead for lead in self._leads() if lead["Status"] == UNANSWERED]
        answered = [lead for lead in waiting if self._answer(lead)]
        changed = {lead["Id"]: lead for lead in self._leads()}
        for lead in answered:
            self._note(self._person(lead), changed[lead["Id"]]["LastModifiedDate"], **self._meaning(lead))
        return Acts(answered=len(answered))

    def _answer(self, lead: Record) -> bool:
        answer = self._story.sales[self._person(lead).person_id].answer
        if answer == WAITING:
            return False
        given = {"Status": STATUSES[answer]}
        if lead["OwnerId"].startswith(QUEUE_PREFIX):
            given["OwnerId"] = self._rep()
        self._org.act("update", object="Lead", id=lead["Id"], **given)
        return True

    def _meaning(self, lead: Record) -> dict[str, str]:
        answer = self._story.sales[self._person(lead).person_id].answer
        if answer == ACCEPTED:
            return {"handover": "accepted"}
        return {"handover": "rejected", "stage": STAGES[answer]}

    def open_deals(self) -> Acts:
        """Accepted leads with a deal become contacts with an opportunity."""
        converted = 0
        for lead in self._leads():
            story = self._story.sales[self._person(lead).person_id]
            if lead["Status"] != STATUSES[ACCEPTED] or not story.amount:
                continue
            done = self._org.act("convert", lead_id=lead["Id"], **self._account_of(lead))
            opportunity, domain = done["opportunity_id"], self._domain(lead)
            self._org.act("update", object="Account", id=done["account_id"], Website=f"https://www.{domain}")
            self._org.act("update", object="Opportunity", id=opportunity, StageName=story.stage, Amount=story.amount)
            self._note_opportunity(self._person(lead), opportunity, "open", account_domain=domain)
            converted += 1
        return Acts(converted=converted)

    def close_deals(self) -> Acts:
        """Deals are won and lost."""
        counts = {"won": 0, "lost": 0}
        for person, opportunity in self._open_opportunities():
            closing = self._story.sales[person.person_id].closing
            if closing:
                self._org.act("update", object="Opportunity", id=opportunity, StageName=closing)
                state = "won" if closing == WON else "lost"
                self._note_opportunity(person, opportunity, state)
                counts[state] += 1
        return Acts(**counts)

    def correct(self) -> Acts:
        """Marketers correct job titles; where sales has the person, too, a rep may write another one."""
        ours = {lead["Email"]: lead for lead in self._leads()}
        corrected = disputed = 0
        for record in list(self._subscription.by_email(("id", "email", "title"), sorted(self._people))):
            person = self._people[record["email"]]
            story, lead = self._story.marketing[person.person_id], ours.get(person.email)
            if not _is_untouched(record["title"], person):
                continue
            if lead is not None and story.disputed and _is_untouched(lead["Title"], person):
                title = self._story.sales[person.person_id].title
                changed = self._subscription.act(f"people/{record['id']}", title=story.disputed)
                self._org.act("update", object="Lead", id=lead["Id"], Title=title)
                # Written within the same minute: times of two clocks cannot decide, and the policy's tie is Salesforce.
                self._note(person, changed["updatedAt"], title=title)
                disputed += 1
            elif story.title:
                changed = self._subscription.act(f"people/{record['id']}", title=story.title)
                self._note(person, changed["updatedAt"], title=story.title)
                corrected += 1
        return Acts(corrected=corrected, disputed=disputed)

    def unsubscribe(self) -> Acts:
        """Some click the link in a mail of Marketo, some tell their sales rep on the telephone."""
        count = 0
        for record in list(self._subscription.by_email(("id", "email", "unsubscribed"), sorted(self._people))):
            person = self._people[record["email"]]
            if self._story.marketing[person.person_id].unsubscribes and not record["unsubscribed"]:
                changed = self._subscription.act(f"people/{record['id']}/unsubscribe")
                self._note(person, changed["updatedAt"], opt_out="ad.email")
                count += 1
        for lead in self._leads(("Id", "Email", "HasOptedOutOfEmail")):
            if self._story.sales[self._person(lead).person_id].opts_out and not lead["HasOptedOutOfEmail"]:
                self._org.act("update", object="Lead", id=lead["Id"], HasOptedOutOfEmail=True)
                (changed,) = self._org.query("SELECT LastModifiedDate FROM Lead WHERE Id = '{id}'", id=lead["Id"])
                self._note(self._person(lead), changed["LastModifiedDate"], opt_out="ad.email")
                count += 1
        return Acts(unsubscribed=count)

    def _leads(self, fields: tuple[str, ...] = _LEAD_FIELDS) -> list[Record]:
        return list(self._org.by_email("Lead", fields, sorted(self._people), where=_UNCONVERTED))

    def _person(self, record: Record) -> Person:
        return self._people[record["Email"].lower()]

    def _rep(self) -> str:
        (rep,) = self._org.query("SELECT Id FROM User WHERE Username = '{name}'", name=SALES_USERNAMES[0])
        return str(rep["Id"])

    def _account_of(self, lead: Record) -> dict[str, str]:
        """The account of a colleague who was converted before, so that a company is one account."""
        found = self._org.query("SELECT Id FROM Account WHERE Name = '{name}' LIMIT 1", name=lead["Company"])
        account = next(found, None)
        return {"account_id": account["Id"]} if account else {}

    def _open_opportunities(self) -> Iterator[tuple[Person, str]]:
        contacts = {
            contact["Id"]: self._person(contact)
            for contact in self._org.by_email("Contact", ("Id", "Email"), sorted(self._people))
        }
        roles = self._org.query(
            "SELECT ContactId, OpportunityId FROM OpportunityContactRole WHERE Opportunity.IsClosed = false"
        )
        for role in list(roles):
            if role["ContactId"] in contacts:
                yield contacts[role["ContactId"]], role["OpportunityId"]

    def _domain(self, lead: Record) -> str:
        """What a rep writes down as the company's web site."""
        return self._companies[self._person(lead).company_id].domain

    def _note_opportunity(self, person: Person, opportunity_id: str, state: str, **more: str) -> None:
        (record,) = self._org.query("SELECT LastModifiedDate FROM Opportunity WHERE Id = '{id}'", id=opportunity_id)
        self._note(person, record["LastModifiedDate"], opportunity_state=state, **more)

    def _note(self, person: Person, stamp: str, **attributes: str) -> None:
        at = int(datetime.fromisoformat(stamp).timestamp() * 1000)
        row_id = f"{person.person_id}-crm-{len(self.rows)}"
        self.rows.append(SalesRow(row_id=row_id, person_id=person.person_id, at=at, attributes=attributes))


def _is_untouched(title: str | None, person: Person) -> bool:
    """Nobody has written another title than the person gave."""
    return title in (None, "", person.title)


def total(acts: Iterable[Acts]) -> Acts:
    """All of them together."""
    listed = list(acts)
    return Acts(**{name: sum(getattr(one, name) for one in listed) for name in Acts.__dataclass_fields__})
