"""What is written, what is not, and what a write leaves in the shadow."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.instant import HOUR, MINUTE
from shared.domain.lifecycle.model import Stay
from shared.domain.sync.local import STAGE
from shared.domain.sync.model import (
    CONTACT,
    CREATED,
    GONE,
    LEAD,
    PERSON,
    REJECTED,
    REMAPPED,
    RETRY_LATER,
    Link,
    LocalValue,
    Task,
    WriteOutcome,
)
from shared.domain.sync.plan import plan_write, written
from tests.unit.sync.builders import CONTACT_ID, LEAD_ID, NOW, POLICY, agreed, met, planned, record, sent, values

TASK = Task(external_id="lead_1:1", subject="Call Anna", description="…", due="2026-11-21")


def stay(link: Link | None, local: dict[str, LocalValue], **more: object) -> str:
    system = link.system if link else "salesforce"
    plan = plan_write(link, local, POLICY, system, lead_id="lead_1", may_create=False, now=NOW, **more)  # type: ignore[arg-type]
    assert isinstance(plan, Stay)
    return plan.reason


def test_only_what_differs_is_written() -> None:
    write = planned(agreed(), values(title="CFO"))

    assert write.values == {"Title": "CFO"}
    assert write.sent == {"title": "CFO"}
    assert write.remote_id == LEAD_ID
    assert not write.urgent


def test_nothing_different_is_nothing_to_write() -> None:
    assert stay(agreed(), values()) == "SYNC.NOTHING_TO_WRITE"


def test_a_passenger_causes_no_write_and_goes_along_with_one() -> None:
    assert stay(agreed(), values(score="70")) == "SYNC.NOTHING_TO_WRITE"
    assert planned(agreed(), values(score="70", score_band="A1")).values == {
        "Lead_Score__c": "70",
        "Score_Band__c": "A1",
    }


def test_a_new_lead_carries_owner_status_task_and_defaults() -> None:
    local = values(company="", title="t" * 200, score="70")

    write = planned(None, local, owner="ria.rep@acme.test", task=TASK)

    assert write.values["OwnerId"] == "ria.rep@acme.test"
    assert write.values["Status"] == "Open - Not Contacted"
    assert write.values["Company"] == "[not given]"
    assert write.values["Lead_Score__c"] == "70"
    assert len(write.values["Title"]) == 128
    assert write.sent["company"] == ""
    assert write.sent["title"] == "t" * 200
    assert (write.object, write.remote_id, write.external_id, write.match_email) == (LEAD, None, "lead_1", "anna@x.io")
    assert write.task == TASK
    assert write.urgent


def test_the_default_of_a_creation_is_not_taken_for_a_value() -> None:
    local = values(company="")
    link = sent(None, planned(None, local), status=CREATED)

    held: dict[str, Any] = {n: v.value for n, v in local.items() if n != "company"}
    shown = record(company="[not given]", read_at=NOW + MINUTE, **held)
    found = met(link, shown, local)

    assert not (found.incoming)
    assert not (found.outgoing)
    assert stay(found.link, local) == "SYNC.NOTHING_TO_WRITE"


def test_a_required_field_is_never_cleared() -> None:
    assert stay(agreed(company="Acme"), values(company="")) == "SYNC.NOTHING_TO_WRITE"


def test_nobody_is_created_without_leave() -> None:
    assert stay(None, values()) == "SYNC.NOT_CREATED_HERE"


@pytest.mark.parametrize("state", ["deleted", "converted", "merged"])
def test_nothing_is_written_to_a_record_that_ended(state: str) -> None:
    assert stay(replace(agreed(), state=state), values(title="CFO")) == f"SYNC.LINK_{state.upper()}"


def test_a_duplicate_gets_the_opt_out_only() -> None:
    link = replace(agreed(PERSON), state="duplicate")

    assert planned(link, values(title="CFO", email_opt_out="true")).values == {"unsubscribed": "true"}
    assert stay(link, values(title="CFO")) == "SYNC.NOTHING_TO_WRITE"


def test_an_adopted_record_gets_no_values_before_its_own_were_judged() -> None:
    adopted = written(
        None, planned(None, values()), WriteOutcome(REMAPPED, CONTACT_ID, CONTACT), POLICY, started_at=NOW, now=NOW
    )

    assert adopted is not None
    assert (adopted.remote_id, adopted.object) == (CONTACT_ID, CONTACT)
    assert stay(adopted, values()) == "SYNC.NOTHING_TO_WRITE"
    urgent = planned(adopted, values(email_opt_out="true"))
    assert urgent.values == {"HasOptedOutOfEmail": "true"}
    assert stay(sent(adopted, urgent), values(email_opt_out="true")) == "SYNC.NOTHING_TO_WRITE"
    read = met(adopted, record(CONTACT, title=""), values()).link
    assert planned(read, values()).values == {"Title": "CEO"}


def test_an_opt_in_is_written_only_on_a_consent_newer_than_the_withdrawal() -> None:
    withdrawn = met(agreed(), record(email_opt_out="true", stamp=NOW), values()).link

    assert stay(withdrawn, values(NOW - HOUR, email_opt_out="false")) == "SYNC.NOTHING_TO_WRITE"
    assert stay(withdrawn, values(0, email_opt_out="false")) == "SYNC.NOTHING_TO_WRITE"
    later = values(NOW + HOUR, email_opt_out="false")
    assert planned(withdrawn, later, now=NOW + HOUR).values == {"HasOptedOutOfEmail": "false"}


def test_a_person_taken_back_leaves_the_views_of_sales_once() -> None:
    link = met(agreed(), record(references={"status": "Open - Not Contacted"}), values()).link
    local = {**values(), STAGE: LocalValue("recycled")}

    write = planned(link, local)
    after = sent(link, write)

    assert write.values == {"Status": "Nurturing", "OwnerId": "Inbound leads"}
    assert stay(after, local) == "SYNC.NOTHING_TO_WRITE"
    shown = replace(link, references={"status": "Nurturing"})
    assert stay(shown, local) == "SYNC.NOTHING_TO_WRITE"


def test_a_task_goes_to_a_lead_that_was_there_before_and_is_urgent() -> None:
    write = planned(agreed(), values(), task=TASK)

    assert (write.values, write.task, write.urgent) == ({}, TASK, True)


def test_a_contact_keeps_its_owner() -> None:
    assert stay(agreed(CONTACT), values(), owner="sam.sales@acme.test") == "SYNC.NOTHING_TO_WRITE"


def test_refused_fields_are_parked_and_the_others_are_agreed_on() -> None:
    link = agreed()
    write = planned(link, values(title="CFO", phone="+481"))

    after = written(
        link, write, WriteOutcome("updated", LEAD_ID, fields=("Phone",)), POLICY, started_at=NOW, now=NOW + MINUTE
    )

    assert after is not None
    assert after.parked == {"phone": "+481"}
    assert after.fields["title"].base == "CFO"
    assert after.written_at == NOW + MINUTE
    assert stay(after, values(title="CFO", phone="+481")) == "SYNC.NOTHING_TO_WRITE"
    assert planned(after, values(title="CFO", phone="+482")).values == {"Phone": "+482"}


def test_a_record_refused_as_a_whole_waits_until_something_about_it_changes() -> None:
    link, local = agreed(), values(title="CFO", phone="+481")
    after = written(link, planned(link, local), WriteOutcome(REJECTED, code="X"), POLICY, started_at=NOW, now=NOW)

    assert after is not None
    assert stay(after, local) == "SYNC.PARKED"
    assert planned(after, values(title="CIO", phone="+481")).sent == {"title": "CIO", "phone": "+481"}


@pytest.mark.parametrize(
    ("outcome", "state", "successor"),
    [
        (WriteOutcome(GONE), "deleted", None),
        (WriteOutcome(REMAPPED, CONTACT_ID, CONTACT), "converted", CONTACT_ID),
        (WriteOutcome(REMAPPED, "00Qother", LEAD), "merged", "00Qother"),
        (WriteOutcome(RETRY_LATER), "linked", None),
    ],
)
def test_a_write_that_met_another_record_says_who_took_over(
    outcome: WriteOutcome, state: str, successor: str | None
) -> None:
    link = agreed()

    after = written(link, planned(link, values(title="CFO")), outcome, POLICY, started_at=NOW, now=NOW)

    assert after is not None
    assert (after.state, after.successor) == (state, successor)
    assert after.fields == link.fields


@pytest.mark.parametrize("status", [REJECTED, RETRY_LATER])
def test_a_creation_that_did_not_happen_leaves_nothing(status: str) -> None:
    write = planned(None, values())

    assert written(None, write, WriteOutcome(status), POLICY, started_at=NOW, now=NOW) is None
