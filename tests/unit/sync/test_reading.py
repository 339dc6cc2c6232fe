"""What records say, as signals: fields, answers of sales, accounts, opportunities, opt-outs."""

from dataclasses import replace

from shared.domain.identity.model import EXTERNAL, Evidence, Identifier
from shared.domain.instant import HOUR, MINUTE
from shared.domain.sync.model import CONTACT, OPPORTUNITY, PERSON, SALESFORCE, RemoteRecord
from shared.domain.sync.reading import contacts_of, external_of, signals_of
from tests.unit.sync.builders import LEAD_ID, NOW, POLICY, agreed, met, record, ruled, values

WHO = (Identifier(EXTERNAL, f"salesforce:{LEAD_ID}"),)


def test_an_echo_says_nothing() -> None:
    seen = record()

    assert signals_of(seen, met(agreed(), seen, values()), identifiers=WHO, policy=POLICY, now=NOW) == ()


def test_fields_taken_in_are_stated_as_profile_by_a_verified_source() -> None:
    seen = record(phone="+48999", last_name="Kowalska")

    (signal,) = signals_of(seen, met(agreed(), seen, values()), identifiers=WHO, policy=POLICY, now=NOW)

    assert signal.kind == "remote_changed"
    assert signal.evidence is Evidence.VERIFIED
    assert (signal.source, signal.identifiers, signal.occurred_at) == (SALESFORCE, WHO, NOW)
    assert signal.profile == {"phone": "+48999", "last_name": "Kowalska"}
    assert signal.phone == "+48999"
    assert signal.attributes == {
        "system": "salesforce", "object": "lead", "remote_id": LEAD_ID, "fields": "last_name,phone",
    }  # fmt: skip


def test_fields_with_their_own_times_are_stated_at_their_own_times() -> None:
    seen = record(PERSON, phone="+48999", title="CTO", changed_at={"phone": NOW - 30 * MINUTE, "title": NOW - MINUTE})

    found = signals_of(seen, met(agreed(PERSON), seen, values()), identifiers=WHO, policy=POLICY, now=NOW)

    assert [(s.occurred_at, dict(s.profile)) for s in found] == [
        (NOW - 30 * MINUTE, {"phone": "+48999"}),
        (NOW - MINUTE, {"title": "CTO"}),
    ]


def test_the_same_page_again_is_the_same_signal_even_when_a_sum_would_be_another() -> None:
    policy = ruled(title="merge:sum")
    policy = replace(policy, fields=tuple(replace(f, type="number") if f.name == "title" else f for f in policy.fields))
    link = agreed(policy=policy, title="10")
    seen = record(title="12")
    first = met(link, seen, values(title="15"), policy)
    crashed = met(link, seen, values(NOW + 1, title=first.incoming["title"]), policy)

    before = signals_of(seen, first, identifiers=WHO, policy=policy, now=NOW)
    after = signals_of(seen, crashed, identifiers=WHO, policy=policy, now=NOW + HOUR)

    assert (first.incoming["title"], crashed.incoming["title"]) == ("17", "19")
    assert [s.signal_id for s in before] == [s.signal_id for s in after]


def test_an_opt_out_is_a_withdrawal_of_its_own() -> None:
    seen = record(email_opt_out="true")

    (signal,) = signals_of(seen, met(agreed(), seen, values()), identifiers=WHO, policy=POLICY, now=NOW)

    assert signal.kind == "consent_withdrawn"
    assert [(claim.purpose, claim.given) for claim in signal.consents] == [("ad.email", False)]


def test_a_new_status_is_the_answer_to_the_hand_over_once() -> None:
    link = met(None, record(references={"status": "Open - Not Contacted"}), values()).link
    seen = record(references={"status": "Rejected", "owner": "005x"})
    found = met(link, seen, values())

    (signal,) = signals_of(seen, found, identifiers=WHO, policy=POLICY, now=NOW)

    about = dict(signal.attributes)
    assert (about["handover"], about["stage"], about["owner"]) == ("rejected", "recycled", "005x")
    assert about["handover_reason"] == "Rejected"
    assert signals_of(seen, met(found.link, seen, values()), identifiers=WHO, policy=POLICY, now=NOW) == ()


def test_a_conversion_accepts() -> None:
    seen = record(references={"status": "Closed - Converted", "converted": "true", "converted_contact": "0035"})

    (signal,) = signals_of(seen, met(agreed(), seen, values()), identifiers=WHO, policy=POLICY, now=NOW)

    assert signal.attributes["handover"] == "accepted"


def test_a_contact_tells_its_account_when_it_changes() -> None:
    seen = record(CONTACT, references={"account": "001", "account_name": "Acme", "account_domain": "acme.test"})

    (signal,) = signals_of(seen, met(agreed(CONTACT), seen, values()), identifiers=WHO, policy=POLICY, now=NOW)

    about = dict(signal.attributes)
    assert (about["account_id"], about["account_name"], about["account_domain"]) == ("001", "Acme", "acme.test")


def test_verdicts_travel_without_values() -> None:
    seen = record(title="CTO", stamp=NOW)
    found = met(agreed(), seen, values(NOW - 30 * MINUTE, title="CFO"))

    (signal,) = signals_of(seen, found, identifiers=WHO, policy=POLICY, now=NOW)

    (verdict,) = signal.verdicts
    assert tuple(verdict) == ("salesforce", "title", "latest", "salesforce", "SYNC.LATEST.ROW_TIME")


def deal(**references: str) -> RemoteRecord:
    return RemoteRecord(
        system=SALESFORCE,
        object=OPPORTUNITY,
        remote_id="006A",
        stamp=NOW - HOUR,
        read_at=NOW,
        references={
            "contacts": "0032,0031",
            "state": "open",
            "stage": "Qualification",
            "amount": "12500",
            **references,
        },
    )


def test_an_opportunity_is_told_to_each_contact_and_again_only_when_it_changed() -> None:
    def told(seen: RemoteRecord, now: int) -> str:
        (signal,) = signals_of(seen, None, identifiers=WHO, policy=POLICY, now=now)
        assert signal.attributes["opportunity_id"] == "006A"
        assert signal.attributes["opportunity_state"] == seen.references["state"]
        assert signal.occurred_at == NOW - HOUR
        return signal.signal_id

    assert contacts_of(deal()) == ("0031", "0032")
    assert told(deal(), NOW) == told(deal(), NOW + HOUR)
    assert told(deal(), NOW) != told(deal(state="won"), NOW)
    assert external_of(record()) == WHO[0]


def test_a_stale_record_says_nothing_yet() -> None:
    seen = record(phone="+48999", read_at=NOW - HOUR)
    found = met(replace(agreed(), written_at=NOW), seen, values())

    assert found.stale
    assert signals_of(seen, found, identifiers=WHO, policy=POLICY, now=NOW) == ()
