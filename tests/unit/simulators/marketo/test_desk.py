"""A person plays the marketer, in a browser or by JSON."""

from urllib.parse import urlencode

from infra.local.simulators.wire import Answer, Call
from tests.unit.simulators.marketo.subscription import Subscription

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def browse(marketo: Subscription, path: str) -> str:
    answer = marketo.site.answer(Call.of("GET", path))
    assert answer.status == 200
    return answer.body.decode()


def submit(marketo: Subscription, path: str, **fields: str) -> Answer:
    return marketo.site.answer(Call.of("POST", path, headers=FORM, body=urlencode(fields).encode()))


def test_the_first_page_lists_people_and_finds_them(marketo: Subscription) -> None:
    marketo.create("ann@example.com", lastName="<b>Lee</b>")
    marketo.create("bob@example.com")

    everybody, found = browse(marketo, "/__sim__/"), browse(marketo, "/__sim__?q=ANN")

    assert "&lt;b&gt;Lee" in everybody
    assert "bob@example.com" in everybody
    assert "bob@example.com" not in found


def test_a_marketer_edits_a_person_in_the_browser(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com", title="Head")
    page = browse(marketo, f"/__sim__/people/{lead}")

    sent_on = submit(marketo, f"/__sim__/people/{lead}", title="Boss", phone="")

    assert 'value="Head"' in page
    assert (sent_on.status, sent_on.headers["Location"]) == (303, f"/__sim__/people/{lead}")
    assert marketo.lead(lead, "title")["title"] == "Boss"
    (change,) = [row for row in marketo.changes("title") if row["activityTypeId"] == 13]
    assert {"name": "Source", "value": "Marketer"} in change["attributes"]
    assert "Boss" in browse(marketo, f"/__sim__/people/{lead}")


def test_a_marketers_edit_is_not_stopped_by_a_block_for_the_api(marketo: Subscription) -> None:
    marketo.settings(blocked_fields=["title"])
    lead = marketo.create("a@example.com", title="Head")

    submit(marketo, f"/__sim__/people/{lead}", title="Boss")

    assert marketo.lead(lead, "title")["title"] == "Boss"


def test_unsubscribing_and_back_shows_in_the_log_and_on_the_page(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com")

    submit(marketo, f"/__sim__/people/{lead}/unsubscribe")
    shown = browse(marketo, f"/__sim__/people/{lead}")
    submit(marketo, f"/__sim__/people/{lead}/resubscribe")

    assert "Clicked the unsubscribe link" in shown
    assert [row["activityTypeId"] for row in marketo.activities(9)] == [9]
    assert marketo.lead(lead, "unsubscribed")["unsubscribed"] is False


def test_activities_and_scores_are_logged_by_hand(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com")

    marketo.desk(f"people/{lead}/activity", {"type": 2, "asset": "Price form", "attributes": {"Form Fields": "email"}})
    marketo.desk(f"people/{lead}/score", {"points": 5})
    after = marketo.desk(f"people/{lead}/score", {"points": -2})

    (form,) = marketo.activities(2)
    assert (form["primaryAttributeValue"], form["attributes"][0]) == (
        "Price form",
        {"name": "Form Fields", "value": "email"},
    )
    assert after["leadScore"] == 3
    assert len(marketo.activities(22)) == 2
    assert "error" in marketo.desk(f"people/{lead}/activity", {"type": 999})
    assert "error" in marketo.desk(f"people/{lead}/score", {"points": "many"})


def test_people_are_added_merged_and_deleted_at_the_desk(marketo: Subscription) -> None:
    winner = marketo.desk("people", {"email": "a@example.com"})["id"]
    loser = marketo.desk("people", {"email": "b@example.com", "phone": "+48"})["id"]

    merged = marketo.desk(f"people/{winner}/merge", {"loser": loser})
    refused = marketo.desk(f"people/{winner}/merge", {"loser": winner})
    deleted = marketo.desk(f"people/{winner}/delete", {})

    assert merged["phone"] == "+48"
    assert "error" in refused
    assert deleted == {"id": winner, "deleted": True}
    assert marketo.desk("people", method="GET") == {"items": []}


def test_what_the_desk_cannot_do_is_said_and_changes_nothing(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com")

    assert submit(marketo, f"/__sim__/people/{lead}", email="no address").status == 422
    assert "error" in marketo.desk(f"people/{lead}", {"noSuchField": 1})
    assert "error" in marketo.desk("people/99/delete", {})
    assert "error" in marketo.desk("settings", {"colour": "red"})
    assert "error" in marketo.desk("settings", {"daily_quota": "many"})
    assert "error" in marketo.desk("settings", ["daily_quota"])
    assert marketo.site.answer(Call.of("GET", "/__sim__/nothing")).status == 404
    assert marketo.site.answer(Call.of("GET", "/__sim__/people/99")).status == 422
    assert marketo.lead(lead)["email"] == "a@example.com"


def test_the_switches_page_shows_settings_and_figures(marketo: Subscription) -> None:
    marketo.get("/rest/v1/nothing.json")

    submit(marketo, "/__sim__/usage", calls="100")

    shown = browse(marketo, "/__sim__/switches")
    assert "daily_quota" in shown
    assert "610: 1" in shown
    assert "101" in shown


def test_looking_changes_nothing(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com")

    for method in ("GET", "HEAD", "PUT", "DELETE"):
        marketo.site.answer(Call.of(method, f"/__sim__/people/{lead}/unsubscribe", headers=FORM))
        marketo.site.answer(Call.of(method, f"/__sim__/people/{lead}", headers=FORM))

    assert marketo.lead(lead, "unsubscribed")["unsubscribed"] is False


def test_another_sites_page_cannot_use_the_desk(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com")
    headers = {**FORM, "Origin": "https://elsewhere.example", "Host": "127.0.0.1:8082"}

    answer = marketo.site.answer(Call.of("POST", f"/__sim__/people/{lead}/delete", headers=headers))

    assert answer.status == 403
    assert marketo.lead(lead)["id"] == lead
