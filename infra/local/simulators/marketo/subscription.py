"""The whole subscription as one site: the web server in front, tokens and limits, the path table, the envelope."""

import logging
import re
import time
from collections.abc import Iterable
from urllib.parse import parse_qs

from infra.local.simulators.faults import Fault
from infra.local.simulators.marketo.access import Identity, Meter
from infra.local.simulators.marketo.activity_calls import ActivityCalls
from infra.local.simulators.marketo.ask import Ask, Reply, Route
from infra.local.simulators.marketo.desk import Desk
from infra.local.simulators.marketo.export_calls import ExportCalls
from infra.local.simulators.marketo.failures import CallRefused, HttpRefused, injected
from infra.local.simulators.marketo.import_calls import ImportCalls
from infra.local.simulators.marketo.journal import Journal
from infra.local.simulators.marketo.lead_calls import LeadCalls
from infra.local.simulators.marketo.list_calls import ListCalls
from infra.local.simulators.marketo.object_calls import ObjectCalls
from infra.local.simulators.marketo.people import People
from infra.local.simulators.marketo.program_calls import ProgramCalls
from infra.local.simulators.marketo.settings import read_settings
from infra.local.simulators.marketo.starting import API_USER, CLIENT_ID, CLIENT_SECRET, fill
from infra.local.simulators.moment import Clock
from infra.local.simulators.site import Site
from infra.local.simulators.store import Store
from infra.local.simulators.wire import Answer, Call, json_answer, text_answer

_LONGEST_URL, _BIGGEST, _BIGGEST_IMPORT = 8_192, 1_000_000, 10_000_000
_IDENTITY = "/identity/oauth/token"
_log = logging.getLogger("leadspine.simulator.marketo")
Compiled = list[tuple[re.Pattern[str], dict[str, Route]]]


