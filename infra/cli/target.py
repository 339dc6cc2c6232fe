"""Whose API the commands ask: the laptop cloud's, or that of a deployment that two environment variables name."""

import os
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from infra.local.endpoints import read_endpoints
from infra.local.home import find_home

URL_VARIABLE: Final = "LEADSPINE_API"
TOKEN_VARIABLE: Final = "LEADSPINE_TOKEN"  # noqa: S105 - the name of a variable
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class BadTarget(Exception):
    """The environment names a deployment in a way that cannot be used, or for a command of the laptop cloud only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Base URL of an API without a trailing slash, and the token that it wants. ``laptop``: it is the laptop cloud."""

    api: str
    token: str
    laptop: bool


def find_target() -> Target:
    """What `LEADSPINE_API` and `LEADSPINE_TOKEN` name; without them the running laptop cloud.

    Raises:
        BadTarget: there is no token, or it would be sent in the clear.
        CloudIsDown: neither is there a deployment named, nor does a laptop cloud run.
    """
    url = os.environ.get(URL_VARIABLE, "").strip().rstrip("/")
    if not url:
        endpoints = read_endpoints(find_home())
        return Target(api=endpoints.api, token=endpoints.token, laptop=True)
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise BadTarget(f"{URL_VARIABLE} has to begin with https://: the token would be sent in the clear")
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise BadTarget(f"{URL_VARIABLE} is set and {TOKEN_VARIABLE} is not: put the token of a login there")
    return Target(api=url.removesuffix("/api"), token=token, laptop=False)


def is_laptop() -> bool:
    """True unless the environment names a deployment."""
    return not os.environ.get(URL_VARIABLE, "").strip()


def laptop_only(what: str) -> None:
    """Refuse to mix two clouds: part of a command would go to the deployment and part to the laptop.

    Raises:
        BadTarget: the environment names a deployment.
    """
    if not is_laptop():
        raise BadTarget(f"{what} works on the laptop cloud only; unset {URL_VARIABLE} for it")
