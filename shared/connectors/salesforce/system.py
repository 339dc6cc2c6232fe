"""Salesforce as a RemoteSystem: one client, one memory of what is hidden, one of owners, per process."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import requests

from shared.connectors.salesforce.asking import Asker
from shared.connectors.salesforce.bodies import Bodies
from shared.connectors.salesforce.client import Client
from shared.connectors.salesforce.errors import CallRefused
from shared.connectors.salesforce.ids import CONTACT_PREFIX, LEAD_PREFIX, id18
from shared.connectors.salesforce.matching import Matches
from shared.connectors.salesforce.owners import Owners
from shared.connectors.salesforce.preflight import Preflight
from shared.connectors.salesforce.pulling import Puller
from shared.connectors.salesforce.queries import OBJECTS, Select, columns_of, in_lists, listed, names_of
from shared.connectors.salesforce.reading import Reader, missing, order
from shared.connectors.salesforce.writing import Writer
from shared.domain.instant import MINUTE
from shared.domain.sync.model import CONTACT, LEAD, SALESFORCE, RemoteRecord, RemoteWrite, Usage, WriteOutcome
from shared.domain.sync.policy_model import SyncPolicy
from shared.ports.clock import Clock
from shared.ports.sync import Finding, Page, Position, RemoteRefused, RemoteUnavailable

WRITE_MS: Final = 2 * MINUTE
"""No call of a write begins later: a writer has to remember what was done before its own time is over."""


class SalesforceSystem:
    """The port's methods; each may raise what the port says.

    ``credentials`` gives {"base_url", "client_id", "client_secret"} and may give "api_version" and "currency" (that of
    amounts in an org with a single currency). ``session`` makes an HTTP session, ``pause`` waits for seconds.
    """

    name = SALESFORCE

    def __init__(
        self,
        *,
        credentials: Callable[[], Mapping[str, str]],
        policy: SyncPolicy,
        clock: Clock,
        session: Callable[[], requests.Session] | None = None,
        pause: Callable[[float], None],
    ) -> None:
        self._client = Client(credentials=credentials, clock=clock, session=session, pause=pause)
        self._asker = Asker(self._client, clock)
        self._reader = Reader(policy)
        self._puller = Puller(self._client, self._asker, self._reader, policy)
        self._columns = columns_of(policy)
        owners = Owners(self._asker)
        matches = Matches(self._asker, names_of(policy))
        self._writer = Writer(self._client, Bodies(policy, owners), owners, matches)
        self._preflight = Preflight(self._client, self._asker, owners, policy)
        self._clock = clock

    def changes(self, position: Position) -> Page:
        """The next changed records: one call for all kinds of them."""
        with _in_the_ports_words():
            return self._puller.step(position)

    def read(self, remote_ids: Sequence[str]) -> tuple[RemoteRecord, ...]:
        """Leads and contacts as they are now, by one query each: merged and deleted ones tell where they went."""
        wanted = list(dict.fromkeys(id18(one) for one in remote_ids))
        asked = [
            (kind, group)
            for kind, prefix in ((LEAD, LEAD_PREFIX), (CONTACT, CONTACT_PREFIX))
            for group in in_lists([one for one in wanted if one.startswith(prefix)])
        ]
        if not asked:
            return ()
        began = self._clock.now()
        with _in_the_ports_words():
            pages = self._asker.ask_all(
                [
                    Select(source=OBJECTS[kind], columns=self._columns[kind], where=f"Id IN ({listed(group)})")
                    for kind, group in asked
                ]
            )
        found = {}
        for (kind, _), rows in zip(asked, pages, strict=True):
            for row in rows:
                record = self._reader.record(kind, row, read_at=began)
                found[record.remote_id] = record
        # An object that is hidden from us is no reason to take its records for deleted.
        ids = [one for kind, group in asked if self._asker.sees(OBJECTS[kind]) for one in group]
        return tuple(sorted((found.get(one) or missing(one, read_at=began) for one in ids), key=order))

    def write(self, writes: Sequence[RemoteWrite]) -> tuple[WriteOutcome, ...]:
        """Write leads and contacts, 200 to a call; RETRY_LATER for those whose turn does not come in time."""
        with self._client.limited(WRITE_MS), _in_the_ports_words():
            return self._writer.write(writes)

    def merge(self, winner: str, losers: Sequence[str]) -> None:
        """Nothing: merging in Salesforce is for sales people, and we follow it."""

    def usage(self) -> Usage | None:
        """What the latest answer said of the day's calls, those of other applications included."""
        return self._client.usage

    def calls(self) -> int:
        """Requests sent, logins included."""
        return self._client.calls

    def preflight(self) -> tuple[Finding, ...]:
        """What the sync user can and cannot do, object by object and field by field."""
        with _in_the_ports_words():
            return self._preflight.findings()


@contextmanager
def _in_the_ports_words() -> Iterator[None]:
    """A call that was refused as a whole: the server's failure is a matter of time, everything else of a person."""
    try:
        yield
    except CallRefused as refused:
        if refused.status >= 500:
            raise RemoteUnavailable(f"HTTP {refused.status}: {refused.error.code}") from refused
        raise RemoteRefused(f"SALESFORCE.{refused.error.code}", f"HTTP {refused.status}") from refused
