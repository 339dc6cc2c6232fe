"""One person between three systems: handed over, accepted, disputed, won, opted out; and what crashes change of it."""

import os
import re
import signal
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from infra.local import cloud
from infra.local.demo.equality import compare
from infra.local.demo.remote import MarketoSubscription, Record, SalesforceOrg
from infra.local.demo.together import Together
from infra.local.processes import read_pid
from infra.local.sites import all_answer
from tests.journeys.conftest import Laptop

pytestmark = pytest.mark.laptop

LEAD_FIELDS = ("Id", "Email", "Title", "Status", "OwnerId", "HasOptedOutOfEmail", "Leadspine_Id__c")
PERSON_FIELDS = ("id", "email", "title", "unsubscribed", "leadspineId", "updatedAt")
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Office:
    """The laptop cloud with the people who work in Salesforce and Marketo."""

    laptop: Laptop
    org: SalesforceOrg
    subscription: MarketoSubscription
    together: Together

    def asks_for_a_demonstration(self, name: str) -> str:
        """A person who is ready for sales; returns the address."""
        email = f"{name}.{uuid.uuid4().hex[:8]}@journey-{uuid.uuid4().hex[:6]}.example"
        form = {
            "id": uuid.uuid4().hex,
            "occurred_at": datetime.fromtimestamp(self.laptop.now() / 1000, UTC).isoformat(),
            "email": email,
            "first_name": name.title(),
            "last_name": "Journey",
            "company": "Journey GmbH",
            "title": "Chief Financial Officer",
            "country": "DE",
            "form_id": "request-demo",
            "form_name": "Request a demo",
            "answers": {"company_size": "1000+", "timeline": "this quarter"},
            "consents": {"processing": True, "ad.email": True},
        }
        answer = self.laptop.post_json(form)
        assert answer.ok, answer.text
        self.laptop.settle()
        self.together.until_quiet()
        return email

    def record(self, email: str, item: str = "Lead") -> Record:
        fields = [name for name in LEAD_FIELDS if item == "Lead" or name != "Status"]
        (found,) = self.org.by_email(item, fields, [email])
        return found

    def person(self, email: str) -> Record:
        (found,) = self.subscription.by_email(PERSON_FIELDS, [email])
        return found

    def lead(self, email: str) -> dict[str, Any]:
        found = self.laptop.lead(email)
        assert found is not None
        return found

    def consent(self, email: str) -> str:
        return {one["purpose"]: str(one["state"]) for one in self.lead(email)["consents"]}["ad.email"]

    def mails(self, **query: str) -> list[dict[str, Any]]:
        answer = requests.get(self.laptop.endpoints.mailbox, params=query, timeout=30)
        return list(answer.json())

    def differences(self, email: str) -> tuple[Any, ...]:
        return compare(self.laptop.endpoints, self.org, self.subscription, [email]).differences


@pytest.fixture(scope="module")
def office(laptop: Laptop) -> Office:
    org = SalesforceOrg(laptop.endpoints.salesforce or "")
    subscription = MarketoSubscription(laptop.endpoints.marketo or "")
    return Office(laptop, org, subscription, Together(laptop.home, org, subscription))


def test_a_hand_over_becomes_a_lead_with_owner_and_task_and_the_deal_a_customer(office: Office) -> None:
    email = office.asks_for_a_demonstration("anna")
    handed = office.record(email)
    tasks = list(office.org.query("SELECT Subject, OwnerId FROM Task WHERE WhoId = '{id}'", id=handed["Id"]))
    assert handed["Leadspine_Id__c"] == office.lead(email)["id"]
    assert handed["OwnerId"].startswith("005")
    assert [task["OwnerId"] for task in tasks] == [handed["OwnerId"]]
    assert len([mail for mail in office.mails(to="sales@acme.test") if "Anna Journey" in mail["subject"]]) == 1

    office.org.act("update", object="Lead", id=handed["Id"], Status="Accepted")
    office.together.once()
    assert office.lead(email)["handover"]["state"] == "accepted"

    done = office.org.act("convert", lead_id=handed["Id"])
    deal = {"object": "Opportunity", "id": done["opportunity_id"]}
    office.org.act("update", **deal, Amount=12500, StageName="Negotiation/Review")
    office.together.until_quiet()
    assert office.lead(email)["stage"]["id"] == "opportunity"

    office.org.act("update", **deal, StageName="Closed Won")
    office.together.until_quiet()
    assert office.lead(email)["stage"]["id"] == "customer"
    assert office.differences(email) == ()


