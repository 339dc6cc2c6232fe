"""The unsubscribed state belongs to the address, not to the record."""

from tests.unit.simulators.marketo.subscription import Subscription, codes


def state(marketo: Subscription, lead: int) -> bool:
    return bool(marketo.lead(lead, "unsubscribed")["unsubscribed"])


def test_unsubscribing_one_record_unsubscribes_all_with_the_address(marketo: Subscription) -> None:
    twins = [marketo.create("twin@example.com"), marketo.create("Twin@example.com")]
    other = marketo.create("other@example.com")

    marketo.desk(f"people/{twins[0]}/unsubscribe", {"reason": "Too many mails"})

    assert [state(marketo, lead) for lead in (*twins, other)] == [True, True, False]
    assert marketo.lead(twins[1], "unsubscribedReason")["unsubscribedReason"] == "Too many mails"
    changed = [row["leadId"] for row in marketo.changes("unsubscribed") if row["activityTypeId"] == 13]
    assert changed == twins


def test_clearing_it_on_one_record_resubscribes_all(marketo: Subscription) -> None:
    twins = [marketo.create("twin@example.com"), marketo.create("twin@example.com")]
    marketo.desk(f"people/{twins[0]}/unsubscribe")

    marketo.sync({"id": twins[1], "unsubscribed": False}, action="updateOnly", lookupField="id")

    assert [state(marketo, lead) for lead in twins] == [False, False]


def test_a_deleted_and_recreated_person_stays_unsubscribed(marketo: Subscription) -> None:
    lead = marketo.create("gone@example.com", unsubscribed=True, unsubscribedReason="Asked by phone")
    marketo.post("/rest/v1/leads/delete.json", {"input": [{"id": lead}]})

    again = marketo.create("gone@example.com", unsubscribed=False)

    assert marketo.lead(again, "unsubscribed", "unsubscribedReason") == {
        "id": again,
        "unsubscribed": True,
        "unsubscribedReason": "Asked by phone",
    }


def test_an_address_brings_its_own_state_to_whoever_gets_it(marketo: Subscription) -> None:
    marketo.create("out@example.com", unsubscribed=True)
    marketo.create("in@example.com", unsubscribed=False)
    lead = marketo.create("third@example.com")

    states = []
    for address in ("out@example.com", "in@example.com", "never-seen@example.com"):
        marketo.sync({"id": lead, "email": address}, action="updateOnly", lookupField="id")
        states.append(state(marketo, lead))

    assert states == [True, False, False]


def test_a_bounce_is_forgotten_with_the_address_that_bounced(marketo: Subscription) -> None:
    lead = marketo.create("bad@example.com", emailInvalid=True, emailInvalidCause="550")

    marketo.sync({"id": lead, "email": "good@example.com"}, action="updateOnly", lookupField="id")

    assert marketo.lead(lead, "emailInvalid", "emailInvalidCause") == {
        "id": lead,
        "emailInvalid": False,
        "emailInvalidCause": None,
    }


def test_merging_with_somebody_unsubscribed_keeps_the_opt_out(marketo: Subscription) -> None:
    winner, loser = marketo.create("a@example.com"), marketo.create("b@example.com", unsubscribed=True)

    marketo.post(f"/rest/v1/leads/{winner}/merge.json", leadIds=loser)

    assert state(marketo, winner)


def test_a_person_can_be_both_unsubscribed_and_edited_by_one_call(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com")

    results = marketo.sync({"email": "a@example.com", "unsubscribed": "true", "title": "Head"})

    assert codes(results) == ["updated"]
    assert marketo.lead(lead, "unsubscribed", "title") == {"id": lead, "unsubscribed": True, "title": "Head"}
