"""How often Marketo may be called: 50 calls in 20 seconds, so many a day; the day is Central time.

The vendor allows 100 calls in 20 seconds to all integrations together and asks each to take half of them.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from shared.domain.instant import DAY, HOUR, SECOND, Instant
from shared.domain.sync.model import Usage
from shared.ports.clock import Clock

CALLS: Final = 50
WINDOW: Final = 20 * SECOND
ASK_EVERY: Final = 250
"""So many calls of ours, then the vendor is asked what everybody used."""
_STANDARD: Final = -6 * HOUR


def next_midnight(now: Instant) -> Instant:
    """When the daily allowance starts anew: midnight in Chicago, summer time included."""
    end_of_day = (_local(now) // DAY + 1) * DAY
    # The clocks change at two in the morning, so the offset that holds around that midnight is the one to use.
    return end_of_day - _offset(end_of_day - _offset(now))


def _local(now: Instant) -> Instant:
    return now + _offset(now)


def _offset(now: Instant) -> int:
    """Central time against UTC: the rule of the United States since 2007, in no need of a time zone database."""
    year = datetime.fromtimestamp(now // SECOND, UTC).year
    begins, ends = _sunday(year, 3, 2) + 8 * HOUR, _sunday(year, 11, 1) + 7 * HOUR
    return _STANDARD + HOUR if begins <= now < ends else _STANDARD


def _sunday(year: int, month: int, which: int) -> Instant:
    first = date(year, month, 1)
    day = first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * SECOND


class Pace:
    """Holds a call back until it fits into the window."""

    def __init__(self, clock: Clock, pause: Callable[[float], None]) -> None:
        self._clock = clock
        self._pause = pause
        self._recent: deque[Instant] = deque()

    def wait(self) -> None:
        """Let a call go, now or as soon as there is room."""
        now = self._forget()
        if len(self._recent) >= CALLS:
            self._pause((self._recent[0] + WINDOW - now) / SECOND)
            now = self._forget()
        self._recent.append(now)

    def _forget(self) -> Instant:
        now = self._clock.now()
        while self._recent and self._recent[0] <= now - WINDOW:
            self._recent.popleft()
        return now


class Meter:
    """The day's account: what the vendor told last, and our own calls since."""

    def __init__(self, clock: Clock, allowed: int) -> None:
        self._clock = clock
        self._allowed = allowed
        self._told: int | None = None
        self._since = 0
        self._unasked = 0
        self._was_asked = False
        self._turns_at: Instant = 0
        self._is_spent = False

    def count(self) -> None:
        """One call that the vendor counts."""
        self._turn()
        self._since += 1
        self._unasked += 1

    def tell(self, used: int) -> Usage:
        """The vendor's figure of all calls of today."""
        self._turn()
        self._told, self._since = used, 0
        self._asked()
        return Usage(used=used, allowed=self._allowed)

    def asked_in_vain(self) -> None:
        """The vendor did not tell: it is asked again after as many calls more."""
        self._asked()

    def spend(self) -> int:
        """The vendor says that nothing is left; returns for how long, in milliseconds."""
        self.tell(self._allowed)
        self._is_spent = True
        return self.left()

    def left(self) -> int:
        """Milliseconds until something is allowed again; 0: now."""
        self._turn()
        return self._turns_at - self._clock.now() if self._is_spent else 0

    def is_due(self, *, at_once: bool) -> bool:
        """Whether the vendor should be asked: after many calls, and for whom it matters ``at_once`` the first time."""
        return self._unasked >= ASK_EVERY or (at_once and not self._was_asked)

    def usage(self) -> Usage | None:
        """Used and allowed; None before the vendor told."""
        self._turn()
        return None if self._told is None else Usage(used=self._told + self._since, allowed=self._allowed)

    def _asked(self) -> None:
        self._unasked, self._was_asked = 0, True

    def _turn(self) -> None:
        now = self._clock.now()
        if now < self._turns_at:
            return
        # At midnight everybody begins at nothing, so a figure that was known stays known.
        self._told = None if self._told is None else 0
        self._since, self._is_spent, self._turns_at = 0, False, next_midnight(now)
