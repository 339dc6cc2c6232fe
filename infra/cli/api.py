"""Calls the JSON API of the running cloud, or of a deployment, with a token, as any other client does."""

from collections.abc import Iterator
from typing import Any, Final

import requests

from infra.cli.target import URL_VARIABLE, Target, find_target

TIMEOUT_S: Final = 60
LOGIN_REFUSED: Final = (401, 403)
"""A gateway refuses a token before the API sees it, and gives no code."""


class ApiRefused(Exception):
    """The API did not do it; the message is what it said. ``code`` is its own stable code, where it gave one."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class NoAnswer(ApiRefused):
    """Nobody answers, or something else than the API does."""


def call(method: str, path: str, **arguments: Any) -> dict[str, Any]:
    """One request; returns the JSON answer.

    Raises:
        CloudIsDown, BadTarget: there is no running cloud, or the environment does not name one.
        ApiRefused: any answer but a 2xx; NoAnswer when there is none.
    """
    target = find_target()
    headers = {"authorization": f"Bearer {target.token}", "accept": "application/json"}
    try:
        response = requests.request(method, target.api + path, headers=headers, timeout=TIMEOUT_S, **arguments)
        answer = response.json() if response.content else {}
    except requests.JSONDecodeError as error:
        raise NoAnswer(
            f"{target.api} answers {method} {path} with something else than JSON; {_look(target)}"
        ) from error
    except requests.RequestException as error:
        raise NoAnswer(f"{method} {path}: no answer from {target.api}; {_look(target)}") from error
    if not response.ok:
        raise _refused(f"{method} {path}", response.status_code, answer if isinstance(answer, dict) else {})
    return dict(answer)


def _refused(request: str, status: int, answer: dict[str, Any]) -> ApiRefused:
    """Title and detail of a problem; neither repeats what was sent. A gateway gives a ``message`` only."""
    said = [answer.get(name) for name in ("title", "detail", "message")]
    code = str(answer.get("code") or "")
    sentence = ": ".join(str(part).strip().rstrip(".") for part in said if part) or "no reason given"
    if status in LOGIN_REFUSED and not code:
        return ApiRefused(f"{request} was refused with {status}: the token is not valid here", code="API.BAD_TOKEN")
    return ApiRefused(f"{request} was refused with {status}: {sentence}", code=code)


def _look(target: Target) -> str:
    """What to do when nobody answers."""
    if target.laptop:
        return "`leadspine status` says what runs, `leadspine up` starts what is missing"
    return f"is {URL_VARIABLE} right?"


def all_items(path: str) -> Iterator[dict[str, Any]]:
    """Items of a list, page after page."""
    cursor: str | None = None
    while True:
        page = call("GET", path, params={"cursor": cursor} if cursor else {})
        yield from page.get("items", [])
        cursor = page.get("cursor")
        if not cursor:
            return
