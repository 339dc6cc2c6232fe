"""Rows of the world in the words of the vendors who would report them. Knows no HTTP and no secret; see wire.py."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from infra.local.demo.tables import (
    SITE,
    Call,
    Chat,
    Download,
    Enquiry,
    Identification,
    MailEvent,
    Origin,
    PageView,
    Person,
    Purchase,
    Row,
    Webinar,
)

Json = dict[str, Any]

TYPEFORM_TEXTS: Final = {
    "processing": "I agree that my details are processed to answer this enquiry.",
    "ad.email": "I agree to receive marketing messages by e-mail.",
}
_CONSENT_FIELDS: Final = {"processing": "consent_processing", "ad.email": "consent_email"}
_OPENED_WITH: Final = {True: "Mozilla/5.0 (via ggpht.com GoogleImageProxy)", False: "Mozilla/5.0 (Windows NT 10.0)"}


def iso(at: int) -> str:
    """A time as most vendors write it."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"


def page_url(path: str, origin: Origin | None = None) -> str:
    """The address in the browser's bar."""
    marks = utm(origin) if origin else {}
    return f"https://{SITE}{path}" + (f"?{urlencode(marks)}" if marks else "")


def utm(origin: Origin) -> dict[str, str]:
    """Campaign parameters as they travel in addresses and hidden fields."""
    values = {"utm_source": origin.source, "utm_medium": origin.medium, "utm_campaign": origin.campaign}
    return {key: value for key, value in values.items() if value}


# ---- Segment ---------------------------------------------------------------------------------------------------------


def segment_event(row: Row) -> Json:
    """One event of a Segment batch. ``messageId`` is the row's id, so that sending again repeats it."""
    event = _SEGMENT[type(row)](row)
    who = {"anonymousId": row.device, "userId": row.user_id}  # type: ignore[attr-defined]  # every row of _SEGMENT has them
    return {
        "messageId": row.row_id,
        "timestamp": iso(row.at),
        **{key: value for key, value in who.items() if value},
        **event,
    }


def _page(row: PageView) -> Json:
    if row.origin is None:
        referrer = f"https://{SITE}/"
    else:
        referrer = f"https://{row.origin.referrer}/" if row.origin.referrer else ""
    properties = {"path": row.path, "url": page_url(row.path, row.origin), "referrer": referrer}
    return {"type": "page", "properties": {key: value for key, value in properties.items() if value}}


def _identify(row: Identification) -> Json:
    return {"type": "identify", "traits": {"email": row.email}}


def _download(row: Download) -> Json:
    properties = {"title": row.title, "asset": row.asset, "category": row.category}
    return {"type": "track", "event": "Content Downloaded", "properties": properties}


def _webinar(row: Webinar) -> Json:
    event = "Webinar Attended" if row.attended else "Webinar Registered"
    return {"type": "track", "event": event, "properties": {"title": row.title}}


def _chat(row: Chat) -> Json:  # noqa: ARG001 - every maker of an event takes its row
    return {"type": "track", "event": "Chat Message Received", "properties": {}}


_SEGMENT: Final[Mapping[type[Row], Callable[[Any], Json]]] = {
    PageView: _page,
    Identification: _identify,
    Download: _download,
    Webinar: _webinar,
    Chat: _chat,
}
BY_SEGMENT: Final = tuple(_SEGMENT)
"""Types of rows that a web site's analytics reports."""


# ---- mail, telephone, billing ----------------------------------------------------------------------------------------


def mail_event(row: MailEvent) -> Json:
    """One event of a mail provider's list."""
    event: Json = {
        "sg_event_id": row.row_id,
        "sg_message_id": row.message_id,
        "event": row.event,
        "email": row.email,
        "timestamp": row.at // 1000,
    }
    if row.event == "open":
        event["useragent"] = _OPENED_WITH[row.machine]
    if row.event == "click":
        event["url"] = page_url("/product")
    return event


def call_event(row: Call) -> Json:
    """A Standard Webhooks event of a telephone system."""
    data = {"email": row.email, "duration": row.seconds, "occurred_at": iso(row.at)}
    return {"type": "call.completed" if row.answered else "call.missed", "timestamp": iso(row.at), "data": data}


def purchase_event(row: Purchase) -> Json:
    """A Standard Webhooks event of a billing system."""
    data = {
        "email": row.email,
        "order_id": row.row_id,
        "value": row.amount,
        "currency": row.currency,
        "occurred_at": iso(row.at),
    }
    return {"type": "order.paid", "timestamp": iso(row.at), "data": data}


def order_completed(row: Purchase, person: Person) -> Json:
    """A Segment track event of the company's own server, which knows what was paid."""
    properties = {"order_id": row.row_id, "total": row.amount, "currency": row.currency, "plan": row.plan}
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": row.row_id,
        "timestamp": iso(row.at),
        "userId": person.user_id,
        "anonymousId": person.device,
        "context": {"traits": {"email": row.email}},
        "properties": properties,
    }


