"""Calls the JSON API of the running cloud with its token, as any other client does."""

from collections.abc import Iterator
from typing import Any

import requests

from infra.local.endpoints import read_endpoints
from infra.local.home import find_home

TIMEOUT_S = 60


class ApiRefused(Exception):
    """The API did not do it; the message is its own code and title."""


def call(method: str, path: str, **arguments: Any) -> dict[str, Any]:
    """One request; returns the JSON answer.

    Raises:
        CloudIsDown: there is no running cloud.
        ApiRefused: any answer but a 2xx, or none.
    """
    endpoints = read_endpoints(find_home())
    headers = {"authorization": f"Bearer {endpoints.token}", "accept": "application/json"}
    try:
        response = requests.request(method, endpoints.api + path, headers=headers, timeout=TIMEOUT_S, **arguments)
        answer = response.json() if response.content else {}
    except requests.RequestException as error:
        raise ApiRefused(f"{method} {path}: no answer from {endpoints.api}") from error
    if not response.ok:
        raise ApiRefused(f"{method} {path}: {response.status_code} {answer.get('code', '')} {_said(answer)}")
    return dict(answer)


def _said(answer: dict[str, Any]) -> str:
    """Title and detail of a problem; neither repeats what was sent."""
    return ". ".join(part for part in (answer.get("title"), answer.get("detail")) if part)


def all_items(path: str) -> Iterator[dict[str, Any]]:
    """Items of a list, page after page."""
    cursor: str | None = None
    while True:
        page = call("GET", path, params={"cursor": cursor} if cursor else {})
        yield from page.get("items", [])
        cursor = page.get("cursor")
        if not cursor:
            return
