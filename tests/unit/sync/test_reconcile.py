"""One record against its shadow: echoes, changes, conflicts, opt-outs, ends of records. Case ids: sync-edge-cases."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.instant import HOUR, MINUTE, SECOND
from shared.domain.sync.model import CONTACT, LEAD, LINKED, PERSON, Link, RemoteWrite
from shared.domain.sync.plan import plan_write
from shared.domain.sync.reconcile import inherit
from tests.unit.sync.builders import (
    CONTACT_ID,
    LEAD_ID,
    NOW,
    POLICY,
    agreed,
    met,
    planned,
    record,
    ruled,
    sent,
    values,
)


def test_an_echo_changes_nothing_not_even_the_link() -> None:
    link = agreed()

    found = met(link, record(email="ANNA@x.io ", phone="+48 123 456 789"), values())

    assert found.link is link
    assert not (found.incoming)
    assert not (found.outgoing)
    assert not (found.verdicts)
    assert not (found.opt_out)


def test_a_change_of_the_other_side_comes_in_with_its_time_and_only_that_field() -> None:
    found = met(agreed(), record(phone="+48999"), values())

    assert found.incoming == {"phone": "+48999"}
    assert found.times == {"phone": NOW}
    assert found.link.fields["phone"].verdict == "SYNC.TAKEN"


def test_what_comes_in_is_later_than_what_it_replaces_even_when_the_other_clock_is_behind() -> None:
    seen = record(company="Acme", stamp=NOW - 5 * HOUR)

    found = met(agreed(), seen, values(company="Other"))

    assert found.incoming == {"company": "Acme"}
    assert found.times == {"company": NOW + 1}


def test_different_fields_changed_on_both_sides_both_survive() -> None:
    found = met(agreed(), record(phone="+48999"), values(title="CFO"))

    assert found.incoming == {"phone": "+48999"}
    assert found.outgoing == {"title"}
    assert not found.verdicts


def test_the_same_field_changed_on_both_sides_is_judged_and_the_verdict_kept() -> None:
    found = met(agreed(), record(title="CTO", stamp=NOW), values(NOW - 30 * MINUTE, title="CFO"))

    (verdict,) = found.verdicts
    assert (verdict.winner, verdict.code, verdict.base) == ("salesforce", "SYNC.LATEST.ROW_TIME", "CEO")
    assert (verdict.local, verdict.remote, verdict.value) == ("CFO", "CTO", "CTO")
    assert found.incoming == {"title": "CTO"}


def test_a_local_winner_is_written_over_the_change_it_beat() -> None:
    link = agreed()
    local = values(NOW, title="CFO")

    found = met(link, record(title="CTO", stamp=NOW - 30 * MINUTE), local)

    assert found.outgoing == {"title"}
    assert planned(found.link, local).values["Title"] == "CFO"


def test_both_made_the_same_change() -> None:
    found = met(agreed(), record(title="CFO"), values(title="CFO"))

    assert not (found.incoming)
    assert not (found.outgoing)
    assert not (found.verdicts)
    assert found.link.fields["title"].base == "CFO"


def test_a_first_meeting_fills_empty_sides_and_judges_the_rest() -> None:
    seen = record(title="CTO", country="Poland", phone="")

    found = met(None, seen, values(NOW - HOUR))

    assert found.incoming == {"country": "Poland", "title": "CTO"}
    assert found.outgoing == {"phone"}
    assert [v.field for v in found.verdicts] == ["title"]


def test_a_value_cleared_on_purpose_is_cleared_here() -> None:
    assert met(agreed(), record(title=""), values()).incoming == {"title": ""}


def test_a_field_that_cannot_be_read_is_left_alone() -> None:
    seen = record()
    hidden = replace(seen, values={k: v for k, v in seen.values.items() if k != "Title"})

    assert not met(agreed(), hidden, values()).incoming


def test_what_only_leadspine_may_say_is_said_again() -> None:
    found = met(agreed(score_band="A1"), record(score_band="D4"), values(score_band="A1"))

    assert found.incoming == {}
    assert found.outgoing == {"score_band"}
    assert planned(found.link, values(score_band="A1")).values["Score_Band__c"] == "A1"


def test_a_manual_conflict_is_told_once_and_written_by_nobody() -> None:
    policy = ruled(title="manual")
    local = values(title="CFO")
    first = met(agreed(policy=policy), record(title="CTO"), local, policy)
    again = met(first.link, record(title="CTO", read_at=NOW + MINUTE), local, policy)

    assert [v.code for v in first.verdicts] == ["SYNC.MANUAL"]
    assert not (first.incoming)
    assert not (first.outgoing)
    assert again.link is first.link
    assert not again.verdicts
    plan = plan_write(first.link, local, policy, "salesforce", lead_id="lead_1", may_create=False, now=NOW)
    assert not hasattr(plan, "values")


@pytest.mark.parametrize(
    ("local", "remote", "incoming", "outgoing"),
    [("CEO", "CTO", {"title": "CTO"}, set()), ("CFO", "CEO", {}, {"title"}), ("CTO", "CTO", {}, set())],
)
def test_a_manual_conflict_ends_when_one_side_gives_in(
    local: str, remote: str, incoming: dict[str, str], outgoing: set[str]
) -> None:
    policy = ruled(title="manual")
    open_ = met(agreed(policy=policy), record(title="CTO"), values(title="CFO"), policy).link

    found = met(open_, record(title=remote, read_at=NOW + MINUTE), values(title=local), policy)

    assert dict(found.incoming) == incoming
    assert set(found.outgoing) == outgoing


@pytest.mark.parametrize(("after", "stale"), [(0, True), (SECOND, True), (2 * SECOND, False)])
def test_a_record_read_before_our_write_ended_is_not_judged(after: int, stale: bool) -> None:
    link = sent(agreed(), planned(agreed(), values(title="CFO")))

    found = met(link, record(title="CEO", read_at=NOW + after), values(title="CFO"))

    assert found.stale is stale


@pytest.mark.parametrize(
    ("edited_at", "incoming", "outgoing", "winner"),
    [(NOW + HOUR, {"title": "CTO"}, {"title"}, "salesforce"), (NOW - HOUR, {}, set(), "leadspine")],
)
def test_an_edit_that_our_write_went_over_is_judged_once(
    edited_at: int, incoming: dict[str, str], outgoing: set[str], winner: str
) -> None:
    policy = ruled(title="latest")
    link = sent(agreed(policy=policy), planned(agreed(policy=policy), values(title="CFO"), policy), policy)
    page = record(title="CTO", read_at=NOW - SECOND, stamp=edited_at)

    found = met(link, page, values(title="CFO"), policy, now=NOW + 2 * HOUR)
    again = met(found.link, page, values(title=incoming.get("title", "CFO")), policy, now=NOW + 2 * HOUR)

    assert found.stale
    assert dict(found.incoming) == incoming
    assert set(found.outgoing) == outgoing
    assert [(v.winner, v.base, v.local, v.value) for v in found.verdicts] == [
        (winner, "CEO", "CFO", incoming.get("title", "CFO"))
    ]
    assert again.link is found.link


def test_an_edit_that_won_over_our_write_is_written_back() -> None:
    policy = ruled(title="latest")
    link = sent(agreed(policy=policy), planned(agreed(policy=policy), values(title="CFO"), policy), policy)
    page = record(title="CTO", read_at=NOW - SECOND, stamp=NOW + HOUR)

    found = met(link, page, values(title="CFO"), policy, now=NOW + 2 * HOUR)

    assert planned(found.link, values(title="CTO"), policy).sent == {"title": "CTO"}


def test_a_page_that_comes_late_does_not_bring_the_past_back() -> None:
    newer = met(agreed(), record(title="CTO", read_at=NOW), values()).link

    found = met(newer, record(title="CEO", read_at=NOW - MINUTE), values(title="CTO"))

    assert found.link is newer
    assert not found.incoming


def test_our_write_is_confirmed_by_the_next_read() -> None:
    link = sent(agreed(), planned(agreed(), values(title="CFO")))

    found = met(link, record(title="CFO", read_at=NOW + MINUTE), values(title="CFO"))

    assert link.fields["title"].prior == "CEO"
    assert found.link.fields["title"].prior is None
    assert not (found.incoming)
    assert not (found.outgoing)


def test_a_write_that_marketo_silently_blocks_is_parked_until_the_value_changes() -> None:
    link = agreed(PERSON)
    local = values(title="CFO")
    blocked = sent(link, planned(link, local))

    found = met(blocked, record(PERSON, title="CEO", read_at=NOW + MINUTE, changed_at={"phone": NOW}), local)

    assert [v.code for v in found.verdicts] == ["SYNC.BLOCKED"]
    assert found.link.parked == {"title": "CFO"}
    assert not found.incoming
    plan = plan_write(found.link, local, POLICY, "marketo", lead_id="lead_1", may_create=False, now=NOW)
    assert not hasattr(plan, "values")
    assert planned(found.link, values(title="CIO")).values == {"title": "CIO"}


def test_a_value_that_is_rewritten_again_and_again_is_frozen_and_told_once() -> None:
    link, verdicts, now = agreed(), [], NOW
    for turn in range(5):
        local = values(now, title=f"ceo {turn}")
        plan = plan_write(link, local, POLICY, "salesforce", lead_id="lead_1", may_create=False, now=now)
        if not isinstance(plan, RemoteWrite):
            break
        link = sent(link, plan, now=now)
        now += MINUTE
        found = met(link, record(title=f"CEO {turn}", read_at=now, stamp=now), local, now=now)
        link = found.link
        verdicts += [v.code for v in found.verdicts]

    assert turn == POLICY.freeze_after
    assert verdicts == ["SYNC.PING_PONG"]
    thawed = met(link, record(title="CEO", read_at=now + MINUTE), values(title="CEO"), now=now)
    assert thawed.link.fields["title"].verdict == "SYNC.AGREED"


def test_a_long_value_is_cut_and_the_cut_does_not_flow_back() -> None:
    local = values(title="x" * 200)
    link = agreed()
    write = planned(link, local)
    link = sent(link, write)

    found = met(link, record(title=write.values["Title"], read_at=NOW + MINUTE), local)

    assert len(write.values["Title"]) == 128
    assert write.values["Title"].endswith("…")
    assert not (found.incoming)
    assert not (found.outgoing)


def test_an_opt_out_is_taken_in_later_than_the_consent_it_ends() -> None:
    seen = record(email_opt_out="true", stamp=NOW - HOUR)

    found = met(agreed(), seen, values(email_opt_out="false"))

    assert found.opt_out
    assert found.withdrawn == {"ad.email": NOW + 1}
    assert not met(found.link, seen, values(email_opt_out="true")).opt_out


def test_an_opt_in_of_the_other_side_is_told_once_and_written_over() -> None:
    local = values(email_opt_out="true")
    link = agreed(email_opt_out="true")

    found = met(link, record(email_opt_out="false"), local)
    again = met(found.link, record(email_opt_out="false"), local)

    assert [v.code for v in found.verdicts] == ["SYNC.OPT_IN_IGNORED"]
    assert found.outgoing == again.outgoing == {"email_opt_out"}
    assert not again.verdicts
    assert planned(found.link, local).urgent


@pytest.mark.parametrize(
    ("parts", "state", "successor"),
    [
        ({"deleted": True}, "deleted", None),
        ({"deleted": True, "merged_into": LEAD_ID[:15]}, "merged", LEAD_ID),
        ({"references": {"converted": "true", "converted_contact": CONTACT_ID}}, "converted", CONTACT_ID),
    ],
)
def test_a_record_that_ended_takes_no_more_fields(parts: dict[str, Any], state: str, successor: str | None) -> None:
    found = met(agreed(), record(title="other", **parts), values(phone="+1"))

    assert (found.link.state, found.link.successor) == (state, successor)
    assert not (found.incoming)
    assert not (found.outgoing)


def test_an_undeleted_record_is_the_same_link_again() -> None:
    gone = met(agreed(), record(deleted=True), values()).link

    assert met(gone, record(read_at=NOW + MINUTE), values()).link.state == LINKED


def test_a_duplicate_gives_its_opt_out_and_nothing_else() -> None:
    duplicate = replace(agreed(PERSON), state="duplicate")

    found = met(duplicate, record(PERSON, title="x", email_opt_out="true"), values(phone="+1"))

    assert found.opt_out
    assert not (found.incoming)
    assert not (found.outgoing)


def test_the_contact_of_a_converted_lead_starts_from_its_shadow() -> None:
    contact = inherit(agreed(), CONTACT_ID, CONTACT)

    found = met(contact, record(CONTACT, title="CTO"), values())

    assert found.incoming == {"title": "CTO"}
    assert not found.verdicts


def test_a_first_read_is_remembered_even_when_it_brings_nothing_new() -> None:
    contact = inherit(agreed(CONTACT), CONTACT_ID, CONTACT)

    found = met(contact, record(CONTACT), values())

    assert not (found.incoming or found.outgoing)  # noqa: PT018 - one subject: nothing moves
    assert found.link.read_at == NOW


def test_news_are_references_that_are_not_as_they_were() -> None:
    link = met(None, record(references={"status": "Open", "owner": "1"}), values()).link

    found = met(link, record(references={"status": "Accepted", "owner": "1"}), values())

    assert found.news == {"status"}
    assert isinstance(found.link, Link)
    assert found.link.object == LEAD
