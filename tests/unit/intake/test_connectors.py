"""Vendors' payloads in neutral words."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest

from shared.connectors.registry import connector_of, is_known
from shared.contracts.intake import Rejected, Submission
from shared.domain.intake.problem import Problem
from tests.unit.intake.builders import NOW, parsed, posted, submitted

CONSENTS = {"agree_ref": {"purpose": "processing", "text_id": "p-1"}, "news": {"purpose": "ad.email", "text_id": "e-1"}}


def typeform(*answers: dict[str, Any], **response: Any) -> dict[str, Any]:
    fields = [{"id": f"id{n}", "title": a.pop("title", f"Question {n}"), "type": "x"} for n, a in enumerate(answers)]
    listed = [{**a, "field": {"id": f"id{n}", **a.get("field", {})}} for n, a in enumerate(answers)]
    whole = {"form_id": "f1", "token": "tok", "submitted_at": "2026-01-01T11:00:00Z", "answers": listed}
    definition = {"id": "f1", "title": "Contact", "fields": fields}
    return {
        "event_id": "ev",
        "event_type": "form_response",
        "form_response": {**whole, "definition": definition, **response},
    }


def test_typeform_answers_are_read_by_type_reference_and_what_the_author_called_them() -> None:
    found = submitted(
        posted(
            "/in/typeform",
            typeform(
                {"type": "email", "email": "a@example.com"},
                {"type": "phone_number", "phone_number": "+48600100200"},
                {"type": "text", "text": "Anna", "field": {"ref": "first_name"}},
                {"type": "text", "text": "Kowalska", "title": "Last name"},
                {"type": "text", "text": "Acme", "field": {"ref": "01-x"}},
                {"type": "choices", "choices": {"labels": ["CRM", "SMS"], "other": "Fax"}, "title": "Interests"},
                {"type": "choice", "choice": {"label": "50-100"}, "title": "Size"},
                {"type": "number", "number": 42, "title": "Seats"},
                {"type": "boolean", "boolean": True, "title": "Budget?"},
                {"type": "payment", "payment": {"amount": "1"}, "title": "Paid"},
                hidden={"utm_source": "google", "utm_medium": "", "source": "ads", "anonymous_id": "anon-1"},
            ),
        ),
        fields={"01-x": "company"},
    )

    assert (found.email, found.phone, found.first_name, found.last_name, found.company) == (
        "a@example.com", "+48600100200", "Anna", "Kowalska", "Acme",
    )  # fmt: skip
    assert (found.vendor_id, found.anonymous_id, found.utm) == ("tok", "anon-1", {"source": "google"})
    assert found.answers["Interests"] == "CRM; SMS; Fax"
    assert (found.answers["Size"], found.answers["Seats"], found.answers["source"]) == ("50-100", "42", "ads")
    assert found.attributes["form_id"] == "f1"
    assert found.consents == {}


def test_typeform_consent_is_only_what_the_source_binds() -> None:
    body = typeform(
        {"type": "email", "email": "a@example.com"},
        {"type": "boolean", "boolean": True, "field": {"ref": "agree_ref"}, "title": "I agree to …"},
        {"type": "boolean", "boolean": False, "field": {"ref": "news"}, "title": "Send me news"},
        {"type": "boolean", "boolean": True, "field": {"ref": "other"}, "title": "Consent"},
    )

    assert submitted(posted("/in/typeform", body)).consents == {}
    bound = submitted(posted("/in/typeform", body), consents=CONSENTS)
    assert bound.consents == {"processing": True, "ad.email": False}
    assert bound.consent_text == "I agree to …\nSend me news"


def test_a_typeform_variable_called_name_is_nobodys_name() -> None:
    body = typeform(
        {"type": "email", "email": "a@example.com"}, variables=[{"key": "name", "type": "text", "text": "x"}]
    )

    assert submitted(posted("/in/typeform", body)).name is None


def test_another_event_of_typeform_is_nothing_and_no_event_at_all_is_refused() -> None:
    assert parsed(posted("/in/typeform", {"event_type": "form_response_partial"})) == []
    with pytest.raises(Problem, match=r"INTAKE\.MALFORMED_EVENT"):
        parsed(posted("/in/typeform", {"email": "a@example.com"}))


def test_a_tilda_form_with_labels_ticks_and_campaign_cookie() -> None:
    marked = quote("utm_source=yandex|||utm_medium=cpc|||amp;utm_campaign=spring%20sale|||utm_term=|||", safe="")
    body = urlencode(
        {
            "Имя|name": "Анна",
            "Phone": "8 (999) 123-45-67",
            "Email": "anna@example.ru",
            "Checkbox": "yes",
            "Темы": "CRM; SMS",
            "tranid": "1:2",
            "formid": "form1",
            "COOKIES": f"_ym_uid=1; TILDAUTM={marked}; previousUrl=x",
            "userId": "42",
        }
    )

    found = submitted(posted("/in/tilda?token=x", body, headers={"Referer": "https://example.com/lp?x=1"}))

    assert (found.name, found.phone, found.email, found.vendor_id) == (
        "Анна", "8 (999) 123-45-67", "anna@example.ru", "1:2",
    )  # fmt: skip
    assert found.utm == {"source": "yandex", "medium": "cpc", "campaign": "spring sale"}
    assert found.consents == {"processing": True}
    assert (found.page_url, found.user_id) == ("https://example.com/lp?x=1", None)
    assert found.answers == {"Темы": "CRM; SMS"}


def test_tildas_test_is_nothing_but_a_form_with_a_field_called_test_is_a_form() -> None:
    assert parsed(posted("/in/tilda", "test=test")) == []
    assert submitted(posted("/in/tilda", "test=test&email=a%40example.com")).email == "a@example.com"


def notice(*ids: str | None) -> dict[str, Any]:
    changes = [{"field": "leadgen", "value": {"leadgen_id": i, "form_id": "9", "created_time": 1}} for i in ids]
    return {"object": "page", "entry": [{"id": "1", "time": 2, "changes": [*changes, {"field": "feed", "value": {}}]}]}


def test_meta_batches_become_one_notice_each_and_a_broken_one_is_rejected_alone() -> None:
    first, broken, third = parsed(posted("/in/meta", notice("10", None, "12")))

    assert isinstance(first, Submission)
    assert (first.kind, first.vendor_id, first.external_id) == ("lead_notified", "10", "meta:10")
    assert isinstance(broken, Rejected)
    assert isinstance(third, Submission)


def test_a_meta_lead_with_its_answers_is_a_form_in_any_language() -> None:
    body = {
        "id": "77",
        "created_time": "2026-01-01T10:00:00+0000",
        "form_id": "9",
        "field_data": [
            {"name": "повне_ім'я", "values": ["Олена Шевченко"]},
            {"name": "номер_телефону", "values": ["+380671234567"]},
            {"name": "email", "values": ["olena@example.ua"]},
            {"name": "бюджет", "values": ["10", "20"]},
        ],
    }

    found = submitted(posted("/in/meta", body))

    assert (found.kind, found.vendor_id, found.name, found.phone, found.email) == (
        "form_submitted", "77", "Олена Шевченко", "+380671234567", "olena@example.ua",
    )  # fmt: skip
    assert found.answers == {"бюджет": "10; 20"}
    assert found.attributes["form_id"] == "9"


def test_a_page_notice_that_brings_answers_is_a_form_too() -> None:
    body = notice("10")
    body["entry"][0]["changes"][0]["value"]["field_data"] = [{"name": "email", "values": ["a@example.com"]}]

    found = submitted(posted("/in/meta", body))

    assert (found.kind, found.email, found.external_id) == ("form_submitted", "a@example.com", "meta:10")


def test_what_metas_testing_tool_fills_in_is_flagged_and_left_out() -> None:
    dummy = "<test lead: dummy data for full_name>"
    body = {
        "id": "1",
        "field_data": [{"name": "full_name", "values": [dummy]}, {"name": "email", "values": ["test@fb.com"]}],
    }

    found = submitted(posted("/in/meta", body))

    assert (found.name, found.email, found.flags) == (None, "test@fb.com", ("test_lead",))


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [
        ("lead.submitted", "form_submitted"),
        ("email.clicked", "email_clicked"),
        ("Order.Placed", "order_placed"),
        ("webinar.attended", "webinar_attended"),
        ("contact.created", "identified"),
    ],
)
def test_standard_webhooks_speak_of_our_signals(event_type: str, kind: str) -> None:
    body = {"type": event_type, "timestamp": "2026-01-01T11:00:00Z", "data": {"email": "a@example.com", "value": 9}}

    found = submitted(posted("/in/standard-webhooks", body, headers={"webhook-id": "msg_1"}))

    assert (found.kind, found.email, found.vendor_id) == (kind, "a@example.com", "msg_1")
    assert (found.occurred_at, found.attributes["value"]) == ("2026-01-01T11:00:00Z", 9)


@pytest.mark.parametrize(
    "event_type", ["invoice.created", "", "remote.changed", "lead.notified", "custom.event", "a b"]
)
def test_types_that_mean_nothing_to_us_are_nothing(event_type: str) -> None:
    assert parsed(posted("/in/standard-webhooks", {"type": event_type, "data": {"email": "a@example.com"}})) == []


@pytest.mark.parametrize(
    ("event_type", "data", "consents"),
    [
        ("consent.given", {"purpose": "ad.email"}, {"ad.email": True}),
        ("consent.withdrawn", {"purposes": ["ad.email", "ad.sms"]}, {"ad.email": False, "ad.sms": False}),
        ("consent.withdrawn", {}, {"ad.email": False}),
        ("consent.given", {}, {}),
        ("email.unsubscribed", {}, {"ad.email": False}),
    ],
)
def test_standard_webhooks_give_and_withdraw_consent_by_purpose(
    event_type: str, data: dict[str, Any], consents: dict[str, bool]
) -> None:
    body = {"type": event_type, "data": {"email": "a@example.com", **data}}

    assert submitted(posted("/in/standard-webhooks", body)).consents == consents


DOCUMENTED = {
    "id": "1",
    "occurred_at": "2026-01-01T10:00:00Z",
    "email": "a@example.com",
    "phone": "+48600100200",
    "anonymous_id": "anon-1",
    "name": "Anna Kowalska",
    "first_name": "Anna",
    "last_name": "Kowalska",
    "company": "Acme",
    "title": "CTO",
    "country": "PL",
    "page_url": "https://example.com/pricing?utm_term=crm",
    "utm": {"source": "google", "medium": "cpc"},
    "answers": {"budget": "10k"},
    "consents": {"processing": True, "ad.email": False},
    "consent_text": "I agree.",
}


def test_the_documented_json_body_is_read_whole() -> None:
    found = submitted(posted("/in/json", DOCUMENTED))

    for name in ("email", "phone", "anonymous_id", "name", "first_name", "last_name", "company", "title", "country"):
        assert getattr(found, name) == DOCUMENTED[name]
    assert (found.vendor_id, found.occurred_at, found.kind) == ("1", "2026-01-01T10:00:00Z", "form_submitted")
    assert found.utm == {"source": "google", "medium": "cpc", "term": "crm"}
    assert found.answers == {"budget": "10k"}
    assert found.consents == {"processing": True, "ad.email": False}
    assert found.consent_text == "I agree."


def test_the_documented_form_body_means_the_same() -> None:
    flat = {key: value for key, value in DOCUMENTED.items() if isinstance(value, str)}
    body = urlencode(
        {
            **flat,
            "utm_source": "google",
            "utm[medium]": "cpc",
            "answers[budget]": "10k",
            "consent.processing": "yes",
            "consent.ad.email": "no",
        }
    )

    assert submitted(posted("/in/form", body)) == submitted(posted("/in/json", DOCUMENTED))


@pytest.mark.parametrize("body", [{}, {"name": "Anna"}, {"email": ""}, {"email": {"$gt": ""}}])
def test_json_about_nobody_is_rejected_where_it_stands(body: dict[str, Any]) -> None:
    good, rejected = parsed(posted("/in/json", [{"email": "a@example.com"}, body]))

    assert isinstance(good, Submission)
    assert isinstance(rejected, Rejected)
    assert (rejected.code, rejected.index) == ("INTAKE.NO_IDENTIFIER", 1)


def test_a_sender_may_say_what_kind_of_signal_it_is_but_only_in_our_words() -> None:
    order = submitted(posted("/in/json", {"email": "a@example.com", "kind": "order_paid", "value": 9.5}))
    other = submitted(posted("/in/json", {"email": "a@example.com", "kind": "anything"}))

    assert (order.kind, order.attributes["value"]) == ("order_paid", 9.5)
    assert other.kind == "form_submitted"


def test_a_forms_own_name_never_becomes_a_persons() -> None:
    body = {"name": "Contact form", "id": "9", "data": {"Name": "Anna", "Email": "a@example.com"}}

    found = submitted(posted("/in/json", body))

    assert (found.name, found.vendor_id) == ("Anna", "9")


def test_a_map_says_where_the_person_is_or_what_fields_are() -> None:
    nested = submitted(posted("/in/json?map=a.b", {"a": {"b": {"mail": "a@example.com"}}}))
    numbered = submitted(posted("/in/json?map=5:email,1:name", {"1": "Anna", "5": "a@example.com"}))

    assert nested.email == "a@example.com"
    assert (numbered.name, numbered.email) == ("Anna", "a@example.com")


def segment(*events: dict[str, Any], **batch: Any) -> list[Submission | Rejected]:
    return parsed(posted("/v1/batch", {"batch": list(events), **batch}), "segment")


def test_every_call_of_the_segment_protocol_has_its_signal() -> None:
    found = segment(
        {"type": "identify", "userId": "u", "traits": {"email": "a@example.com", "company": {"name": "Acme"}}},
        {"type": "group", "userId": "u", "groupId": "g", "traits": {"name": "Acme", "employees": 42}},
        {"type": "alias", "userId": "u", "previousId": "anon"},
        {
            "type": "page",
            "anonymousId": "anon",
            "name": "Pricing",
            "properties": {"url": "https://e.com/p?utm_source=x"},
        },
        {"type": "screen", "anonymousId": "anon", "name": "Main"},
        {"type": "track", "userId": "u", "event": "Anything", "properties": {"plan": "pro"}},
    )

    submissions = [item for item in found if isinstance(item, Submission)]
    assert [item.kind for item in submissions] == [
        "identified", "company_identified", "identity_linked", "page_viewed", "screen_viewed", "custom_event",
    ]  # fmt: skip
    assert submissions[0].company == submissions[1].company == "Acme"
    assert submissions[1].name is None
    assert submissions[2].previous_id == "anon"
    assert (submissions[3].utm, submissions[3].name) == ({"source": "x"}, None)
    assert submissions[5].attributes == {"event": "Anything", "plan": "pro"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Order Completed", "order_placed"),
        ("order_completed", "order_placed"),
        ("Product Added", "cart_updated"),
        ("Content Downloaded", "content_downloaded"),
        ("Email Link Clicked", "email_clicked"),
        ("Webinar Registered", "webinar_registered"),
        ("Call Missed", "call_missed"),
        ("Form Submitted", "form_submitted"),
        ("Lead Submitted", "custom_event"),
    ],
)
def test_names_of_events_that_everybody_uses_mean_our_signals(name: str, kind: str) -> None:
    (found,) = segment({"type": "track", "userId": "u", "event": name})

    assert isinstance(found, Submission)
    assert (found.kind, found.attributes["event"]) == (kind, name)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "track", "event": "X"}, "INTAKE.NO_IDENTIFIER"),
        ({"type": "track", "userId": "u"}, "INTAKE.MALFORMED_EVENT"),
        ({"type": "alias", "userId": "u"}, "INTAKE.MALFORMED_EVENT"),
        ({"type": "delete", "userId": "u"}, "INTAKE.MALFORMED_EVENT"),
        ({"type": ["track"], "userId": "u"}, "INTAKE.MALFORMED_EVENT"),
        ("text", "INTAKE.MALFORMED_EVENT"),
        ({"type": "identify", "userId": "u", "traits": {"x": "a" * 40_000}}, "INTAKE.EVENT_TOO_LARGE"),
    ],
)
def test_a_bad_event_costs_nothing_but_itself(event: Any, code: str) -> None:
    bad, good = segment(event, {"type": "page", "anonymousId": "a"})

    assert isinstance(bad, Rejected)
    assert (bad.code, bad.index) == (code, 0)
    assert isinstance(good, Submission)


def test_a_single_call_takes_its_type_from_the_address() -> None:
    (found,) = parsed(posted("/v1/identify", {"userId": "u", "traits": {"email": "a@example.com"}}), "segment")

    assert isinstance(found, Submission)
    assert (found.kind, found.email) == ("identified", "a@example.com")


def test_a_wrong_client_clock_is_put_right_and_the_time_of_travel_is_not() -> None:
    times = {"originalTimestamp": "2025-01-01T00:00:00Z", "timestamp": "2025-01-01T00:00:00Z"}
    event = {"type": "page", "userId": "u", **times}

    (wrong_clock,) = segment(event, sentAt="2025-01-01T00:00:10Z")
    (right_clock,) = segment(event, sentAt="2026-01-01T11:59:30Z")
    (no_sent_at,) = segment({"type": "page", "userId": "u", "timestamp": "2025-01-01T00:00:00Z"})

    assert isinstance(wrong_clock, Submission)
    assert wrong_clock.occurred_at == NOW - 10_000
    for other in (right_clock, no_sent_at):
        assert isinstance(other, Submission)
        assert other.occurred_at == "2025-01-01T00:00:00Z"


def test_a_batch_that_is_no_list_is_refused_whole() -> None:
    with pytest.raises(Problem, match=r"INTAKE\.MALFORMED_EVENT"):
        parsed(posted("/v1/batch", {"batch": {"type": "page"}}), "segment")


def test_behind_the_first_event_of_a_signed_batch_everything_is_a_claim() -> None:
    events = [{"type": "identify", "userId": "u"}, {"type": "identify", "userId": "v"}]
    request = posted("/in/segment", events, headers={"X-Signature": "checked by the door"})

    first, second = parsed(request, scheme="segment_batch")

    assert isinstance(first, Submission)
    assert isinstance(second, Submission)
    assert (first.evidence, second.evidence) == (None, "claimed")


@pytest.mark.parametrize(
    "vendor", ["typeform", "tilda", "meta", "standard_webhooks", "segment", "json_post", "form_post"]
)
def test_connectors_are_found_by_name(vendor: str) -> None:
    assert is_known(vendor)
    assert connector_of(vendor).parse


@pytest.mark.parametrize("vendor", ["nobody", "registry", "__init__", "", "../typeform", "typeform.x", "os"])
def test_what_is_no_connector_is_none(vendor: str) -> None:
    assert not is_known(vendor)
    with pytest.raises(Problem, match=r"INTAKE\.UNKNOWN_VENDOR"):
        connector_of(vendor)
