"""One HTTP call and its answer, apart from any server: the same simulator runs as a process and inside a test."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


class BadBody(ValueError):
    """The body is not what its sender says it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What came in. Header names are lower case; the path is decoded, the raw one is kept beside it."""

    method: str
    path: str
    raw_path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> "Call":
        """A call from a URL or from a path with a query."""
        parts = urlsplit(url)
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        raw = parts.path or "/"
        return cls(
            method=method.upper(), path=unquote(raw), raw_path=raw, query_string=parts.query, headers=lowered, body=body
        )

    @property
    def query(self) -> dict[str, str]:
        """Query parameters; of a repeated one the last."""
        return {name: values[-1] for name, values in self.query_lists.items()}

    @property
    def query_lists(self) -> dict[str, list[str]]:
        """Query parameters, each with all its values."""
        return parse_qs(self.query_string, keep_blank_values=True)

    @property
    def form(self) -> dict[str, str]:
        """A urlencoded body; of a repeated field the last value."""
        text = self.body.decode("utf-8", errors="replace")
        return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}

    def json(self) -> Any:
        """A JSON body; None where there is none.

        Raises:
            BadBody: it is not JSON.
        """
        if not self.body.strip():
            return None
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise BadBody(str(error)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes out. `delay_s` holds it back; `lost` says that the caller never gets it, although the work is done."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    lost: bool = False

    @property
    def reason(self) -> str:
        """The words of the status line."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return "Unknown"


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    return Answer(
        status=status, body=json.dumps(value, separators=(",", ":"), default=str).encode(), headers=headers or {}
    )


def text_answer(text: str, status: int = 200, content_type: str = "text/plain;charset=UTF-8") -> Answer:
    """An answer with a text body."""
    return Answer(status=status, body=text.encode(), content_type=content_type)


def html_answer(text: str, status: int = 200) -> Answer:
    """An answer for a person."""
    return text_answer(text, status, "text/html;charset=UTF-8")


def see_other(location: str) -> Answer:
    """Send a browser on after a form, so that reloading does not send it again."""
    return Answer(status=303, headers={"Location": location})


def empty_answer(status: int = 204) -> Answer:
    """An answer without a body."""
    return Answer(status=status)
