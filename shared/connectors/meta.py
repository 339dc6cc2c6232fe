"""Meta lead ads: the subscription handshake, batched notices of leads, and leads that carry their answers.

https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving . A notice names a lead and nothing else;
its id becomes an external reference, so that the answers, when they are fetched, join the same person.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from shared.contracts.intake import InboundRequest, Rejected, Reply, Submission
from shared.domain.intake.fields import Found, named_values, read_fields, scalar
from shared.domain.intake.payload import Payload, read_payload
from shared.domain.intake.problem import Problem
from shared.domain.intake.signatures import same

_DUMMY: Final = "<test lead: dummy data"
"""What Meta's testing tool fills in."""

_IDS: Final = ("leadgen_id", "facebook_lead_id", "lead_id")
_AD_FIELDS: Final = (
    "form_id",
    "ad_id",
    "adgroup_id",
    "campaign_id",
    "page_id",
    "form_name",
    "ad_name",
    "campaign_name",
)


def handshake(request: InboundRequest, secrets: Sequence[str]) -> Reply | None:
    """Echo ``hub.challenge`` when ``hub.verify_token`` is ours.

    Raises:
        Problem: INTAKE.BAD_HANDSHAKE (403); the token is not ours.
    """
    mode, token, challenge = (
        (request.query.get(f"hub.{name}") or ("",))[0] for name in ("mode", "verify_token", "challenge")
    )
    if mode != "subscribe":
        return None
    if not any(same(token, secret) for secret in secrets if secret):
        raise Problem("INTAKE.BAD_HANDSHAKE", status=403, detail="hub.verify_token is not the one of this source.")
    return Reply(status=200, body=challenge, content_type="text/plain; charset=utf-8")


def parse(request: InboundRequest, options: Mapping[str, Any]) -> list[Submission | Rejected]:
    """Every lead in the request: notices of a page, a lead as the Graph API returns it, or one relayed flat."""
    payload = read_payload(request.body, request.headers)
    if isinstance(payload.value, dict) and "object" in payload.value and "entry" in payload.value:
        return [*_notices(payload.value, options)]
    return [_lead(item, options, payload) for item in payload.items if isinstance(item, Mapping)]


def _notices(body: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[Submission | Rejected]:
    if body.get("object") != "page":
        return
    changes = [
        (entry, change)
        for entry in _objects(body.get("entry"))
        for change in _objects(entry.get("changes"))
        if change.get("field") == "leadgen"
    ]
    for index, (entry, change) in enumerate(changes):
        value = change.get("value")
        leadgen_id = scalar(value.get("leadgen_id")) if isinstance(value, Mapping) else None
        if isinstance(value, Mapping) and leadgen_id:
            yield _notice(value, leadgen_id, entry, options)
        else:
            yield Rejected(code="INTAKE.MALFORMED_EVENT", detail="A leadgen change names no leadgen_id.", index=index)


def _notice(
    value: Mapping[str, Any], leadgen_id: str, entry: Mapping[str, Any], options: Mapping[str, Any]
) -> Submission:
    found: Found = {}
    kind = "lead_notified"
    if isinstance(value.get("field_data"), list):
        found, kind = _answers(value, options), "form_submitted"
    found["attributes"] = _ad(value)
    found["occurred_at"] = value.get("created_time") or entry.get("time")
    found["vendor_id"], found["external_id"] = leadgen_id, f"meta:{leadgen_id}"
    return Submission(kind=kind, **found)


def _lead(item: Mapping[str, Any], options: Mapping[str, Any], payload: Payload) -> Submission:
    found = _answers(item, options)
    lead_id = found.get("vendor_id")
    found["attributes"] = {**found.get("attributes", {}), **_ad(item)}
    found["external_id"] = f"meta:{lead_id}" if lead_id else None
    flags = (*payload.flags, *found.pop("flags", ()))
    return Submission(kind="form_submitted", flags=tuple(dict.fromkeys(flags)), **found)


def _answers(item: Mapping[str, Any], options: Mapping[str, Any]) -> Found:
    """Answers by the names of their questions (slugs in the form's language), without what the testing tool put in."""
    fields = item.get("field_data")
    person = named_values(fields) if isinstance(fields, list) else dict(item)
    real = {key: value for key, value in person.items() if not (scalar(value) or "").startswith(_DUMMY)}
    outer = {key: value for key, value in item.items() if key != "field_data"} if fields else {}
    found = read_fields({**outer, **real}, {**options, "ids": _IDS})
    if len(real) != len(person):
        found["flags"] = (*found.get("flags", ()), "test_lead")
    for name in [*_AD_FIELDS, "is_organic", "platform"]:
        found.get("answers", {}).pop(name, None)
    return found


def _ad(value: Mapping[str, Any]) -> Found:
    return {key: text for key in _AD_FIELDS if (text := scalar(value.get(key)))}


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
