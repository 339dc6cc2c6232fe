"""What synchronisation needs: other people's systems, and a place for shadows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.domain.instant import Instant
from shared.domain.sync.model import Link, RemoteRecord, RemoteWrite, Usage, Verdict, WriteOutcome

Position = Mapping[str, Any]
"""Where a pull stands, in the vendor's own terms: plain JSON values. Empty means: from the beginning."""


class RemoteUnavailable(Exception):
    """The other system did not answer, answered nonsense (HTML, 5xx, cut off) or asked for patience. Try later.

    ``retry_after_ms`` is what it asked for, or 0.
    """

    def __init__(self, reason: str, *, retry_after_ms: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_ms = retry_after_ms


class BudgetSpent(RemoteUnavailable):
    """The daily allowance is used up (REQUEST_LIMIT_EXCEEDED, 607). Nothing is called before the window turns."""


class RemoteRefused(Exception):
    """The other system refuses us altogether: wrong credentials, a missing right. A person has to act.

    ``code`` is stable: ``SALESFORCE.LOGIN_REFUSED``, ``MARKETO.ACCESS_DENIED`` …; the text holds no secret.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class NotConfigured(Exception):
    """Nobody has put credentials of that system into its secret: there is nothing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one step of a pull brought. ``position`` is where the next step begins; ``more``: there is one at once."""

    records: tuple[RemoteRecord, ...]
    position: Position
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of a preflight. ``ok`` None: it could not be judged with the rights at hand."""

    subject: str
    ok: bool | None
    detail: str


class RemoteSystem(Protocol):
    """Salesforce or Marketo, in neutral words. One instance per process; it keeps its token and renews it once.

    Every method may raise RemoteUnavailable, BudgetSpent, RemoteRefused and NotConfigured.
    """

    name: str

    def changes(self, position: Position) -> Page:
        """The next changed records after a position, deleted ones included, as few calls as the vendor allows.

        It looks back by the policy's overlap behind a position that ended a pull, and never past the start of the pull.
        """

    def read(self, remote_ids: Sequence[str]) -> tuple[RemoteRecord, ...]:
        """These people's records as they are now (leads, contacts, persons); those that are gone as ``deleted``."""

    def write(self, writes: Sequence[RemoteWrite]) -> tuple[WriteOutcome, ...]:
        """Write people, bundled to the vendor's maximum. One outcome per write, in order; a failure of one is its own.

        A call that failed as a whole gives RETRY_LATER for the writes in it, never for those already done.
        """

    def merge(self, winner: str, losers: Sequence[str]) -> None:
        """Make several records of one person one, where the vendor offers it (Marketo); otherwise does nothing."""

    def usage(self) -> Usage | None:
        """The vendor's figure from the latest answer; None before there was one that told."""

    def calls(self) -> int:
        """Requests sent by this instance so far (identity included)."""

    def preflight(self) -> tuple[Finding, ...]:
        """Whether the sync user can do what the policy needs, and nothing it must not (facts: least privilege)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to run one cycle. ``fence`` grows with every holder: writes of an earlier one are refused."""

    name: str
    fence: int
    until: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """What is remembered of a system between pulls.

    ``position`` is where the next pull begins, ``read_until`` when the last pull began that read all there was.
    ``recent`` holds (remote id, digest) of records in the overlap, so that they are not handed on again. ``used`` and
    ``allowed`` are the vendor's figure, ``calls`` and ``records`` those of the last pull.
    """

    position: Position = field(default_factory=dict)
    recent: Mapping[str, str] = field(default_factory=dict)
    started_at: Instant = 0
    finished_at: Instant = 0
    read_until: Instant = 0
    calls: int = 0
    records: int = 0
    used: int = 0
    allowed: int = 0
    error: str = ""
    paused: bool = False


class LinkConflict(Exception):
    """Somebody else wrote the link first. Load again and decide again."""


class FenceLost(Exception):
    """Another run took the lease: this one has to end without writing."""


class SyncStore(Protocol):
    """Links, cycles, leases, verdicts. Every call may raise shared.ports.failures.StoreUnavailable."""

    def links(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Link]:
        """Links by (system, remote id), those that exist, strongly consistent."""

    def save(self, link: Link, verdicts: Sequence[Verdict] = ()) -> Link:
        """Write a link on condition of its version, with the verdicts about it; returns it one version on.

        Raises:
            LinkConflict: the stored version is another one; nothing was written.
        """

    def verdicts(
        self, *, lead_id: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> tuple[tuple[Verdict, ...], str | None]:
        """Kept verdicts, newest first, of everybody or of the links that named this lead."""

    def acquire(self, name: str, *, now: Instant, for_ms: int) -> Lease | None:
        """The lease of that name, or None while somebody else holds it."""

    def release(self, lease: Lease) -> None:
        """Give it back early. Nothing happens when it is somebody else's by now."""

    def cycle(self, system: str) -> Cycle:
        """What is remembered of a system; a fresh one when nothing is."""

    def save_cycle(self, system: str, cycle: Cycle, lease: Lease) -> None:
        """Remember it. ``paused`` is left as it is stored.

        Raises:
            FenceLost: the lease is no longer the newest.
        """

    def set_paused(self, system: str, *, paused: bool) -> None:
        """Stop or continue a system's pulls and writes; positions are kept."""

    def read_again(self, system: str, remote_ids: Iterable[str], *, now: Instant) -> None:
        """Ask the next pull to read these records, whether they changed or not.

        A lead id among them is a person whose record could not be written: the pull wishes for it again.
        """

    def to_read(self, system: str, *, limit: int = 300) -> tuple[str, ...]:
        """Records somebody asked to be read again, oldest first."""

    def was_read(self, system: str, remote_ids: Iterable[str]) -> None:
        """Forget those wishes."""

    def claim(self, system: str, lead_id: str, *, now: Instant, for_ms: int) -> bool:
        """The right to create this person's record, for a while; False while another writer has it."""

    def unclaim(self, system: str, lead_id: str) -> None:
        """Give that right back."""

    def turn(self, name: str) -> int:
        """A number that grows by one with every call: whose turn it is (round robin)."""

    def assigned_owner(self, lead_id: str, owner: str | None = None) -> str | None:
        """The owner this person was given; with ``owner`` it is given now, unless somebody was quicker."""

    def name_owners(self, names: Mapping[str, str]) -> None:
        """Remember what owners are called over there: id → name. The latest name holds; an equal one costs nothing."""

    def owner_names(self) -> dict[str, str]:
        """Every owner that was ever named: id → name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """A message about records that were read: a reference, so that queues and dead letters hold no personal data."""

    system: str
    key: str
    """Of the page in the archive."""
    records: int

    def to_message(self) -> dict[str, Any]:
        """The queue message."""
        return {"system": self.system, "key": self.key, "records": self.records}

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> "Changes":
        """The message in a queue; unknown fields are left alone."""
        return cls(system=str(message["system"]), key=str(message["key"]), records=int(message["records"]))


class RecordArchive(Protocol):
    """Pages of records between a pull and their reconciliation; gone after 30 days."""

    def put(self, records: Sequence[RemoteRecord], *, now: Instant) -> str:
        """Store a page; durable when it returns. The key holds no personal data."""

    def get(self, key: str) -> tuple[RemoteRecord, ...]:
        """Read a page. Raises KeyError when it is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Somebody's records may have to be written: what the out-queues carry beside facts."""

    lead_id: str
    reason: str
    urgent: bool = False


class OutQueue(Protocol):
    """The queues in front of the writers."""

    def send(self, system: str, wishes: Sequence[Wish]) -> None:
        """Ask for a person's records in a system to be brought up to date. Durable when it returns."""


class ChangesQueue(Protocol):
    """The queue between pulls and reconciliation."""

    def send(self, changes: Changes) -> None:
        """Hand a page over. Durable when it returns."""
