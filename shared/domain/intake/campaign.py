"""Campaign parameters from wherever they travel: fields, nested objects, the address of the page."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

PARAMETERS: Final = ("source", "medium", "campaign", "term", "content")
CLICK_IDS: Final = ("gclid", "gbraid", "wbraid", "yclid", "fbclid", "msclkid", "ttclid", "li_fat_id")


def utm_of_pairs(pairs: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """``utm_source``, ``utm.source``, ``UTM Source`` … as ``source``; empty values are none, the first one holds."""
    found: dict[str, str] = {}
    for key, value in pairs:
        name = key.strip().lower().replace(" ", "_").replace(".", "_")
        parameter = name.removeprefix("utm_")
        if name.startswith("utm_") and parameter in PARAMETERS and isinstance(value, (str, int)) and str(value).strip():
            found.setdefault(parameter, str(value).strip())
    return found


def utm_of_object(values: object) -> dict[str, str]:
    """An object like ``{"source": …, "name": …}`` (Segment calls the campaign ``name``)."""
    if not isinstance(values, Mapping):
        return {}
    named = {**values, "campaign": values.get("campaign") or values.get("name")}
    bare = {key.removeprefix("utm_"): value for key, value in named.items() if isinstance(key, str)}
    return utm_of_pairs((f"utm_{key}", bare.get(key)) for key in PARAMETERS)


def utm_of_url(url: str | None) -> dict[str, str]:
    """The campaign in a page's address."""
    return utm_of_pairs(_query(url))


def click_id_of(url: str | None) -> str | None:
    """Which advertising system marked the address (``gclid`` …); not the mark itself, which can name a person."""
    names = {key.lower() for key, value in _query(url) if value}
    return next((name for name in CLICK_IDS if name in names), None)


def host_and_path(url: str | None) -> tuple[str, str]:
    """Host and path of an address, never its query (which may carry anything, even an e-mail address)."""
    try:
        parts = urlsplit((url or "").strip())
        host = parts.hostname or ""
    except ValueError:
        return "", ""
    path = parts.path if host or (url or "").startswith("/") else ""
    return host.removeprefix("www."), path or ("/" if host else "")


def _query(url: str | None) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit((url or "")[:4_000]).query, max_num_fields=200)
    except ValueError:
        return []
