"""The Salesforce connector against the simulator: what is read, what is written, and what every fault becomes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.sync.model import (
    CONTACT,
    CREATED,
    GONE,
    LEAD,
    REJECTED,
    REMAPPED,
    RETRY_LATER,
    SKIPPED,
    UPDATED,
    Task,
    Usage,
)
from shared.ports.sync import BudgetSpent, NotConfigured, RemoteRefused, RemoteUnavailable
from tests.contracts.salesforce_world import OVERLAP_MS, World, a_policy, a_write

A_TASK = Task(external_id="task_1", subject="Call Ada", description="She read the price list.", due="2026-03-11")


@pytest.fixture
def world() -> Iterator[World]:
    return World()


def new(number: int, **more: Any) -> Any:
    email = f"p{number}@example.com"
    values = {"LastName": f"P{number}", "Company": "Acme", "Email": email}
    return a_write(**{"values": values, "number": number, "match_email": email, **more})


class TestCycle:
    def test_the_first_idle_cycle_takes_two_calls_with_its_login_and_later_ones_take_one(self, world: World) -> None:
        assert world.calls_of(lambda: world.pull({})) == 2
        assert world.calls_of(lambda: world.pull({})) == 1
        assert world.system.calls() == 3

    def test_it_reads_every_kind_in_the_order_of_dependence(self, world: World) -> None:
        account = world.make("Account", Name="Acme", Website="https://www.Acme.example/about")
        lead = world.make("Lead", Email="ada@example.com", Leadspine_Id__c="lead_1", OwnerId=world.queue())
        done = world.make("Lead", LastName="Conv", Email="bob@example.com")
        converted = world.act("convert", lead_id=done, account_id=account)
        world.act("update", object="Opportunity", id=converted["opportunity_id"], StageName="Closed Won", Amount=12500)
        records, position = world.pull({})
        assert [record.object for record in records] == ["lead", "lead", "contact", "opportunity", "contact_role"]
        first, second, contact, deal, role = records
        assert first.references["converted"] == "true"
        assert first.references["converted_contact"] == contact.remote_id == converted["contact_id"]
        assert first.references["converted_on"] == "2026-03-10"
        assert (second.remote_id, second.references["owner_name"]) == (lead, "Inbound leads")
        assert first.references["owner_name"] == "sam.sales@acme.test"
        assert first.references["owner_label"] == "Sam Sales"
        assert second.references["leadspine_id"] == "lead_1"
        assert second.values["Email"] == "ada@example.com"
        assert second.values["HasOptedOutOfEmail"] == "false"
        assert second.values["Title"] == ""
        assert (contact.references["account"], contact.references["account_domain"]) == (account, "acme.example")
        assert contact.references["account_name"] == "Acme"
        assert "Company" not in contact.values
        assert deal.references["contacts"] == contact.remote_id
        expected = {"state": "won", "stage": "Closed Won", "amount": "12500", "currency": "EUR", "probability": "100",
                    "opened_on": "2026-03-10", "closed_on": "2026-03-31", "account": account,
                    "account_domain": "acme.example"}  # fmt: skip
        assert {name: deal.references[name] for name in expected} == expected
        assert {name: role.references[name] for name in expected} == expected
        assert (role.references["opportunity"], role.references["contact"]) == (deal.remote_id, contact.remote_id)
        assert all(record.read_at == world.now() for record in records)
        assert position["started"] == 0

    def test_a_thousand_changed_records_are_one_call(self, world: World) -> None:
        world.pull({})
        for number in range(1000):
            world.make("Lead", LastName=f"L{number}")
        found: list[Any] = []
        assert world.calls_of(lambda: found.extend(world.pull({})[0])) == 1
        assert len(found) == 1000

    def test_it_looks_back_and_then_stays_quiet(self, world: World) -> None:
        world.make("Lead")
        _, position = world.pull({})
        world.pass_by(minutes=5)
        assert len(world.pull(position)[0]) == 1
        _, position = world.pull(position)
        world.pass_by(minutes=6)
        assert world.pull(world.pull(position)[1])[0] == []

    def test_a_row_that_becomes_visible_late_is_found_inside_the_overlap(self, world: World) -> None:
        _, position = world.pull({})
        world.break_by("late_visibility", seconds=400)
        late = world.make("Lead")
        world.pass_by(minutes=5)
        records, position = world.pull(position)
        assert records == []
        world.pass_by(minutes=5)
        assert [record.remote_id for record in world.pull(position)[0]] == [late]

    def test_a_change_during_the_pull_belongs_to_the_next_one(self, world: World) -> None:
        for number in range(2500):
            world.make("Lead", LastName=f"L{number}")
        page = world.system.changes({})
        assert page.more
        world.pass_by(seconds=30)
        during = page.records[0].remote_id
        world.edit("Lead", during, Title="CEO")
        rest, position = world.pull(page.position)
        assert {record.remote_id for record in rest}.isdisjoint({during})
        assert position["lead"]["stamp"] <= world.now() - 30_000
        world.pass_by(minutes=5)
        assert during in {record.remote_id for record in world.pull(position)[0]}

    def test_our_clock_does_not_matter(self, world: World) -> None:
        world.skew_ms = -180_000
        _, position = world.pull({})
        world.pass_by(minutes=1)
        world.make("Lead")
        assert position["lead"]["stamp"] == world.now() + 180_000 - 60_000
        assert len(world.pull(position)[0]) == 1

    @pytest.mark.parametrize("page_size", [2000, 700])
    def test_five_thousand_rows_of_one_second_survive_a_death_after_any_page(
        self, world: World, page_size: int
    ) -> None:
        made = {world.make("Lead", LastName=f"L{number}") for number in range(5000)}
        world.site.org.change_settings({"page_size": page_size})
        world.pass_by(minutes=1)
        seen: set[str] = set()
        position: Any = {}
        for _ in range(12):
            page = world.a_system().changes(position)  # every page is another process
            assert seen.isdisjoint({record.remote_id for record in page.records})
            seen |= {record.remote_id for record in page.records}
            position = page.position
            if not page.more:
                break
        assert seen == made
        assert position["started"] == 0

    def test_deleted_merged_and_restored_rows_say_so(self, world: World) -> None:
        winner, loser, gone = (world.make("Lead", LastName=name) for name in "ABC")
        world.act("merge", object="Lead", master_id=winner, loser_ids=[loser])
        world.remove("Lead", gone)
        records = {record.remote_id: record for record in world.pull({})[0]}
        assert (records[loser].deleted, records[loser].merged_into) == (True, winner)
        assert (records[gone].deleted, records[gone].merged_into) == (True, None)
        assert not records[winner].deleted
        world.bring_back("Lead", gone)
        assert not {record.remote_id: record for record in world.pull({})[0]}[gone].deleted

    def test_a_role_that_ended_is_a_deleted_role(self, world: World) -> None:
        contact = world.make("Contact", AccountId=world.make("Account"))
        deal = world.make("Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-12-31")
        role = world.make("OpportunityContactRole", OpportunityId=deal, ContactId=contact)
        world.remove("OpportunityContactRole", role)
        records = {record.object: record for record in world.pull({})[0]}
        assert "contacts" not in records["opportunity"].references
        assert records["opportunity"].references["state"] == "open"
        assert "closed_on" not in records["opportunity"].references
        assert records["contact_role"].deleted

    def test_a_hidden_field_is_left_out_and_the_query_asked_again_at_once(self, world: World) -> None:
        world.make("Lead", Title="CEO", Phone="1")
        world.site.org.set_rights(hidden=["Lead.Title", "Opportunity.CurrencyIsoCode", "Account.Website"], read_only=[])
        records, _ = world.pull({})
        assert "Title" not in records[0].values
        assert records[0].values["Phone"] == "1"
        assert world.calls_of(lambda: world.pull({})) == 1
        findings = {finding.subject: finding for finding in world.system.preflight()}
        assert findings["Lead.Title"].ok is False

    def test_the_first_cycle_stays_within_three_calls_where_there_is_no_currency(self, world: World) -> None:
        world.site.org.set_rights(hidden=["Opportunity.CurrencyIsoCode"], read_only=[])
        assert world.calls_of(lambda: world.pull({})) == 3

    def test_a_hidden_field_comes_back_after_an_hour(self, world: World) -> None:
        lead = world.make("Lead", Title="CEO")
        world.site.org.set_rights(hidden=["Lead.Title"], read_only=[])
        world.pull({})
        world.site.org.set_rights(hidden=[], read_only=[])
        world.pass_by(minutes=61)
        assert world.pull({})[0][0].values["Title"] == "CEO"
        assert world.system.read([lead])[0].values["Title"] == "CEO"

    def test_a_hidden_object_does_not_stop_the_others_and_loses_nothing(self, world: World) -> None:
        _, position = world.pull({})
        world.site.org.set_rights(hidden=["Opportunity"], read_only=[])
        world.pass_by(minutes=30)
        deal = world.make("Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-12-31")
        world.make("Lead")
        records, position = world.pull(position)
        assert [record.object for record in records] == ["lead"]
        world.pass_by(minutes=90)
        _, position = world.pull(position)
        world.site.org.set_rights(hidden=[], read_only=[])
        records, _ = world.pull(position, world.a_system())
        assert deal in {record.remote_id for record in records}


class TestRead:
    def test_people_are_read_by_id_in_one_call_and_missing_ones_are_gone(self, world: World) -> None:
        lead = world.make("Lead", Title="CEO")
        contact = world.make("Contact", AccountId=world.make("Account", Website="acme.example"))
        purged = world.make("Lead")
        world.remove("Lead", purged)
        world.act("empty-bin", all=True)
        world.system.changes({})
        found: list[Any] = []
        assert world.calls_of(lambda: found.extend(world.system.read([lead[:15], contact, purged]))) == 1
        records = {record.remote_id: record for record in found}
        assert set(records) == {lead, contact, purged}
        assert records[lead].values["Title"] == "CEO"
        assert records[contact].references["account_domain"] == "acme.example"
        assert records[purged].deleted

    def test_records_of_a_hidden_object_are_not_taken_for_deleted(self, world: World) -> None:
        lead, contact = world.make("Lead"), world.make("Contact")
        world.site.org.set_rights(hidden=["Contact"], read_only=[])
        assert [record.remote_id for record in world.system.read([lead, contact])] == [lead]

    def test_nothing_is_asked_about_nobody(self, world: World) -> None:
        assert world.system.read([]) == ()
        assert world.system.calls() == 0

    def test_three_hundred_are_one_call_on_short_pages_a_few(self, world: World) -> None:
        leads = [world.make("Lead", LastName=f"L{number}") for number in range(300)]
        world.system.changes({})
        assert world.calls_of(lambda: world.system.read(leads)) == 1
        world.site.org.change_settings({"page_size": 100})
        assert len(world.system.read(leads)) == 300


class TestWrite:
    def test_a_thousand_updates_are_five_calls(self, world: World) -> None:
        leads = [world.make("Lead", LastName=f"L{number}") for number in range(1000)]
        world.system.changes({})
        writes = [a_write(lead, values={"Title": "CEO"}) for lead in leads]
        outcomes: list[Any] = []
        assert world.calls_of(lambda: outcomes.extend(world.system.write(writes))) == 5
        assert {outcome.status for outcome in outcomes} == {UPDATED}
        assert [outcome.remote_id for outcome in outcomes] == leads
        assert {row["Title"] for row in world.rows("Lead")} == {"CEO"}

    def test_values_travel_by_their_type(self, world: World) -> None:
        lead = world.make("Lead", Title="CEO", HasOptedOutOfEmail=True)
        values = {"Title": "", "HasOptedOutOfEmail": "false", "Lead_Score__c": "71.5",
                  "Consent_Date__c": "2026-03-01T10:00:00Z"}  # fmt: skip
        assert world.system.write([a_write(lead, values=values)])[0].status == UPDATED
        row = world.row("Lead", lead)
        assert (row["Title"], row["HasOptedOutOfEmail"], row["Lead_Score__c"]) == (None, False, 71.5)
        assert row["Consent_Date__c"] == "2026-03-01T10:00:00.000+0000"
        read = world.system.read([lead])[0].values
        assert (read["Consent_Date__c"], read["Lead_Score__c"]) == ("2026-03-01T10:00:00.000Z", "71.5")

    def test_two_hundred_creations_are_a_look_and_an_upsert(self, world: World) -> None:
        world.system.changes({})
        writes = [new(number) for number in range(200)]
        assert world.calls_of(lambda: world.system.write(writes)) == 2
        assert len(world.rows("Lead")) == 200
        assert {row["Leadspine_Id__c"] for row in world.rows("Lead")} == {f"lead_{n}" for n in range(200)}

    def test_a_hand_over_has_owner_status_and_task_in_the_same_call(self, world: World) -> None:
        world.site.org.change_settings({"assignment_owner": world.user("mo.manager@acme.test")})
        values = {
            "LastName": "L",
            "Company": "Acme",
            "OwnerId": "sam.sales@acme.test",
            "Status": "Open - Not Contacted",
        }
        write = a_write(values=values, task=A_TASK, match_email="ada@example.com")
        world.system.changes({})
        outcomes: list[Any] = []
        assert world.calls_of(lambda: outcomes.extend(world.system.write([write]))) == 3  # owners, look, upsert
        assert outcomes[0].status == CREATED
        sam = world.user("sam.sales@acme.test")
        assert world.row("Lead", outcomes[0].remote_id)["OwnerId"] == sam  # assignment rules do not undo it
        (task,) = world.rows("Task")
        assert (task["WhoId"], task["OwnerId"], task["Subject"]) == (outcomes[0].remote_id, sam, "Call Ada")
        assert world.calls_of(lambda: world.system.write([write])) == 2
        assert (len(world.rows("Lead")), len(world.rows("Task"))) == (1, 1)

    def test_queues_own_leads_but_not_contacts_or_tasks(self, world: World) -> None:
        contact = world.make("Contact")
        before = world.row("Contact", contact)["OwnerId"]
        writes = [
            a_write(contact, values={"Title": "CEO", "OwnerId": "Inbound_leads"}),
            new(2, task=A_TASK, values={"LastName": "L", "Company": "A", "OwnerId": "inbound leads"}),
            new(3, values={"LastName": "L", "Company": "A", "OwnerId": "nobody@acme.test"}),
        ]
        first, second, third = world.system.write(writes)
        assert (first.status, first.code, first.fields) == (
            UPDATED, "SALESFORCE.QUEUE_CANNOT_OWN_CONTACT", ("OwnerId",)
        )  # fmt: skip
        assert world.row("Contact", contact)["OwnerId"] == before
        assert world.row("Lead", second.remote_id)["OwnerId"] == world.queue()
        assert (third.status, third.code) == (CREATED, "SALESFORCE.UNKNOWN_OWNER")
        assert len(world.rows("Task")) == 1

    def test_one_match_by_address_is_adopted_several_are_for_a_person(self, world: World) -> None:
        lead = world.make("Lead", Email="P1@Example.com")
        contact = world.make("Contact", Email="p2@example.com")
        several = [world.make("Lead", Email="p3@example.com"), world.make("Contact", Email="p3@example.com")]
        outcomes = world.system.write([new(1), new(2), new(3), new(4)])
        assert [outcome.status for outcome in outcomes] == [REMAPPED, REMAPPED, REJECTED, CREATED]
        assert (outcomes[0].remote_id, outcomes[0].object) == (lead, LEAD)
        assert (outcomes[1].remote_id, outcomes[1].object) == (contact, CONTACT)
        assert all(one in outcomes[2].message for one in several)
        assert "@" not in outcomes[2].message
        assert len(world.rows("Lead")) == 3

    def test_our_own_converted_lead_is_not_created_again(self, world: World) -> None:
        created = world.system.write([new(1)])[0].remote_id
        done = world.act("convert", lead_id=created)
        outcome = world.system.write([new(1)])[0]
        assert (outcome.status, outcome.remote_id, outcome.object) == (REMAPPED, done["contact_id"], CONTACT)

    def test_a_lost_answer_to_a_creation_leaves_one_record_and_one_task(self, world: World) -> None:
        world.system.changes({})
        world.break_by("timeout_after_commit", path="/composite", skip=1, times=1)
        outcome = world.system.write([new(1, task=A_TASK)])[0]
        assert outcome.status == UPDATED
        assert (len(world.rows("Lead")), len(world.rows("Task"))) == (1, 1)
        assert len(world.waits) == 1

    def test_a_lost_answer_that_stays_lost_is_retried_by_the_next_run(self, world: World) -> None:
        world.system.changes({})
        world.break_by("timeout_after_commit", path="/composite", skip=1, times=3)
        assert world.system.write([new(1)])[0].status == RETRY_LATER
        outcome = world.a_system().write([new(1)])[0]
        assert (outcome.status, len(world.rows("Lead"))) == (UPDATED, 1)

    def test_refused_rows_do_not_touch_their_neighbours(self, world: World) -> None:
        leads = [world.make("Lead", LastName=f"L{number}") for number in range(200)]
        world.system.changes({})
        values = {3: {"Email": "ada@nowhere"}, 77: {"Title": "x" * 129}}
        writes = [a_write(lead, values=values.get(number, {"Title": "CEO"})) for number, lead in enumerate(leads)]
        outcomes: list[Any] = []
        assert world.calls_of(lambda: outcomes.extend(world.system.write(writes))) == 1
        assert [outcome.status for outcome in outcomes].count(UPDATED) == 198
        assert (outcomes[3].status, outcomes[3].code) == (REJECTED, "INVALID_EMAIL_ADDRESS")
        assert (outcomes[3].fields, outcomes[3].message) == (("Email",), "Email: invalid email address")
        assert (outcomes[77].code, outcomes[77].fields) == ("STRING_TOO_LONG", ("Title",))
        assert outcomes[77].message == "Title: data value too large (max length=128)"

    def test_a_field_without_edit_right_is_left_out_of_its_rows(self, world: World) -> None:
        leads = [world.make("Lead", LastName=name) for name in "AB"]
        world.site.org.set_rights(hidden=["Lead.Phone"], read_only=["Lead.Title"])
        writes = [
            a_write(leads[0], values={"Title": "CEO", "Phone": "1", "LastName": "New"}),
            a_write(leads[1], values={"Title": "CEO"}),
        ]
        first, second = world.system.write(writes)
        assert (first.status, set(first.fields)) == (UPDATED, {"Title", "Phone"})
        assert world.row("Lead", leads[0])["LastName"] == "New"
        assert (second.status, second.fields, second.code) == (REJECTED, ("Title",), "INVALID_FIELD_FOR_INSERT_UPDATE")

    def test_locked_rows_are_tried_again_and_then_left_to_the_next_run(self, world: World) -> None:
        leads = [world.make("Lead", LastName=f"L{number}") for number in range(6)]
        world.break_by("row_error", row=leads[0], times=2)
        world.break_by("row_error", row=leads[5])
        world.system.changes({})
        outcomes = world.system.write([a_write(lead, values={"Title": "CEO"}) for lead in leads])
        assert [outcome.status for outcome in outcomes] == [UPDATED] * 5 + [RETRY_LATER]
        assert outcomes[5].code == "UNABLE_TO_LOCK_ROW"
        assert len(world.waits) == 4
        assert all(one >= 1 for one in world.waits)

    def test_a_validation_rule_refuses_one_record(self, world: World) -> None:
        lead = world.make("Lead")
        world.break_by("row_error", row=lead, code="FIELD_CUSTOM_VALIDATION_EXCEPTION")
        outcome = world.system.write([a_write(lead, values={"Title": "CEO"})])[0]
        assert (outcome.status, outcome.code) == (REJECTED, "FIELD_CUSTOM_VALIDATION_EXCEPTION")

    def test_converted_merged_and_deleted_records_say_where_they_went(self, world: World) -> None:
        converted, winner, loser, gone = (world.make("Lead", LastName=name) for name in "ABCD")
        contact = world.act("convert", lead_id=converted)["contact_id"]
        world.act("merge", object="Lead", master_id=winner, loser_ids=[loser])
        world.remove("Lead", gone)
        world.system.changes({})
        writes = [a_write(one, values={"Title": "CEO"}) for one in (converted, loser, gone)]
        outcomes: list[Any] = []
        assert world.calls_of(lambda: outcomes.extend(world.system.write(writes))) == 2
        assert [(one.status, one.remote_id) for one in outcomes] == [
            (REMAPPED, contact), (REMAPPED, winner), (GONE, gone),
        ]  # fmt: skip
        assert outcomes[0].object == CONTACT

    def test_a_duplicate_rule_gives_the_record_with_the_same_address(self, world: World) -> None:
        world.system.changes({})
        world.site.org.change_settings({"duplicate_rule": "block"})
        other = world.make("Contact", Email="p1@example.com")
        # The look-up does not see it yet, the rule does.
        world.break_by("late_visibility", seconds=60)
        world.edit("Contact", other, Email="p1@example.com")
        assert world.system.write([new(1)])[0].remote_id == other
        lead = world.make("Lead", Email="other@example.com")
        outcome = world.system.write([a_write(lead, values={"Email": "p1@example.com"})])[0]
        assert (outcome.status, outcome.code) == (REJECTED, "DUPLICATES_DETECTED")
        assert other in outcome.message

    def test_a_unique_value_of_somebody_else_is_refused(self, world: World) -> None:
        other = world.make("Lead", Marketo_Lead_Id__c="7", Email="x@example.com")
        lead = world.make("Lead")
        outcome = world.system.write([a_write(lead, values={"Marketo_Lead_Id__c": "7"})])[0]
        assert (outcome.status, outcome.code) == (REJECTED, "DUPLICATE_VALUE")
        assert other[:15] in outcome.message

    def test_contacts_without_our_id_do_not_stop_creations(self, world: World) -> None:
        world.site.org.set_rights(hidden=["Contact.Leadspine_Id__c"], read_only=[])
        contact = world.make("Contact", Email="p2@example.com")
        outcomes = world.system.write([new(1), new(2)])
        assert [(one.status, one.remote_id) for one in outcomes][1] == (REMAPPED, contact)
        assert outcomes[0].status == CREATED

    def test_creations_stop_for_a_person_when_leads_have_no_key(self, world: World) -> None:
        world.site.org.set_rights(hidden=["Lead.Leadspine_Id__c"], read_only=[])
        with pytest.raises(RemoteRefused, match=r"SALESFORCE\."):
            world.system.write([new(1), new(2)])
        assert world.rows("Lead") == []

    def test_the_same_record_twice_goes_in_two_bundles(self, world: World) -> None:
        lead = world.make("Lead")
        writes = [a_write(lead, values={"Title": "CEO"}), a_write(lead, values={"Phone": "1"})]
        assert [one.status for one in world.system.write(writes)] == [UPDATED, UPDATED]

    def test_a_write_of_nothing_calls_nobody(self, world: World) -> None:
        assert world.system.write([a_write("00Q", values={})])[0].status == SKIPPED
        assert world.system.write([]) == ()
        assert world.system.calls() == 0

    def test_tasks_go_by_themselves_when_a_person_of_the_bundle_is_refused(self, world: World) -> None:
        writes = [new(1, task=A_TASK, values={"LastName": "", "Company": "A"}),
                  new(2, task=replace(A_TASK, external_id="task_2"))]  # fmt: skip
        bad, good = world.system.write(writes)
        assert (bad.status, good.status) == (REJECTED, CREATED)
        assert [task["WhoId"] for task in world.rows("Task")] == [good.remote_id]

    def test_a_person_is_written_even_when_tasks_are_not_allowed(self, world: World) -> None:
        world.site.org.set_rights(hidden=["Task"], read_only=[])
        outcome = world.system.write([new(1, task=A_TASK)])[0]
        assert (outcome.status, outcome.code) == (CREATED, "SALESFORCE.TASK_REFUSED")

    def test_what_was_done_is_kept_when_the_budget_ends_in_the_middle(self, world: World) -> None:
        leads = [world.make("Lead", LastName=f"L{number}") for number in range(300)]
        world.site.org.change_settings({"daily_limit": 1})
        outcomes = world.system.write([a_write(lead, values={"Title": "CEO"}) for lead in leads])
        assert [one.status for one in outcomes] == [UPDATED] * 200 + [RETRY_LATER] * 100
        with pytest.raises(BudgetSpent):
            world.system.write([a_write(leads[0], values={"Title": "X"})])


class TestFaults:
    def test_nothing_is_configured(self, world: World) -> None:
        world.credentials.clear()
        with pytest.raises(NotConfigured):
            world.system.changes({})
        assert world.system.calls() == 0

    def test_secrets_do_not_travel_in_the_clear(self, world: World) -> None:
        world.credentials["base_url"] = "http://acme.my.salesforce.com"
        with pytest.raises(RemoteRefused, match="INSECURE_URL"):
            world.system.changes({})
        assert world.system.calls() == 0
        world.credentials["base_url"] = "http://127.0.0.1:4010"
        assert world.system.changes({}).records == ()

    def test_a_refused_login_is_not_repeated_until_somebody_acted(self, world: World) -> None:
        world.credentials["client_secret"] = "wrong"
        for _ in range(3):
            with pytest.raises(RemoteRefused, match="LOGIN_REFUSED") as caught:
                world.system.changes({})
        assert "wrong" not in str(caught.value)
        assert world.system.calls() == 1
        world.pass_by(minutes=16)
        with pytest.raises(RemoteRefused):
            world.system.changes({})
        assert world.system.calls() == 2
        world.credentials["client_secret"] = "secret"
        assert world.system.changes({}).records == ()

    def test_an_ended_session_costs_one_login_and_no_page(self, world: World) -> None:
        for number in range(2500):
            world.make("Lead", LastName=f"L{number}")
        page = world.system.changes({})
        world.site.oauth.end_sessions()
        rest: list[Any] = []
        assert world.calls_of(lambda: rest.extend(world.pull(page.position)[0])) == 3
        assert len(rest) + len(page.records) == 2500

    @pytest.mark.parametrize("kind", ["html", "down", "timeout_after_commit"])
    def test_bad_weather_is_waited_out_and_then_given_up(self, world: World, kind: str) -> None:
        lead = world.make("Lead")
        world.system.changes({})
        world.break_by(kind, path="/composite", times=2)
        assert world.system.write([a_write(lead, values={"Title": "CEO"})])[0].status == UPDATED
        assert len(world.waits) == 2
        world.break_by(kind, path="/composite")
        assert world.system.write([a_write(lead, values={"Title": "CEO"})])[0].status == RETRY_LATER
        with pytest.raises(RemoteUnavailable):
            world.system.changes({})

    def test_the_daily_limit_ends_the_run(self, world: World) -> None:
        world.system.changes({})
        world.site.org.change_settings({"daily_limit": 1})
        with pytest.raises(BudgetSpent):
            world.system.changes({})
        assert world.waits == []
        world.pass_by(hours=25)
        assert world.system.changes({}).records == ()

    def test_usage_is_the_vendors_own_figure(self, world: World) -> None:
        assert world.system.usage() is None
        world.system.changes({})
        assert world.system.usage() == Usage(1, 100_000)

    def test_merging_is_for_sales_people(self, world: World) -> None:
        world.system.merge("00Q1", ["00Q2"])
        assert world.system.calls() == 0


class TestPreflight:
    def test_a_good_user_passes_and_what_cannot_be_seen_is_said(self, world: World) -> None:
        findings: list[Any] = []
        assert world.calls_of(lambda: findings.extend(world.system.preflight())) <= 6
        assert [finding.subject for finding in findings if finding.ok is False] == []
        assert {finding.subject for finding in findings if finding.ok is None} == {
            "ViewAllData", "ModifyAllData", "ManageUsers", "AuthorApex", "CustomizeApplication",
        }  # fmt: skip
        assert {"Lead.Title", "Contact.Email", "Lead.Leadspine_Id__c as key"} <= {one.subject for one in findings}

    def test_each_missing_right_is_named_with_its_cure(self, world: World) -> None:
        hidden = ["Lead.Title", "Opportunity", "Task.Leadspine_Id__c"]
        world.site.org.set_rights(hidden=hidden, read_only=["Contact.Phone", "Lead.LeadSource"])
        bad = {finding.subject: finding.detail for finding in world.system.preflight() if finding.ok is False}
        assert set(bad) == {"Lead.Title", "Opportunity", "Task.Leadspine_Id__c as key", "Contact.Phone"}
        assert "Edit Access" in bad["Contact.Phone"]
        assert "Read" in bad["Opportunity"]

    def test_an_owner_of_the_policy_that_does_not_exist(self, world: World) -> None:
        handover = replace(a_policy().handover, stages={"recycled": ("Nurturing", "Nobody")})
        system = world.a_system(replace(a_policy(), handover=handover))
        assert [one.ok for one in system.preflight() if one.subject.startswith("owner")] == [False]


def test_the_overlap_is_the_policys(world: World) -> None:
    lead = world.make("Lead")
    _, position = world.pull({})
    world.pass_by(seconds=1)
    _, position = world.pull({**position, "lead": {"stamp": world.now() + OVERLAP_MS - 1000, "id": ""}})
    assert lead in {one.remote_id for one in world.pull({})[0]}
