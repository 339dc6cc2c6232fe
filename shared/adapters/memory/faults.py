"""Fault injection for anything with methods: ports in memory, AWS clients under test, whole collaborators.

A fault strikes *before* a call (it never happened) or *after* it (it happened, but nobody learns of it): the two ways
in which a Lambda can be killed around any call.
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

T = TypeVar("T")

When = Literal["before", "after"]


class Killed(BaseException):
    """The process ended here. Not an Exception, so that no handler can pretend to survive it."""


@dataclass(frozen=True, slots=True)
class _Fault:
    when: When
    call: str | None
    numbers: range
    error: Callable[[], BaseException]


class Faults:
    """Plans faults, counts calls, strikes. Thread-safe.

    ``calls`` lists every call so far as ``name.method``; running a scenario once without faults therefore tells how
    many places there are to strike.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._counts: Counter[str | None] = Counter()
        self._planned: list[_Fault] = []
        self._lock = threading.Lock()

    def before(
        self, nth: int = 1, *, call: str | None = None, times: int = 1, error: Callable[[], BaseException] = Killed
    ) -> None:
        """Raise instead of the n-th call (of that name, or of all) and ``times - 1`` following ones."""
        self._plan("before", nth, call, times, error)

    def after(
        self, nth: int = 1, *, call: str | None = None, times: int = 1, error: Callable[[], BaseException] = Killed
    ) -> None:
        """Let the n-th call happen, then raise."""
        self._plan("after", nth, call, times, error)

    def clear(self) -> None:
        """Forget what was planned and counted."""
        with self._lock:
            self._planned.clear()
            self._counts.clear()
            self.calls.clear()

    def wrap(self, target: T, name: str) -> T:
        """The same object, whose method calls may fail."""
        return cast("T", _Faulty(target, name, self))

    def begin(self, call: str) -> tuple[int, int]:
        """Count a call: its number among all calls, and among those of its name."""
        with self._lock:
            self.calls.append(call)
            self._counts.update((None, call))
            return self._counts[None], self._counts[call]

    def strike(self, call: str, numbers: tuple[int, int], when: When) -> None:
        """Raise if a fault is planned for this call."""
        with self._lock:
            due = [fault for fault in self._planned if fault.when == when and _meets(fault, call, numbers)]
        if due:
            raise due[0].error()

    def _plan(self, when: When, nth: int, call: str | None, times: int, error: Callable[[], BaseException]) -> None:
        with self._lock:
            first = self._counts[call] + nth
            self._planned.append(_Fault(when, call, range(first, first + times), error))


def _meets(fault: _Fault, call: str, numbers: tuple[int, int]) -> bool:
    among_all, among_named = numbers
    return among_all in fault.numbers if fault.call is None else fault.call == call and among_named in fault.numbers


class _Faulty:
    def __init__(self, target: object, name: str, faults: Faults) -> None:
        self._target = target
        self._name = name
        self._faults = faults

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(self._target, attribute)
        if not callable(value):
            return value
        call = f"{self._name}.{attribute}"

        def faulty(*args: Any, **kwargs: Any) -> Any:
            numbers = self._faults.begin(call)
            self._faults.strike(call, numbers, "before")
            result = value(*args, **kwargs)
            self._faults.strike(call, numbers, "after")
            return result

        return faulty