def woocommerce_order(row: Purchase, person: Person) -> Json:
    """An order as WooCommerce's REST API shows it, completed; refunds are below zero."""
    at = datetime.fromtimestamp(row.at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return {
        "id": row.row_id,
        "status": "completed",
        "currency": row.currency,
        "total": f"{row.amount}.00",
        "date_created_gmt": at,
        "date_modified_gmt": at,
        "date_paid_gmt": at,
        "billing": {"email": row.email, "first_name": person.first_name, "last_name": person.last_name},
        "refunds": [{"id": 1, "reason": "", "total": f"-{row.given_back}.00"}] if row.given_back else [],
    }


# ---- forms -----------------------------------------------------------------------------------------------------------


def json_form(row: Enquiry, person: Person) -> Json:
    """The documented body of `/in/json`."""
    body: Json = {"id": row.row_id, "occurred_at": iso(row.at), "email": person.email, **row.profile}
    body |= {"anonymous_id": row.device, "page_url": page_url(row.path)}
    body |= {"form_id": row.form_id, "form_name": row.form_name}
    body |= {"utm": {key.removeprefix("utm_"): value for key, value in utm(row.origin).items()}}
    return body | {"answers": dict(row.answers), "consents": dict(row.consents)}


def form_post(row: Enquiry, person: Person) -> dict[str, str]:
    """The fields of an ordinary HTML form, named as `/in/form` documents them."""
    fields = {"id": row.row_id, "occurred_at": iso(row.at), "email": person.email, **row.profile}
    fields |= {"anonymous_id": row.device, "page_url": page_url(row.path)}
    fields |= {"form_id": row.form_id, "form_name": row.form_name, **utm(row.origin), **row.answers}
    return fields | {f"consent.{purpose}": "yes" if yes else "no" for purpose, yes in row.consents.items()}


def lead_submitted(row: Enquiry, person: Person) -> Json:
    """A partner's portal speaks Standard Webhooks."""
    data = json_form(row, person)
    del data["id"]
    return {"type": "lead.submitted", "timestamp": iso(row.at), "data": data}


def tilda_form(row: Enquiry, person: Person) -> dict[str, str]:
    """Tilda: fields as on the page, the campaign in its cookie; hidden fields carry the time and the device."""
    name = f"{row.profile['first_name']} {row.profile['last_name']}"
    others = {key: value for key, value in row.profile.items() if key not in ("first_name", "last_name")}
    fields = {"Name": name, "Email": person.email, **others, **row.answers}
    fields |= {_CONSENT_FIELDS[purpose]: "yes" for purpose, yes in row.consents.items() if yes}
    fields |= {"tranid": row.row_id, "formid": row.form_id, "formname": row.form_name}
    fields |= {"submitted_at": iso(row.at), "anonymous_id": row.device}
    marks = "|||".join(f"{key}={value}" for key, value in utm(row.origin).items())
    return fields | ({"COOKIES": f"TILDAUTM={quote(marks)}"} if marks else {})


def meta_notice(row: Enquiry, person: Person) -> Json:
    """A lead ad with its answers; the campaign is in the form's tracking parameters."""
    fields = {"email": person.email, **row.profile, **row.answers, **utm(row.origin)}
    value = {
        "leadgen_id": row.row_id,
        "form_id": row.form_id,
        "form_name": row.form_name,
        "page_id": "100200300",
        "created_time": row.at // 1000,
        "field_data": [{"name": name, "values": [text]} for name, text in fields.items()],
    }
    changes = [{"field": "leadgen", "value": value}]
    return {"object": "page", "entry": [{"id": "100200300", "time": row.at // 1000, "changes": changes}]}


def typeform_response(row: Enquiry, person: Person) -> Json:
    """A form response with its definition; every question's title is what it is called here."""
    questions = list(_questions(row, person))
    fields = [
        {"id": f"q{n}", "ref": ref, "type": kind, "title": title} for n, (ref, kind, title, _) in enumerate(questions)
    ]
    answers = [
        {**answer, "field": {"id": f"q{n}", "ref": ref, "type": kind}}
        for n, (ref, kind, _, answer) in enumerate(questions)
    ]
    return {
        "event_id": f"event-{row.row_id}",
        "event_type": "form_response",
        "form_response": {
            "form_id": row.form_id,
            "token": row.row_id,
            "landed_at": iso(row.at - 60_000),
            "submitted_at": iso(row.at),
            "hidden": {"anonymous_id": row.device, **utm(row.origin)},
            "definition": {"id": row.form_id, "title": row.form_name, "fields": fields},
            "answers": answers,
        },
    }


def _questions(row: Enquiry, person: Person) -> list[tuple[str, str, str, Json]]:
    """Reference, kind, title and answer of every question."""
    asked: list[tuple[str, str, str, Json]] = [("email", "email", "Email", {"type": "email", "email": person.email})]
    for name, text in row.profile.items():
        if name == "phone":
            asked.append((name, "phone_number", "Phone", {"type": "phone_number", "phone_number": text}))
        else:
            asked.append((name, "short_text", name.replace("_", " ").capitalize(), {"type": "text", "text": text}))
    for name, text in row.answers.items():
        asked.append((name, "multiple_choice", name, {"type": "choice", "choice": {"label": text}}))
    for purpose, yes in row.consents.items():
        answer = {"type": "boolean", "boolean": yes}
        asked.append((_CONSENT_FIELDS[purpose], "yes_no", TYPEFORM_TEXTS[purpose], answer))
    return asked
