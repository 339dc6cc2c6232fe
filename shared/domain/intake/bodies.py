"""From the bytes of a request to plain values: compression, charsets, strict JSON. Refuses the huge and the unclear."""

import codecs
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from shared.domain.intake.problem import Problem

MAX_DEPTH: Final = 64
"""Nesting of JSON and of bracketed form keys that is still read."""

_GZIP: Final = 31
_ZLIB: Final = 15
_RAW_DEFLATE: Final = -15

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_TEXT_CODECS: Final = frozenset(
    {"utf", "iso8859", "cp125", "koi8", "ascii", "latin", "mac", "gb", "big5", "shift", "euc"}
)
"""Beginnings of the names of codecs that decode text; `charset=zlib` and its like must not reach `bytes.decode`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentType:
    """A parsed Content-Type header."""

    media: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def charset(self) -> str | None:
        """The declared charset, if it names a text codec that we have."""
        try:
            name = codecs.lookup(self.parameters.get("charset", "")).name
        except (LookupError, ValueError):
            return None
        return name if any(name.startswith(prefix) for prefix in _TEXT_CODECS) else None


def content_type_of(header: str) -> ContentType:
    """Read a Content-Type header; quotes around values are optional, names are case-insensitive."""
    media, *rest = header.split(";")
    pairs = (item.partition("=") for item in rest)
    parameters = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs if name.strip()}
    return ContentType(media=media.strip().lower(), parameters=parameters)


def inflate(body: bytes, encoding: str, *, limit: int) -> bytes:
    """Undo transport compression without ever holding more than ``limit`` bytes.

    Raises:
        Problem: INTAKE.TOO_LARGE (413), INTAKE.BAD_ENCODING (400: not what the header says, or cut off) or
            INTAKE.UNSUPPORTED_ENCODING (415).
    """
    if len(body) > limit:
        raise too_large(limit)
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name in ("gzip", "x-gzip"):
        return _inflate(body, _GZIP, limit)
    if name == "deflate":
        return _inflate(body, _ZLIB if body[:1] == b"\x78" else _RAW_DEFLATE, limit)
    raise Problem("INTAKE.UNSUPPORTED_ENCODING", status=415, detail="Send the body plain, or with gzip or deflate.")


def _inflate(body: bytes, window: int, limit: int) -> bytes:
    plain = bytearray()
    rest = body
    try:
        while rest:
            stream = zlib.decompressobj(window)
            plain += stream.decompress(rest, limit - len(plain) + 1)
            if len(plain) > limit:
                raise too_large(limit)
            if not stream.eof:
                raise _not_compressed()
            rest = stream.unused_data.lstrip(b"\0") if window == _GZIP else b""
    except zlib.error as error:
        raise _not_compressed() from error
    return bytes(plain)


def too_large(limit: int) -> Problem:
    """The answer to a body over the limit of a door."""
    return Problem("INTAKE.TOO_LARGE", status=413, detail=f"The body is larger than {limit} bytes after decompression.")


def _not_compressed() -> Problem:
    return Problem(
        "INTAKE.BAD_ENCODING", status=400, detail="The body is not what Content-Encoding says, or is cut off."
    )


def decode_text(body: bytes, charset: str | None) -> tuple[str, tuple[str, ...]]:
    """The text of a body and flags about it. A byte order mark beats the header; the default is UTF-8.

    Bytes that do not fit are replaced and flagged: a bad name must not cost the e-mail address next to it.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _decode(body[len(mark) :], name)
    if charset is None and body[:4].count(0) == 2 and len(body) % 2 == 0:
        return _decode(body, "utf-16-le" if body[1:2] == b"\0" else "utf-16-be")
    return _decode(body, charset or "utf-8")


def _decode(body: bytes, charset: str) -> tuple[str, tuple[str, ...]]:
    try:
        return body.decode(charset), ()
    except UnicodeDecodeError:
        return body.decode(charset, "replace"), ("text:invalid",)


def read_json(text: str) -> tuple[Any, tuple[str, ...]]:
    """Strict JSON: one document, finite numbers, at most 64 levels. Of repeated keys the last one holds, flagged.

    Raises:
        Problem: INTAKE.MALFORMED_JSON (400).
    """
    repeated = False

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        found = dict(items)
        repeated = repeated or len(found) != len(items)
        return found

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise malformed_json() from error
    if _too_deep(value):
        raise malformed_json()
    return value, ("json:repeated_keys",) if repeated else ()


def malformed_json() -> Problem:
    """The answer to a body that is not the JSON we read."""
    detail = f"The body is not one strict JSON document (no NaN or Infinity, at most {MAX_DEPTH} levels)."
    return Problem("INTAKE.MALFORMED_JSON", status=400, detail=detail)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number out of range")
    return number


def _too_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(value: object) -> list[Any]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [item for item in items if isinstance(item, (dict, list))]
