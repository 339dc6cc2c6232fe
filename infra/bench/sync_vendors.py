"""Salesforce and Marketo in this process, with the same people in each, and those who work there."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import requests

from infra.local.simulators.in_process import in_process_session
from infra.local.simulators.marketo.subscription import Marketo
from infra.local.simulators.salesforce.api import SalesforceSite
from infra.local.simulators.site import Site
from infra.local.simulators.store import Store
from infra.local.simulators.wire import Answer, Call
from shared.adapters.memory.clock import MemoryClock
from shared.connectors.marketo.system import MarketoSystem
from shared.connectors.salesforce.system import SalesforceSystem
from shared.domain.instant import SECOND
from shared.domain.sync.model import MARKETO, SALESFORCE
from shared.domain.sync.policy_model import SyncPolicy
from shared.ports.sync import RemoteSystem

_HOST: Final = "https://simulator.test"
_CREDENTIALS: Final = {"base_url": _HOST, "client_id": "cid", "client_secret": "secret"}
_SITES: Final[Mapping[str, Callable[[Store, Callable[[], datetime]], Site]]] = {
    SALESFORCE: SalesforceSite,
    MARKETO: Marketo,
}
_CLIENTS: Final[Mapping[str, Callable[..., RemoteSystem]]] = {SALESFORCE: SalesforceSystem, MARKETO: MarketoSystem}


class _Timed:
    """A simulator that knows its own share of the time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.title = site.title
        self.seconds = 0.0

    def answer(self, call: Call) -> Answer:
        """Have it answer."""
        started = time.process_time()
        try:
            return self._site.answer(call)
        finally:
            self.seconds += time.process_time() - started


class Vendors:
    """Both systems. Their time is the clock's."""

    def __init__(self, emails: Sequence[str], clock: MemoryClock) -> None:
        """Somebody has entered these people into both of them."""
        self._clock = clock
        self._sites = {name: _Timed(make(Store(None), self._moment)) for name, make in _SITES.items()}
        self._sessions = {name: in_process_session(cast("Site", site)) for name, site in self._sites.items()}
        named = {email: f"Nowak {n}" for n, email in enumerate(emails)}
        self._leads = [
            self._play(SALESFORCE, "create", object="Lead", Email=email, LastName=name, Company="Acme Industries GmbH")
            for email, name in named.items()
        ]
        self._people = [self._play(MARKETO, "people", email=email, lastName=name) for email, name in named.items()]

    def client(self, system: str, policy: SyncPolicy) -> RemoteSystem:
        """A client as a new process has it: without a token, and it knows nothing of the day's calls."""
        return _CLIENTS[system](
            credentials=lambda: _CREDENTIALS,
            policy=policy,
            clock=self._clock,
            session=lambda: self._sessions[system],
            pause=lambda seconds: self._clock.advance(int(seconds * SECOND)),
        )

    def seconds(self, system: str) -> float:
        """Processor time that its simulator has used."""
        return self._sites[system].seconds

    def reps_edit(self, phones: Iterable[str]) -> None:
        """Everybody's telephone number changes in Salesforce."""
        for lead, phone in zip(self._leads, phones, strict=True):
            self._play(SALESFORCE, "update", object="Lead", id=lead, Phone=phone)

    def marketers_edit(self, phones: Iterable[str]) -> None:
        """Everybody's telephone number changes in Marketo."""
        for person, phone in zip(self._people, phones, strict=True):
            self._play(MARKETO, f"people/{person}", phone=phone)

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now() / 1000, UTC)

    def _play(self, system: str, act: str, **given: Any) -> str:
        """Somebody does something in a simulator; returns the id of the record.

        Raises:
            requests.HTTPError: it does not let them.
        """
        answer: requests.Response = self._sessions[system].post(f"{_HOST}/__sim__/{act}", json=given)
        answer.raise_for_status()
        return str(answer.json()["id"])
