"""Tilda form posts. No signature exists: the address carries a token of the source.

https://help.tilda.ws/forms/webhook . Adding the hook sends ``test=test`` and wants 200. ``tranid`` names a submission.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from shared.contracts.intake import InboundRequest, Rejected, Submission
from shared.domain.intake.campaign import utm_of_pairs
from shared.domain.intake.fields import read_fields, scalar
from shared.domain.intake.payload import read_payload

_COOKIES: Final = "COOKIES"
_MARKED: Final = "TILDAUTM"
_SEPARATORS: Final = ("|||amp;", "|||")
_NO_IDENTITY: Final = ("user_id", "external_id")
"""Fields of these names in a Tilda form were named by whoever built the page: they identify nobody in our sense."""


def parse(request: InboundRequest, options: Mapping[str, Any]) -> list[Submission | Rejected]:
    """One form. A field may be called ``Label|variable``; several ticks arrive as one value joined by ``; ``."""
    payload = read_payload(request.body, request.headers)
    values = {key.rpartition("|")[2] if "|" in key else key: value for key, value in payload.object.items()}
    if not values.keys() - {"test"}:
        return []
    found = read_fields({key: value for key, value in values.items() if key != _COOKIES}, options)
    for name in _NO_IDENTITY:
        found.pop(name, None)
    cookies = scalar(values.get(_COOKIES)) or ""
    found["utm"] = utm_of_cookies(cookies) | found.get("utm", {})
    found.setdefault("page_url", request.headers.get("referer") or None)
    flags = (*payload.flags, *found.pop("flags", ()))
    return [Submission(kind="form_submitted", flags=flags, **found)]


def utm_of_cookies(cookies: str) -> dict[str, str]:
    """The campaign that Tilda keeps in its cookie: ``TILDAUTM=utm_source=a|||utm_medium=b|||``, percent-encoded."""
    pairs = (item.strip().partition("=") for item in cookies.split(";"))
    marked = next((value for name, _, value in pairs if name == _MARKED), "")
    text = unquote(marked)
    text = unquote(text) if "%" in text and "|||" not in text else text
    for separator in _SEPARATORS:
        text = text.replace(separator, "\n")
    fields = (line.partition("=") for line in text.splitlines())
    return utm_of_pairs((name.strip(), unquote(value)) for name, _, value in fields)
