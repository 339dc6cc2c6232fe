"""One import: read rows, judge them, send what is good through the door, report the rest, remember how far it came.

Rows go in the order of the file, a window at a time: while one is decided the next is judged, and it is sent when the
first is done. So the queue never holds more than a window (live leads do not wait behind a million old ones), memory
holds two, and a person's history is decided in the order in which the file tells it.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final, NamedTuple, Protocol

from infra.imports.files import Row, Unread
from infra.imports.items import Shaping, item_of
from infra.imports.memory import Progress
from infra.imports.refused import Refused, RefusedReport
from shared.app.import_rows import RowVerdict, body_of, item_bytes, judge_rows
from shared.contracts.intake import Source
from shared.domain.instant import Instant
from shared.ports.intake import SourceParser

ROWS_PER_REQUEST: Final = 50

FIRST_WINDOW: Final = 100
LARGEST_WINDOW: Final = 1_000
BRISK_S: Final = 3.0
SLOW_S: Final = 10.0
"""A window that is decided faster is followed by one twice as large, a slower one by half of it. One run of
process_signals may get all of a window and has a minute: what it does not finish comes back minutes later."""

MAX_ITEM: Final = 64 * 1024
MAX_BODY: Final = 512 * 1024
"""Bytes of a row and of a request; the door takes twice as much."""


class Sender(Protocol):
    """The door of a running system."""

    def send(self, bodies: Sequence[bytes]) -> None:
        """Send requests; returns when every one was accepted."""

    def settle(self) -> None:
        """Wait until everything that was accepted is decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """What an import works with. Without ``sender`` nothing is sent and nothing remembered: rows are only judged.

    ``remember`` keeps the progress, ``tell`` hears it; ``timer`` counts seconds.
    """

    source: Source
    parse: SourceParser
    now: Callable[[], Instant]
    report: RefusedReport
    shaping: Shaping = field(default_factory=Shaping)
    sender: Sender | None = None
    remember: Callable[[Progress], None] = lambda _: None
    tell: Callable[[Progress], None] = lambda _: None
    timer: Callable[[], float] = time.monotonic


class _Pace:
    """How many rows go at once: as many as are decided in a few seconds, whatever the machine."""

    def __init__(self, deps: Importing) -> None:
        self.window = FIRST_WINDOW
        self._sender = deps.sender
        self._timer = deps.timer
        self._sent_at: float | None = None

    def send(self, bodies: Sequence[bytes]) -> None:
        """Send when everything before is decided."""
        self.settle()
        if self._sender is not None:
            self._sender.send(bodies)
            self._sent_at = self._timer()

    def settle(self) -> None:
        """Wait for what was sent, and learn from how long it took."""
        if self._sender is None:
            return
        self._sender.settle()
        if self._sent_at is not None:
            took = self._timer() - self._sent_at
            larger, smaller = min(self.window * 2, LARGEST_WINDOW), max(self.window // 2, ROWS_PER_REQUEST)
            self.window = larger if took < BRISK_S else smaller if took > SLOW_S else self.window
            self._sent_at = None


class _Judged(NamedTuple):
    rows: int
    bodies: list[bytes]
    taken: int
    undated: int
    refused: list[Refused]


def run_import(rows: Iterable[Row | Unread], deps: Importing, done: Progress) -> Progress:
    """Import what follows the rows that are ``done``; returns the progress at the end.

    A run that is stopped, at any point, goes on from the last window that was remembered: rows of the window after it
    are sent again, and counted once because a row's id never changes.

    Raises:
        infra.local.demo.laptop.PlayFailed: the door refuses, or what it accepted is not decided.
        infra.imports.encodings.UnusableFile: the report cannot be written.
    """
    unseen = islice(iter(rows), done.rows, None)
    pace = _Pace(deps)
    while window := list(islice(unseen, pace.window)):
        judged = _judge(window, deps)
        pace.send(judged.bodies)
        deps.report.add(judged.refused)
        done = replace(
            done,
            rows=done.rows + judged.rows,
            taken=done.taken + judged.taken,
            refused=done.refused + len(judged.refused),
            undated=done.undated + judged.undated,
            report_bytes=deps.report.size,
        )
        deps.remember(done)
        deps.tell(done)
    pace.settle()
    done = replace(done, finished=True)
    deps.remember(done)
    return done


def _judge(window: Sequence[Row | Unread], deps: Importing) -> _Judged:
    """Everything of a window that the door will take, as bodies of requests; and the rest, with reasons."""
    now = deps.now()
    refused = [Refused(row, row.code, row.reason) for row in window if isinstance(row, Unread)]
    shaped = [(row, item_bytes(item_of(row.values, deps.shaping))) for row in window if isinstance(row, Row)]
    too_large = [row for row, item in shaped if len(item) > MAX_ITEM]
    refused += [Refused(row, "INTAKE.TOO_LARGE", f"The row is larger than {MAX_ITEM} bytes.") for row in too_large]
    bodies: list[bytes] = []
    taken = undated = 0
    for request in _requests((row, item) for row, item in shaped if len(item) <= MAX_ITEM):
        verdicts = judge_rows([item for _, item in request], deps.source, parse=deps.parse, received_at=now)
        good: list[bytes] = []
        for (row, item), verdict in zip(request, verdicts, strict=True):
            if verdict.code:
                refused.append(_refusal(row, verdict))
            else:
                good.append(item)
                undated += not verdict.dated
        taken += len(good)
        bodies += [body_of(good)] if good else []
    return _Judged(len(window), bodies, taken, undated, sorted(refused, key=lambda one: one.row.line))


def _refusal(row: Row, verdict: RowVerdict) -> Refused:
    return Refused(row, verdict.code, verdict.reason)


def _requests(items: Iterable[tuple[Row, bytes]]) -> Iterator[list[tuple[Row, bytes]]]:
    """Items packed into requests, each within what the door takes."""
    request: list[tuple[Row, bytes]] = []
    size = 0
    for row, item in items:
        if request and (len(request) == ROWS_PER_REQUEST or size + len(item) > MAX_BODY):
            yield request
            request, size = [], 0
        request.append((row, item))
        size += len(item) + 1
    if request:
        yield request
