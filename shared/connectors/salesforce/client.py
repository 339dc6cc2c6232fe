"""One conversation with an org: what is sent, repeated, counted, and when it is given up. Knows nothing of records.

A call that may have been carried out is repeated as it is: every write of this package is an update by id or an upsert
by external id, so a repetition changes nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

import requests

from shared.connectors.salesforce.errors import CallRefused, Refusal, raise_for_everything, refusal_of
from shared.connectors.salesforce.session import Access, Session
from shared.domain.instant import SECOND, Instant
from shared.domain.sync.model import Usage
from shared.ports.clock import Clock
from shared.ports.sync import BudgetSpent, RemoteRefused, RemoteUnavailable

QUERIES_PER_CALL: Final = 5
"""Queries and collections that one composite call may hold. Source: REST guide, Composite limits."""

_ATTEMPTS: Final = 3
_TIMEOUT_S: Final = (5, 40)
"""To connect, and between bytes of the answer."""
_PATIENCE_MS: Final = 20 * SECOND
"""A server that asks for more is asked again by the next run."""
_TRY_AGAIN: Final = frozenset({406, 408, 420, 429, 500, 502, 503, 504})
_TOO_LARGE: Final = frozenset({413, 414, 431})
_USAGE: Final = re.compile(r"api-usage=(\d+)/(\d+)")
_HEADERS: Final = {"Sforce-Auto-Assign": "FALSE", "Sforce-Call-Options": "client=Leadspine"}
"""Assignment rules do not undo our owners; what we write is marked as ours in change events."""


class Answer(NamedTuple):
    """A body, our time when its request began, and the server's time then (0: it did not say)."""

    body: Any
    began_at: Instant
    server_at: Instant


class Part(NamedTuple):
    """One request of a composite call; ``path`` is below the version."""

    method: str
    path: str
    body: Any = None


class Result(NamedTuple):
    """The answer to one part."""

    status: int
    body: Any

    @property
    def refusal(self) -> Refusal | None:
        """Its error, or None when it was carried out."""
        return refusal_of(self.body) if self.status >= 300 else None


