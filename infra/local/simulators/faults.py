"""Fault switches: what can be wrong with a vendor, turned on and off under `/__sim__/faults`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from infra.local.simulators.store import Store
from infra.local.simulators.wire import Call


class FaultKind(StrEnum):
    """The ways to fail."""

    DOWN = "down"
    SLOW = "slow"
    HTML = "html"
    THROTTLE = "throttle"
    TIMEOUT_AFTER_COMMIT = "timeout_after_commit"
    LATE_VISIBILITY = "late_visibility"
    ROW_ERROR = "row_error"


_DEFAULT_SECONDS = {
    FaultKind.SLOW: 2.0,
    FaultKind.TIMEOUT_AFTER_COMMIT: 30.0,
    FaultKind.LATE_VISIBILITY: 60.0,
}


class BadFault(ValueError):
    """Not a fault switch; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One switch that is on.

    Attributes:
        kind: what goes wrong.
        seconds: of slow and timeout_after_commit: how long the caller waits (real seconds); of late_visibility: how
            long a written row stays out of queries (seconds of the virtual clock).
        method: only calls with this method; empty: all.
        path: only calls whose path contains this; empty: all.
        skip: so many matching calls still work first.
        times: so many matching calls fail, then the switch turns itself off; 0: until it is cleared.
        status: HTTP status of down and html; 0: the kind's own.
        code: of row_error and throttle: the vendor's error code; empty: the vendor's usual one.
        row: of row_error: only rows whose id, or text of their values, contains this; empty: all rows.
    """

    kind: FaultKind
    seconds: float = 0.0
    method: str = ""
    path: str = ""
    skip: int = 0
    times: int = 0
    status: int = 0
    code: str = ""
    row: str = ""

    @classmethod
    def of(cls, raw: Any) -> "Fault":
        """A switch from JSON.

        Raises:
            BadFault: unknown kind or name, or a value of the wrong type.
        """
        if not isinstance(raw, Mapping):
            raise BadFault("a fault is a JSON object with a kind")
        known = {name: type(value) for name, value in asdict(cls(kind=FaultKind.DOWN)).items()}
        unknown = sorted(set(raw) - set(known))
        if unknown:
            raise BadFault(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
        try:
            kind = FaultKind(str(raw.get("kind")))
            values = {name: known[name](value) for name, value in raw.items() if name != "kind"}
        except (ValueError, TypeError) as error:
            raise BadFault(f"{error}; kinds are {', '.join(FaultKind)}") from error
        return replace(cls(kind=kind, seconds=_DEFAULT_SECONDS.get(kind, 0.0)), **values)

    def matches(self, call: Call) -> bool:
        """True when it concerns this call."""
        return self.path in call.path and self.method.upper() in ("", call.method)


class FaultSwitches:
    """The switches of one simulator; they survive its restarts."""

    _TABLE = "_faults"

    def __init__(self, store: Store) -> None:
        self._store = store

    def turn_on(self, fault: Fault) -> str:
        """Turn one on; returns the id that turns it off."""
        key = str(self._store.next_number("fault"))
        self._store.put(self._TABLE, key, asdict(fault))
        return key

    def clear(self, *, key: str | None = None, kind: str | None = None) -> None:
        """Turn off one switch, all of a kind, or all."""
        for known, fault in list(self._store.rows(self._TABLE).items()):
            if key in (None, known) and kind in (None, fault["kind"]):
                self._store.remove(self._TABLE, known)

    def listed(self) -> list[dict[str, Any]]:
        """What is on, for people and tests."""
        return [{"id": key, **fault} for key, fault in self._store.rows(self._TABLE).items()]

    def strike(self, kind: FaultKind, call: Call) -> Fault | None:
        """The switch of this kind that hits this call, if one does; counts `skip` and `times` down."""
        for key, row in list(self._store.rows(self._TABLE).items()):
            if row["kind"] == kind and Fault.of(row).matches(call) and self._count(key, Fault.of(row)):
                return Fault.of(row)
        return None

    def strike_row(self, call: Call, text: str) -> Fault | None:
        """The row_error switch that hits this row of this call."""
        for key, row in list(self._store.rows(self._TABLE).items()):
            fault = Fault.of(row)
            hit = fault.kind is FaultKind.ROW_ERROR and fault.matches(call) and fault.row in text
            if hit and self._count(key, fault):
                return fault
        return None

    def _count(self, key: str, fault: Fault) -> bool:
        """Count one matching call; True when it fails."""
        if fault.skip > 0:
            self._store.put(self._TABLE, key, asdict(replace(fault, skip=fault.skip - 1)), always=True)
            return False
        if fault.times == 1:
            self._store.remove(self._TABLE, key, always=True)
        elif fault.times > 1:
            self._store.put(self._TABLE, key, asdict(replace(fault, times=fault.times - 1)), always=True)
        return True

    @property
    def late_visibility_s(self) -> float:
        """How long written rows stay out of queries now; 0: not at all."""
        rows = self._store.rows(self._TABLE).values()
        return max((row["seconds"] for row in rows if row["kind"] == FaultKind.LATE_VISIBILITY), default=0.0)
