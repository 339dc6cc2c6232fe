"""Parcels of rows as signed HTTP requests: what each vendor puts around its payload to prove who sent it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from infra.local.demo import payloads
from infra.local.demo.costs import cost_file
from infra.local.demo.tables import Call, CostRow, Enquiry, Person, Purchase, Row
from infra.local.keyring import ListedSource

JSON: Final = {"content-type": "application/json"}
FORM: Final = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What goes through a door in one request."""

    door: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A POST, ready to be sent."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Writer:
    """Writes requests with the secrets that the sources of this cloud have."""

    def __init__(self, sources: Mapping[str, ListedSource], people: Mapping[str, Person]) -> None:
        self._sources = sources
        self._people = people

    def write(self, parcel: Parcel, now: int) -> Request:
        """The request of a parcel; ``now`` is the cloud's time in milliseconds, which some vendors sign."""
        if parcel.door == "segment":
            return self._segment(parcel.rows, now)
        if parcel.door == "mail":
            return self._json([payloads.mail_event(row) for row in parcel.rows])  # type: ignore[arg-type]
        (row,) = parcel.rows
        if isinstance(row, Call):
            return self._standard(payloads.call_event(row), row.row_id, now)
        if isinstance(row, Purchase):
            return self._order(row, now)
        if not isinstance(row, Enquiry):
            raise TypeError(row)
        return self._form(row, now)

    def write_costs(self, rows: Sequence[CostRow], now: int) -> Request:
        """A file of costs, signed."""
        body = cost_file(rows).encode()
        message_id = f"costs-{hashlib.sha256(body).hexdigest()[:16]}"
        return self._standard_bytes("costs", body, message_id, now, {"content-type": "text/csv; charset=utf-8"})

    def _order(self, row: Purchase, now: int) -> Request:
        """An order, told by the shop it was placed in."""
        person = self._people[row.person_id]
        if row.door == "woocommerce":
            return self._shop(payloads.woocommerce_order(row, person))
        if row.door == "segment-server":
            source = self._sources["segment-server"]
            key = base64.b64encode(f"{source.secret}:".encode()).decode()
            event = payloads.order_completed(row, person)
            headers = {**JSON, "authorization": f"Basic {key}"}
            return Request(url=f"{source.url}/v1/track", body=_bytes(event), headers=headers)
        return self._standard(payloads.purchase_event(row), row.row_id, now)

    def _shop(self, payload: Any) -> Request:
        """A webhook of WooCommerce: an HMAC of the body, in Base64."""
        source, body = self._sources["woocommerce"], _bytes(payload)
        digest = hmac.new(source.secret.encode(), body, hashlib.sha256).digest()
        headers = {
            **JSON,
            "x-wc-webhook-topic": "order.updated",
            "x-wc-webhook-signature": base64.b64encode(digest).decode(),
        }
        return Request(url=source.url, body=body, headers=headers)

    def _form(self, row: Enquiry, now: int) -> Request:
        person = self._people[row.person_id]
        writers: dict[str, Callable[[], Request]] = {
            "json": lambda: self._json(payloads.json_form(row, person)),
            "form": lambda: self._urlencoded("form", payloads.form_post(row, person)),
            "tilda": lambda: self._urlencoded(
                "tilda", payloads.tilda_form(row, person), referer=payloads.page_url(row.path)
            ),
            "meta": lambda: self._signed("meta", payloads.meta_notice(row, person)),
            "typeform": lambda: self._signed("typeform", payloads.typeform_response(row, person)),
            "standard-webhooks": lambda: self._standard(payloads.lead_submitted(row, person), row.row_id, now),
        }
        return writers[row.door]()

    def _segment(self, rows: tuple[Row, ...], now: int) -> Request:
        """A batch with the public write key as the user of Basic authentication, as Segment's clients send it."""
        source = self._sources["segment"]
        body = {"batch": [payloads.segment_event(row) for row in rows], "sentAt": payloads.iso(now)}
        key = base64.b64encode(f"{source.secret}:".encode()).decode()
        return Request(
            url=f"{source.url}/v1/batch", body=_bytes(body), headers={**JSON, "authorization": f"Basic {key}"}
        )

    def _json(self, body: Any) -> Request:
        source = self._sources["json"]
        headers = {**JSON, "authorization": f"Bearer {source.secret}"}
        return Request(url=source.url, body=_bytes(body), headers=headers)

    def _urlencoded(self, name: str, fields: Mapping[str, str], **headers: str) -> Request:
        """The token is in the address already."""
        return Request(url=self._sources[name].url, body=urlencode(fields).encode(), headers={**FORM, **headers})

    def _signed(self, name: str, payload: Any) -> Request:
        """An HMAC of the body: Typeform in Base64, Meta in hexadecimal."""
        source, body = self._sources[name], _bytes(payload)
        digest = hmac.new(source.secret.encode(), body, hashlib.sha256)
        if name == "typeform":
            proof = {"typeform-signature": f"sha256={base64.b64encode(digest.digest()).decode()}"}
        else:
            proof = {"x-hub-signature-256": f"sha256={digest.hexdigest()}"}
        return Request(url=source.url, body=body, headers={**JSON, **proof})

    def _standard(self, payload: Any, message_id: str, now: int) -> Request:
        return self._standard_bytes("standard-webhooks", _bytes(payload), message_id, now, JSON)

    def _standard_bytes(
        self, name: str, body: bytes, message_id: str, now: int, declared: Mapping[str, str]
    ) -> Request:
        source = self._sources[name]
        key = base64.b64decode(source.secret.removeprefix("whsec_"))
        stamp = str(now // 1000)
        digest = hmac.new(key, b".".join((message_id.encode(), stamp.encode(), body)), hashlib.sha256).digest()
        headers = {
            **declared,
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }
        return Request(url=source.url, body=body, headers=headers)


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