def test_a_dispute_is_judged_once_and_all_systems_agree(office: Office) -> None:
    email = office.asks_for_a_demonstration("boris")
    record, person = office.record(email), office.person(email)
    office.subscription.act(f"people/{person['id']}", title="Title of the marketer")
    office.org.act("update", object="Lead", id=record["Id"], Title="Title of the rep")

    office.together.until_quiet()

    lead_id = office.lead(email)["id"]
    found = office.laptop.api("GET", f"/api/sync/conflicts?lead={lead_id}").json()["items"]
    assert {(one["field"], one["rule"]) for one in found} == {("title", "latest")}
    assert office.record(email)["Title"] == office.person(email)["title"] == "Title of the rep"
    assert office.differences(email) == ()


@pytest.mark.parametrize("system", ["salesforce", "marketo"])
def test_an_opt_out_in_one_system_is_one_everywhere(office: Office, system: str) -> None:
    email = office.asks_for_a_demonstration("clara")
    assert office.consent(email) == "given"

    if system == "salesforce":
        office.org.act("update", object="Lead", id=office.record(email)["Id"], HasOptedOutOfEmail=True)
    else:
        office.subscription.act(f"people/{office.person(email)['id']}/unsubscribe")
    office.together.until_quiet()

    assert office.consent(email) == "withdrawn"
    assert office.record(email)["HasOptedOutOfEmail"] is True
    assert office.person(email)["unsubscribed"] is True


def test_a_welcome_unsubscribes_with_one_click_and_nothing_more_is_sent(office: Office) -> None:
    email = office.asks_for_a_demonstration("dora")
    (welcome,) = office.mails(to=email)
    link = re.search(r"<(http[^>]+)>", welcome["headers"]["List-Unsubscribe"])
    assert link is not None
    assert requests.get(link[1], timeout=30).ok
    assert office.consent(email) == "given"

    clicked = requests.post(link[1], data={"List-Unsubscribe": "One-Click"}, timeout=30)
    office.laptop.settle()
    office.together.until_quiet()

    assert clicked.ok
    assert office.consent(email) == "withdrawn"
    assert office.record(email)["HasOptedOutOfEmail"] is True
    assert office.person(email)["unsubscribed"] is True
    assert len(office.mails(to=email)) == 1


def test_nothing_is_written_when_nothing_changed(office: Office) -> None:
    email = office.asks_for_a_demonstration("emil")
    before = (office.record(email), office.person(email))
    for url in (office.laptop.endpoints.salesforce, office.laptop.endpoints.marketo):
        requests.delete(f"{url}/__sim__/calls", timeout=30)

    office.together.once()

    calls = requests.get(f"{office.laptop.endpoints.marketo}/__sim__/calls", timeout=30).json()["by_path"]
    assert not [name for name in calls if name == "POST /rest/v1/leads.json"]
    assert (office.record(email), office.person(email)) == before


def test_a_killed_engine_and_killed_simulators_lose_nothing(office: Office) -> None:
    email = office.asks_for_a_demonstration("fritz")
    record = office.record(email)
    home = office.laptop.home
    office.org.act("update", object="Lead", id=record["Id"], Title="Written before the crash")
    for path in (home.engine_pid, home.site_pid("salesforce"), home.site_pid("marketo")):
        process = read_pid(path)
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)

    assert office.laptop.eventually(lambda: cloud.status(home)["running"] and all_answer(home), timeout_s=60)
    office.together.until_quiet()

    assert office.person(email)["title"] == office.lead(email)["profile"]["title"] == "Written before the crash"
    assert office.differences(email) == ()


def test_a_hand_over_that_nobody_answers_is_announced(office: Office) -> None:
    email = office.asks_for_a_demonstration("gerda")
    assert office.lead(email)["handover"]["state"] == "requested"

    cloud.advance(office.laptop.home, 5 * HOUR_MS)
    office.laptop.invoke("watch_handovers")
    office.laptop.settle()

    assert office.lead(email)["handover"]["state"] == "overdue"
    subjects = [mail["subject"] for mail in office.mails(to="sales@acme.test") if "Gerda Journey" in mail["subject"]]
    assert len(subjects) == 2
