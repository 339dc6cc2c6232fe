"""How long somebody who came in through a door is on the way to Marketo and to Salesforce, on the laptop cloud.

Batching windows are part of it, so a figure depends on when in a window somebody comes: they come one after the other.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests

from infra.bench.results import Figure, spread
from infra.local import cloud
from infra.local.demo.remote import MarketoSubscription, SalesforceOrg
from infra.local.endpoints import Endpoints
from infra.local.home import Home

WITHIN_S: Final = 90
TIMEOUT_S: Final = 20
POLL_S: Final = 0.5
CONSENTS: Final = {"processing": True, "ad.email": True}
VISITOR: Final[Mapping[str, Any]] = {"name": "Jan Nowak", "consents": CONSENTS}
BUYER: Final[Mapping[str, Any]] = {
    "name": "Anna Nowak",
    "title": "CEO",
    "company": "Acme Industries GmbH",
    "country": "DE",
    "form_id": "demo",
    "consents": CONSENTS,
}
"""Whoever asks for a demo with such a title is handed over at once."""


class NotThere(Exception):
    """Somebody did not arrive in time."""


@dataclass(frozen=True, slots=True)
class Way:
    """A form, and how to see that its person has arrived."""

    name: str
    form: Mapping[str, Any]
    has_arrived: Callable[[str], bool]


def measure_lag(home: Home, endpoints: Endpoints, secret: str, *, runs: int) -> tuple[list[Figure], list[str]]:
    """Seconds from the answer of the door until the record is there; or a remark why there are none.

    Args:
        home: of a running cloud.
        endpoints: of the same.
        secret: of the source ``json``.
        runs: people per way.
    """
    if not endpoints.salesforce or not endpoints.marketo:
        return [], ["lag not measured: no simulators run beside this cloud"]
    org, subscription = SalesforceOrg(endpoints.salesforce), MarketoSubscription(endpoints.marketo)
    ways = (
        Way("form to the record in Marketo", VISITOR, lambda email: any(subscription.by_email(("id",), [email]))),
        Way("hand-over to the lead in Salesforce", BUYER, lambda email: any(org.by_email("Lead", ("Id",), [email]))),
    )
    try:
        return [spread(way.name, _runs(way, home, endpoints, secret, runs), "s") for way in ways], []
    except NotThere as late:
        return [], [f"lag not measured: {late}"]


def _runs(way: Way, home: Home, endpoints: Endpoints, secret: str, runs: int) -> list[float]:
    return [_lag(way, home, endpoints, secret) for _ in range(runs)]


def _lag(way: Way, home: Home, endpoints: Endpoints, secret: str) -> float:
    cloud.quiet(home)
    number = time.monotonic_ns()
    email = f"lag-{number}@acme-industries.com"
    form = {"id": f"form-{number}", "email": email, **way.form}
    headers = {"authorization": f"Bearer {secret}"}
    requests.post(f"{endpoints.api}/in/json", json=form, headers=headers, timeout=TIMEOUT_S).raise_for_status()
    started = time.monotonic()
    while not way.has_arrived(email):
        if time.monotonic() - started > WITHIN_S:
            raise NotThere(f"{way.name} takes longer than {WITHIN_S} s")
        time.sleep(POLL_S)
    return time.monotonic() - started