class _Again(Exception):
    """This attempt failed in a way that another one may not."""

    def __init__(self, reason: str, wait_ms: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait_ms = wait_ms


class Client:
    """Sends calls of one process, one at a time."""

    def __init__(
        self,
        *,
        credentials: Callable[[], Mapping[str, str]],
        clock: Clock,
        session: Callable[[], requests.Session] | None,
        pause: Callable[[float], None],
    ) -> None:
        self._session = Session(credentials, clock)
        self._clock = clock
        self._open = session or requests.Session
        self._http: requests.Session | None = None
        self._pause = pause
        self._until: Instant | None = None
        self.calls = 0
        self.usage: Usage | None = None

    @property
    def access(self) -> Access:
        """The credentials as they are now."""
        return self._session.access()

    @contextmanager
    def limited(self, milliseconds: int) -> Iterator[None]:
        """Begin no request later than this: it is RemoteUnavailable then. One that is under way may end."""
        self._until = self._clock.now() + milliseconds
        try:
            yield
        finally:
            self._until = None

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """Send one call below the version and read its JSON; a ``/`` at the start means the whole path.

        Raises:
            CallRefused: an error about this call.
            RemoteUnavailable: no usable answer after three attempts, or the server asks for patience.
            BudgetSpent: the daily allowance is used up.
            RemoteRefused: the login or the session is refused, or the API is off.
            NotConfigured: there are no credentials.
        """
        access = self._session.access()
        whole = path if path.startswith("/") else f"/services/data/v{access.version}/{path}"
        return self._patiently(lambda: self._authorized(access, method, whole, body))

    def composite(self, parts: Sequence[Part]) -> tuple[list[Result], Answer]:
        """Send several requests as one call, carried out in order; the failure of one is its own.

        A part may refer to an earlier one as ``p0``, ``p1`` …
        """
        base = f"/services/data/v{self._session.access().version}/"
        requested = [
            {"method": part.method, "url": base + part.path, "referenceId": f"p{number}"}
            | ({} if part.body is None else {"body": part.body, "httpHeaders": _HEADERS})
            for number, part in enumerate(parts)
        ]
        answer = self.call("POST", "composite", {"allOrNone": False, "compositeRequest": requested})
        found = answer.body.get("compositeResponse") if isinstance(answer.body, Mapping) else None
        if not isinstance(found, list) or len(found) != len(parts):
            raise RemoteUnavailable("a composite answer is not complete")
        results = [Result(int(one.get("httpStatusCode") or 500), one.get("body")) for one in found]
        for result in results:
            if result.refusal:
                raise_for_everything(result.refusal)
        return results, answer

    def wait(self, attempt: int) -> None:
        """Pause before another attempt: 1, 2, 4 … seconds and up to one more, so that writers do not meet again."""
        self._pause(2.0**attempt + self._clock.now() % 1000 / 1000)

    def _patiently(self, send: Callable[[], Answer]) -> Answer:
        for attempt in range(_ATTEMPTS):
            try:
                return send()
            except _Again as again:
                if attempt == _ATTEMPTS - 1 or again.wait_ms > _PATIENCE_MS or self._is_over(in_ms=again.wait_ms):
                    raise RemoteUnavailable(again.reason, retry_after_ms=again.wait_ms) from again
                if again.wait_ms:
                    self._pause(again.wait_ms / SECOND)
                else:
                    self.wait(attempt)
        raise AssertionError  # the loop returns or raises

    def _authorized(self, access: Access, method: str, path: str, body: Any) -> Answer:
        """The call with a token; with a new one when the session ended, once."""
        for _ in range(2):
            token = self._session.token(access, lambda where, form: self._log_in(access, where, form))
            began = self._clock.now()
            response = self._send(
                method, access.base_url + path, json=body, headers={**_HEADERS, "Authorization": f"Bearer {token}"}
            )
            self._note_usage(response)
            if response.status_code != 401:
                return Answer(_judged(response), began, _server_time(response, self._clock.now() - began))
            self._session.drop()
        raise RemoteRefused("SALESFORCE.SESSION_REFUSED", "A new session was refused at once.")

    def _log_in(self, access: Access, path: str, form: Mapping[str, str]) -> tuple[int, object]:
        response = self._send("POST", access.base_url + path, data=form)
        if response.status_code in _TRY_AGAIN:
            raise _Again(f"login: HTTP {response.status_code}", _asked_for(response))
        return response.status_code, _json(response)

    def _is_over(self, *, in_ms: int = 0) -> bool:
        return self._until is not None and self._clock.now() + in_ms >= self._until

    def _send(self, method: str, url: str, **more: Any) -> requests.Response:
        if self._is_over():
            raise RemoteUnavailable("the time for this run is over")
        self._http = self._http or self._open()
        self.calls += 1
        try:
            return self._http.request(method, url, timeout=_TIMEOUT_S, allow_redirects=False, **more)
        except requests.RequestException as error:
            # Its text holds the URL and perhaps the query: only the kind of failure leaves this place.
            raise _Again(f"no answer: {type(error).__name__}") from None

    def _note_usage(self, response: requests.Response) -> None:
        found = _USAGE.search(response.headers.get("Sforce-Limit-Info", ""))
        if found:
            self.usage = Usage(int(found[1]), int(found[2]))


def _judged(response: requests.Response) -> Any:
    """The body of a good answer; raises for every other."""
    status, wait_ms = response.status_code, _asked_for(response)
    if status == 204:
        return None
    if 300 < status < 400:
        raise RemoteRefused("SALESFORCE.WRONG_HOST", "The org answers with a redirect: base_url must be its My Domain.")
    if status in _TOO_LARGE:
        raise CallRefused(status, Refusal("REQUEST_TOO_LARGE"))
    body = _json(response, wait_ms)
    if status <= 300:
        return body
    error = refusal_of(body)
    try:
        raise_for_everything(error, retry_after_ms=wait_ms)
    except BudgetSpent:
        raise
    except RemoteUnavailable as unavailable:
        raise _Again(unavailable.reason, wait_ms) from unavailable
    if status in _TRY_AGAIN and not (status == 500 and isinstance(body, list)):
        raise _Again(f"HTTP {status}", wait_ms)
    raise CallRefused(status, error)


def _json(response: requests.Response, wait_ms: int = 0) -> Any:
    """The body as JSON; HTML, an empty body or one that was cut off is no answer, whatever its status says."""
    try:
        return response.json()
    except ValueError:
        raise _Again(f"HTTP {response.status_code} without JSON", wait_ms) from None


def _asked_for(response: requests.Response) -> int:
    text = response.headers.get("Retry-After", "")
    return int(text) * SECOND if text.isdigit() else 0


def _server_time(response: requests.Response, elapsed: int) -> Instant:
    """The server's time when the request began: its Date, which says the end in whole seconds, less what it took."""
    try:
        ended = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return 0
    return int(ended.timestamp()) * SECOND - max(0, elapsed)
