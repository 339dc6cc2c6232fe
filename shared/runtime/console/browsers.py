"""What a browser sent, read from an event (payload 2.0), and the cookies it is given."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from shared.domain.intake.problem import Problem
from shared.runtime.routing import MAX_BODY

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST: Final = re.compile(r"^(.*?)(?::\d+)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A cookie to set; an ``age_s`` of zero removes it. A lax one comes along when another site leads back to us."""

    name: str
    value: str
    path: str
    same_site: Literal["Strict", "Lax"]
    age_s: int


def method_of(event: Mapping[str, Any]) -> str:
    """The method, in upper case."""
    return str(event.get("requestContext", {}).get("http", {}).get("method", "GET")).upper()


def header_of(event: Mapping[str, Any], wanted: str) -> str:
    """A header by its name in lower case; empty when it is not there."""
    return next((str(v) for name, v in (event.get("headers") or {}).items() if name.lower() == wanted), "")


def cookies_of(event: Mapping[str, Any]) -> dict[str, str]:
    """The first cookie of each name; payload 2.0 has them in a list of their own, the laptop in the header."""
    sent = [*(event.get("cookies") or ()), *header_of(event, "cookie").split(";")]
    pairs = (str(part).strip().partition("=") for part in reversed(sent))
    return {name: value for name, _, value in pairs}


def form_of(event: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a form; the last of each name holds.

    Raises:
        Problem: the body is too large, or no form.
    """
    raw = str(event.get("body") or "")
    if len(raw) > 2 * MAX_BODY:
        raise Problem("API.TOO_LARGE", status=413, detail=f"At most {MAX_BODY} bytes.")
    try:
        text = base64.b64decode(raw, validate=True).decode() if event.get("isBase64Encoded") else raw
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=50))
    except (binascii.Error, ValueError):
        raise Problem("API.BAD_REQUEST", status=400, detail="This is not a form.") from None


def is_led_here(event: Mapping[str, Any]) -> bool:
    """Whether another site led the browser here, a link in a mail for example: it then holds strict cookies back."""
    return header_of(event, "sec-fetch-site") == "cross-site"


def with_cookies(response: dict[str, Any], event: Mapping[str, Any], cookies: Iterable[Cookie]) -> dict[str, Any]:
    """The response with cookies. Only loopback may do without TLS: there is none on a laptop."""
    secure = "" if _is_loopback(event) else "; Secure"
    lines = [
        f"{c.name}={c.value}; Path={c.path}; HttpOnly; SameSite={c.same_site}; Max-Age={c.age_s}{secure}"
        for c in cookies
    ]
    return {**response, "cookies": lines} if lines else response


def _is_loopback(event: Mapping[str, Any]) -> bool:
    match = _HOST.match(header_of(event, "host"))
    return match is not None and match[1] in LOOPBACK
