"""Marketo as a RemoteSystem: changes from its log, people by id, writes in bundles of 300."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from shared.connectors.marketo.client import Ask, MarketoClient
from shared.connectors.marketo.failures import Refused, TooBig, code_of, meaning
from shared.connectors.marketo.preflight import Preflight
from shared.connectors.marketo.pulling import BEGINNING, ChangeLog
from shared.connectors.marketo.quota import Meter
from shared.connectors.marketo.reading import PeopleReader, gone
from shared.connectors.marketo.writing import PeopleWriter
from shared.domain.instant import MINUTE, Instant
from shared.domain.sync.model import MARKETO, RemoteRecord, RemoteWrite, Usage, WriteOutcome
from shared.domain.sync.policy_model import SyncPolicy
from shared.ports.clock import Clock
from shared.ports.sync import BudgetSpent, Finding, NotConfigured, Page, Position, RemoteRefused, RemoteUnavailable

if TYPE_CHECKING:
    import requests

_USAGE: Final = "/rest/v1/stats/usage.json"

WRITE_MS: Final = 2 * MINUTE
"""No call of a write begins later: a writer has to remember what was done before its own time is over."""


class MarketoSystem:
    """Implements shared.ports.sync.RemoteSystem. One instance per process; not for several threads at once."""

    name: str = MARKETO

    def __init__(
        self,
        *,
        credentials: Callable[[], Mapping[str, str]],
        policy: SyncPolicy,
        clock: Clock,
        session: Callable[[], "requests.Session"] | None,
        pause: Callable[[float], None],
        beginning: Instant = BEGINNING,
    ) -> None:
        """Prepare; nothing is called yet.

        Args:
            credentials: ``base_url``, ``client_id``, ``client_secret``; empty as long as nobody has set them.
            policy: the field map, the overlap and the daily allowance.
            clock: our time.
            session: makes the HTTP session; None for one of `requests`.
            pause: waits for seconds.
            beginning: how far back the very first pull looks for people.
        """
        budget = policy.budgets.get(MARKETO)
        self._meter = Meter(clock, budget.daily if budget else 0)
        self._client = MarketoClient(
            credentials=credentials, clock=clock, meter=self._meter, session=session, pause=pause
        )
        self._clock = clock
        self._policy = policy
        self._reader = PeopleReader(self._client, policy, clock)
        self._writer = PeopleWriter(self._client, self._reader)
        self._log = ChangeLog(self._client, self._reader, clock, overlap_ms=policy.overlap_ms, beginning=beginning)

    def changes(self, position: Position) -> Page:
        """The next changed people after a position, at most 300 of them, with everybody known to be gone.

        Tokens are kept, so nothing is read twice; only when Marketo does not know one any more is it made anew, looking
        back by the policy's overlap behind the begin of the last complete pull. ``more`` is False at the end of the
        log, and when it gives nothing but empty pages: the next pull goes on there. The first one of a process asks
        for the day's count of calls as well, so that a cold start knows what others used.
        """
        with self._asking(count_at_once=True):
            return self._log.step(position)

    def read(self, remote_ids: Sequence[str]) -> tuple[RemoteRecord, ...]:
        """These people as they are now, in this order; those that are gone as ``deleted`` (stamp: our time)."""
        with self._asking():
            now = self._clock.now()
            found = self._reader.now(remote_ids)
            every = dict.fromkeys(remote_ids)
            return tuple(found.get(key) or gone(key, at=now, read_at=now) for key in every)

    def write(self, writes: Sequence[RemoteWrite]) -> tuple[WriteOutcome, ...]:
        """Write people, 300 per call. One outcome per write, in order; RETRY_LATER when the time is over."""
        with self._client.limited(WRITE_MS), self._asking():
            return self._writer.write(writes)

    def merge(self, winner: str, losers: Sequence[str]) -> None:
        """Merge records of one person into the winner; repeating it is harmless."""
        with self._asking():
            self._writer.merge(winner, losers)

    def usage(self) -> Usage | None:
        """The vendor's latest figure of today plus our own calls since; None before it told."""
        return self._meter.usage()

    def calls(self) -> int:
        """Requests sent by this instance so far (identity included)."""
        return self._client.calls

    def preflight(self) -> tuple[Finding, ...]:
        """What the API user can and cannot do, measured by the policy. Changes nothing."""
        with self._asking():
            return Preflight(self._client, self._policy, self._clock, self._ask_usage).run()

    @contextmanager
    def _asking(self, *, count_at_once: bool = False) -> Iterator[None]:
        """Around every use: now and then the vendor's count of calls, and its refusals as the port names them."""
        if self._meter.is_due(at_once=count_at_once):
            self._refresh_usage()
        try:
            yield
        except Refused as refused:
            raise RemoteRefused(code_of(refused.code), meaning(refused.code)) from refused
        except TooBig as refused:
            raise RemoteRefused(code_of("413"), meaning("413")) from refused

    def _refresh_usage(self) -> None:
        """A figure that cannot be had is no reason to stop, except that nothing is left."""
        try:
            self._ask_usage(patient=False)
        except (BudgetSpent, NotConfigured):
            raise
        except (RemoteUnavailable, RemoteRefused, Refused):
            self._meter.asked_in_vain()

    def _ask_usage(self, *, patient: bool = True) -> Usage:
        rows = self._client.call(Ask(method="GET", path=_USAGE, params={}), patient=patient).get("result") or ()
        return self._meter.tell(sum(int(row.get("total") or 0) for row in rows[:1]))
