"""What a body holds, whatever its Content-Type claims: JSON or a form, as plain values with flags."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.intake.bodies import content_type_of, decode_text, read_json
from shared.domain.intake.forms import read_form, read_multipart
from shared.domain.intake.problem import Problem

FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A decoded body: an object or a list of values."""

    value: dict[str, Any] | list[Any]
    flags: tuple[str, ...] = ()
    is_form: bool = False

    @property
    def items(self) -> list[Any]:
        """The events in it: those of a list, or the one object."""
        return self.value if isinstance(self.value, list) else [self.value]

    @property
    def object(self) -> dict[str, Any]:
        """The one object in it.

        Raises:
            Problem: INTAKE.MALFORMED_JSON; it is a list.
        """
        if isinstance(self.value, list):
            raise Problem("INTAKE.NOT_AN_OBJECT", status=400, detail="This source sends one JSON object, not a list.")
        return self.value


def read_payload(body: bytes, headers: Mapping[str, str]) -> Payload:
    """Decode a body by its declared type, or by its looks where the type is missing or known to lie.

    Beacons post JSON as text/plain, the RudderStack Node client posts JSON as a form.

    Raises:
        Problem: INTAKE.EMPTY_BODY, INTAKE.MALFORMED_JSON, INTAKE.NOT_AN_OBJECT, INTAKE.MALFORMED_FORM (400),
            INTAKE.TOO_MANY_FIELDS (413), INTAKE.UNSUPPORTED_MEDIA_TYPE (415).
    """
    if not body.strip():
        raise Problem("INTAKE.EMPTY_BODY", status=400, detail="The body is empty.")
    declared = content_type_of(headers.get("content-type", ""))
    media = declared.media
    if media == "multipart/form-data":
        return _form(*read_multipart(body, declared))
    if media.endswith("json"):
        return _json(body, declared.charset)
    if not (media in ("", FORM, "application/octet-stream") or media.startswith("text/")):
        raise _unsupported()
    if body.lstrip()[:1] in (b"{", b"[", b'"') or body[:3] == b"\xef\xbb\xbf":
        return _json(body, declared.charset)
    if media == FORM or b"=" in body:
        return _form(*read_form(body, declared))
    raise _unsupported()


def _json(body: bytes, charset: str | None) -> Payload:
    text, text_flags = decode_text(body, charset)
    value, flags = read_json(text)
    if not isinstance(value, (dict, list)):
        raise Problem("INTAKE.NOT_AN_OBJECT", status=400, detail="The body is JSON, but neither an object nor a list.")
    return Payload(value=value, flags=(*text_flags, *flags))


def _form(value: dict[str, Any], flags: tuple[str, ...]) -> Payload:
    return Payload(value=value, flags=flags, is_form=True)


def _unsupported() -> Problem:
    detail = "Send application/json, application/x-www-form-urlencoded or multipart/form-data."
    return Problem("INTAKE.UNSUPPORTED_MEDIA_TYPE", status=415, detail=detail)