class Marketo(Site):
    """A subscription. The same object serves a port and, in a test, a `requests` session."""

    title = "Marketo"

    def __init__(self, store: Store, clock: Clock, *, sees_concurrency: bool = False) -> None:
        """Open a subscription.

        Args:
            store: its state.
            clock: its time.
            sees_concurrency: answers that are held back count as under way; only true where callers really wait.
        """
        self._identity = Identity(store)
        self._meter = Meter(store)
        self.journal = Journal(store)
        self.people = People(store, self.journal)
        self._sees_concurrency = sees_concurrency
        self._held_until: list[float] = []
        super().__init__(store, clock)
        self._desk = Desk(store, self.people, self.journal, self._identity, self._meter)
        self._routes = _compile(
            [
                *LeadCalls(store, self.people).routes(),
                *ActivityCalls(store, self.people, self.journal).routes(),
                *ListCalls(store, self.people, self.journal).routes(),
                *ProgramCalls(store, self.people, self.journal).routes(),
                *ObjectCalls(store, self.people, self.journal).routes(),
                *ExportCalls(store, self.people, self.journal).routes(),
                *ImportCalls(store, self.people).routes(),
                Route("GET", "/rest/v1/stats/usage.json", "", lambda ask: self._stats(ask, "usage", 1)),
                Route("GET", "/rest/v1/stats/usage/last7days.json", "", lambda ask: self._stats(ask, "usage", 7)),
                Route("GET", "/rest/v1/stats/errors.json", "", lambda ask: self._stats(ask, "errors", 1)),
                Route("GET", "/rest/v1/stats/errors/last7days.json", "", lambda ask: self._stats(ask, "errors", 7)),
            ]
        )

    @property
    def now_ms(self) -> int:
        """The subscription's time in milliseconds."""
        return int(self.clock().timestamp() * 1000)

    def seed(self) -> None:
        """A fresh subscription with one custom service."""
        fill(self.store, self.now_ms)
        self.add_service(CLIENT_ID, CLIENT_SECRET, API_USER)

    def add_service(self, client_id: str, client_secret: str, user: str = API_USER) -> None:
        """Create a custom service that may ask for tokens, or change its secret."""
        self._identity.add_service(client_id, client_secret, user)

    def counts(self) -> dict[str, int]:
        """People, duplicates included."""
        return {"people": sum(1 for _ in self.people.all())}

    def answer(self, call: Call) -> Answer:
        """Answer, and remember how long the answer is held back."""
        answer = super().answer(call)
        if answer.delay_s and self._sees_concurrency:
            self._held_until.append(time.monotonic() + answer.delay_s)
        return answer

    def _under_way(self) -> int:
        now = time.monotonic()
        self._held_until = [until for until in self._held_until if until > now]
        return len(self._held_until)

    def handle(self, call: Call) -> Answer:
        """One call of the REST, asset, bulk or identity API."""
        try:
            _check_size(call)
            if call.path == _IDENTITY:
                return self._token(call)
            return self._rest(call)
        except HttpRefused as refused:
            if isinstance(refused.body, str):
                return text_answer(refused.body, refused.status)
            return json_answer(refused.body, refused.status)

    def _token(self, call: Call) -> Answer:
        params = {**call.query, **(call.form if call.method == "POST" else {})}
        answer = json_answer(self._identity.grant(params, self.now_ms))
        return Answer(body=answer.body, headers={"Cache-Control": "no-store"})

    def _rest(self, call: Call) -> Answer:
        request_id = f"{self.store.next_number('request'):x}#{self.now_ms:x}"
        user, code = "", None
        try:
            user = self._identity.user_of(call.headers.get("authorization", ""), self.now_ms)
            reply = self._admitted(call, user, request_id)
        except CallRefused as refused:
            code = refused.code
            reply = {"success": False, "errors": [refused.error]}
        if user or code:
            self._meter.count(user, code, self.now_ms)
        return reply if isinstance(reply, Answer) else json_answer({"requestId": request_id, "success": True, **reply})

    def _admitted(self, call: Call, user: str, request_id: str) -> Reply:
        settings = read_settings(self.store)
        self._meter.admit(settings, self.now_ms, under_way=self._under_way())
        method, params = _meant(call)
        names, route = self._find(method, call.path)
        if route.right and route.right in settings.denied_rights:
            raise CallRefused("603")
        ask = Ask(
            call=call,
            params=params,
            names=names,
            user=user,
            request_id=request_id,
            now_ms=self.now_ms,
            faults=self.faults,
        )
        # A call that is refused half-way leaves nothing; a skipped record is no refusal.
        try:
            with self.store.transaction():
                return route.handler(ask)
        except (CallRefused, HttpRefused):
            raise
        except Exception as error:
            _log.exception("%s %s failed", method, route.path)
            raise CallRefused("611") from error

    def _find(self, method: str, path: str) -> tuple[dict[str, str], Route]:
        known = False
        for pattern, routes in self._routes:
            if match := pattern.match(path):
                if method in routes:
                    return match.groupdict(), routes[method]
                known = True
        raise CallRefused("605" if known else "610")

    def _stats(self, ask: Ask, what: str, days: int) -> Reply:
        read = self._meter.usage if what == "usage" else self._meter.errors
        return {"result": read(ask.now_ms, days)}

    def throttled(self, _call: Call, fault: Fault) -> Answer:
        """Answer with the code a person asked for; without one it is the rate limit. Nothing is done."""
        error = injected(fault.code, "606")
        request_id = f"{self.store.next_number('request'):x}#{self.now_ms:x}"
        self._meter.count("", error["code"], self.now_ms)
        return json_answer({"requestId": request_id, "success": False, "errors": [error]})

    def control(self, call: Call) -> Answer | None:
        """The marketer's desk."""
        return self._desk.answer(call, self.now_ms)


def _compile(routes: Iterable[Route]) -> Compiled:
    found: dict[str, dict[str, Route]] = {}
    patterns: dict[str, re.Pattern[str]] = {}
    for route in routes:
        found.setdefault(route.path, {})[route.method] = route
        patterns[route.path] = route.pattern
    # Fixed paths win over those with a name in them.
    return [(patterns[path], found[path]) for path in sorted(found, key=lambda path: path.count("{"))]


def _check_size(call: Call) -> None:
    if len(call.raw_path) + len(call.query_string) > _LONGEST_URL:
        raise HttpRefused(414, "Request-URI Too Long")
    most = _BIGGEST_IMPORT if call.path.startswith("/bulk/v1/") else _BIGGEST
    if len(call.body) > most:
        raise HttpRefused(413, "Request Entity Too Large")


def _meant(call: Call) -> tuple[str, dict[str, list[str]]]:
    """Method and parameters: a long read comes as POST with `_method=GET`, in the query or inside the form."""
    params = call.query_lists
    kind = call.headers.get("content-type", "")
    if call.method != "POST" or "x-www-form-urlencoded" not in kind:
        return call.method, params
    form = parse_qs(call.body.decode("utf-8", errors="replace"), keep_blank_values=True)
    every = {**params, **form}
    return ("GET" if every.get("_method", [""])[-1].upper() == "GET" else "POST"), every
