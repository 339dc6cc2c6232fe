"""What the simulators share: faults around every vendor call, and the control paths under `/__sim__/`."""

import html
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime
from urllib.parse import urlsplit

from infra.local.simulators.faults import BadFault, Fault, FaultKind, FaultSwitches
from infra.local.simulators.moment import Clock
from infra.local.simulators.store import Store
from infra.local.simulators.wire import Answer, BadBody, Call, empty_answer, html_answer, json_answer, text_answer

CONTROL = "/__sim__/"
_MAINTENANCE = "<html><head><title>Maintenance</title></head><body><h1>We are down for maintenance</h1></body></html>"


class Site(ABC):
    """A vendor: its API, its faults, its page. One call at a time; what a call changed is on disk before its answer."""

    title: str

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.faults = FaultSwitches(store)
        self.calls: Counter[str] = Counter()
        if not store.rows("_site"):
            self._begin()

    def _begin(self) -> None:
        with self.store.transaction():
            self.store.put("_site", "begun", {"at": self.clock().isoformat()})
            self.seed()

    @abstractmethod
    def seed(self) -> None:
        """Write what a new account of this vendor holds."""

    @abstractmethod
    def handle(self, call: Call) -> Answer:
        """Answer a call of the vendor's API."""

    @abstractmethod
    def throttled(self, call: Call, fault: Fault) -> Answer:
        """The vendor's way of saying "too many calls"."""

    @abstractmethod
    def control(self, call: Call) -> Answer | None:
        """Answer a page or a form below `/__sim__/`; None where there is no such thing."""

    def counts(self) -> dict[str, int]:
        """How many records of each kind there are, for `leadspine status`."""
        return {}

    def answer(self, call: Call) -> Answer:
        """Answer any call, all or nothing."""
        if (call.path + "/").startswith(CONTROL):
            with self.store.transaction():
                return self._control(call)
        self.calls[f"{call.method} {call.path}"] += 1
        with self.store.transaction():
            answer = self._faulty(call)
        # The vendor's own time: a client must not need ours.
        date = format_datetime(self.clock().astimezone(UTC), usegmt=True)
        return replace(answer, headers={"Date": date, **answer.headers})

    def _faulty(self, call: Call) -> Answer:
        if fault := self.faults.strike(FaultKind.DOWN, call):
            return text_answer("Service Unavailable", fault.status or 503)
        if fault := self.faults.strike(FaultKind.HTML, call):
            return html_answer(_MAINTENANCE, fault.status or 200)
        if fault := self.faults.strike(FaultKind.THROTTLE, call):
            return self.throttled(call, fault)
        answer = self.handle(call)
        if fault := self.faults.strike(FaultKind.TIMEOUT_AFTER_COMMIT, call):
            return replace(text_answer("Gateway Timeout", 504), delay_s=fault.seconds, lost=True)
        if fault := self.faults.strike(FaultKind.SLOW, call):
            return replace(answer, delay_s=fault.seconds)
        return answer

    def _control(self, call: Call) -> Answer:
        if call.method != "GET" and not _same_origin(call):
            return json_answer({"error": "another site's page may not do this"}, 403)
        shared = {"faults": self._faults, "reset": self._reset, "calls": self._calls, "counts": self._counts}
        name = call.path.removeprefix(CONTROL).strip("/")
        if name in shared:
            return shared[name](call)
        return self.control(call) or json_answer({"error": f"nothing at {html.escape(call.path)}"}, 404)

    def _faults(self, call: Call) -> Answer:
        if call.method == "POST":
            try:
                key = self.faults.turn_on(Fault.of(call.json()))
            except (BadFault, BadBody) as error:
                return json_answer({"error": str(error)}, 400)
            return json_answer({"id": key, "faults": self.faults.listed()}, 201)
        if call.method == "DELETE":
            self.faults.clear(key=call.query.get("id"), kind=call.query.get("kind"))
            return empty_answer()
        return json_answer({"faults": self.faults.listed()})

    def _reset(self, call: Call) -> Answer:
        if call.method != "POST":
            return json_answer({"error": "POST empties this simulator"}, 405)
        self.reset()
        return empty_answer()

    def reset(self) -> None:
        """Become a new account: no records, no faults, no counts."""
        with self.store.transaction():
            self.store.reset()
            self._begin()
        self.calls.clear()

    def _counts(self, _call: Call) -> Answer:
        return json_answer(self.counts())

    def _calls(self, call: Call) -> Answer:
        """Calls of the vendor's API since the start (or the last DELETE): for benches and tests."""
        if call.method == "DELETE":
            self.calls.clear()
            return empty_answer()
        return json_answer({"total": self.calls.total(), "by_path": dict(self.calls)})


def _same_origin(call: Call) -> bool:
    """A page from elsewhere, open in the same browser, must not change anything here."""
    origin = call.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == call.headers.get("host")
