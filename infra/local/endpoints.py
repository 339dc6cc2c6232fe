"""`endpoints.json`: what runs where, for people, demos and tests outside the project."""

import json
from dataclasses import asdict, dataclass

from infra.local.home import Home, write_atomically


class CloudIsDown(Exception):
    """There is no running laptop cloud in this folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Base URLs without a trailing slash, and the token of the API and the console. None: not part of this cloud."""

    api: str
    aws: str
    token: str
    mailbox: str
    console: str | None = None
    salesforce: str | None = None
    marketo: str | None = None


def write_endpoints(home: Home, endpoints: Endpoints) -> None:
    """Publish where things are. Only the owner may read it: it holds the token."""
    order = ("api", "console", "salesforce", "marketo", "mailbox", "aws", "token")
    values = asdict(endpoints)
    write_atomically(home.endpoints, json.dumps({name: values[name] for name in order}, indent=2) + "\n")


def read_endpoints(home: Home) -> Endpoints:
    """Where things are.

    Raises:
        CloudIsDown: `leadspine up` has not been run here.
    """
    try:
        return Endpoints(**json.loads(home.endpoints.read_text()))
    except (FileNotFoundError, ValueError, TypeError) as error:
        raise CloudIsDown(f"no laptop cloud runs in {home.root}; start it with: leadspine up") from error
