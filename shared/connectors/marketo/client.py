"""One session with Marketo: token, pace, patience. An answer is a good one, or an exception that says what to do.

Requests: identity, REST v1 and asset API, Authorization header only. No URL holds a secret, no error an address.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

from shared.connectors.marketo.failures import (
    CROWDED,
    DENIED,
    NO_TIME,
    NOT_JSON,
    QUOTA,
    RATE,
    TIMEOUT,
    TOKEN,
    UNCOUNTED,
    WAITS,
    Refused,
    TooBig,
)
from shared.connectors.marketo.quota import WINDOW, Meter, Pace
from shared.domain.instant import SECOND, Instant
from shared.ports.clock import Clock
from shared.ports.sync import BudgetSpent, NotConfigured, RemoteRefused, RemoteUnavailable

if TYPE_CHECKING:
    import requests

_IDENTITY: Final = "/identity/oauth/token"
_LONGEST_QUERY: Final = 6_000
"""Characters; the vendor's web server refuses URLs beyond 8 KB (414)."""
_CONNECT_S: Final = 10.0

Envelope = Mapping[str, Any]
Params = Mapping[str, str | int]


class Account(NamedTuple):
    """Where to call, and as whom."""

    base_url: str
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One call. ``body`` is sent as JSON; a read whose query is too long goes as a form that says it is a GET."""

    method: str
    path: str
    params: Params
    body: Mapping[str, Any] | None = None
    seconds: float = 30.0

    def send(self, session: "requests.Session", url: str, headers: Mapping[str, str]) -> "requests.Response":
        """Send it; the headers carry the token."""
        query, timeout = urlencode(self.params), (_CONNECT_S, self.seconds)
        if self.method == "GET" and len(query) > _LONGEST_QUERY:
            form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
            target = f"{url}?_method=GET"
            return session.post(target, data=query, headers=form, timeout=timeout, allow_redirects=False)
        target = f"{url}?{query}" if query else url
        return session.request(
            self.method, target, json=self.body, headers=dict(headers), timeout=timeout, allow_redirects=False
        )


class _Weather(Exception):
    """Nothing came that can be used; ``code`` is the vendor's, or one of our own for what has none."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unanswered(RemoteUnavailable):
    """RemoteUnavailable with the code of the last try."""

    def __init__(self, code: str) -> None:
        patience = {RATE: WINDOW, CROWDED: 5 * SECOND}.get(code, 0)
        super().__init__(f"Marketo gives no usable answer: {code}", retry_after_ms=patience)
        self.code = code


class MarketoClient:
    """Calls with a token that is kept for its own life and renewed once when it is refused."""

    def __init__(
        self,
        *,
        credentials: Callable[[], Mapping[str, str]],
        clock: Clock,
        meter: Meter,
        session: Callable[[], "requests.Session"] | None,
        pause: Callable[[float], None],
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._meter = meter
        self._new_session = session
        self._pause = pause
        self._pace = Pace(clock, pause)
        self._session: requests.Session | None = None
        self._token = ""
        self._token_of: Account | None = None
        self._token_until: Instant = 0
        self._turned_away: Account | None = None
        self._until: Instant | None = None
        self.calls = 0
        """Requests sent, identity included."""

    @contextmanager
    def limited(self, milliseconds: int) -> Iterator[None]:
        """Begin no request later than this: what is asked for then is Unanswered. One that is under way may end."""
        self._until = self._clock.now() + milliseconds
        try:
            yield
        finally:
            self._until = None

    def get(self, path: str, *, seconds: float = 30.0, **params: str | int) -> Envelope:
        """Read. Raises as `call`."""
        return self.call(Ask(method="GET", path=path, params=params, seconds=seconds))

    def post(
        self, path: str, body: Mapping[str, Any], *, seconds: float = 90.0, patient: bool = True, **params: str | int
    ) -> Envelope:
        """Write. Raises as `call`."""
        return self.call(Ask(method="POST", path=path, params=params, body=body, seconds=seconds), patient=patient)

    def call(self, ask: Ask, *, patient: bool = True) -> Envelope:
        """Call until there is an answer, within bounds; an impatient caller tries once.

        Raises:
            NotConfigured: there are no credentials.
            RemoteRefused: login, token or right refused; a person has to act.
            BudgetSpent: the day's allowance is used up; nothing is sent before midnight, Central time.
            Unanswered: the weather stayed bad.
            Refused: the call itself is refused.
            TooBig: send less at once.
        """
        tries, renewed = 0, False
        while True:
            try:
                return self._once(ask)
            except _Weather as weather:
                code = weather.code
            if code in TOKEN:
                if renewed:
                    raise RemoteRefused("MARKETO.TOKEN_REFUSED", f"a new token is refused as well ({code})")
                self._token, renewed = "", True
                continue
            waits = WAITS[code] if patient else ()
            if tries >= len(waits) or self._is_over(in_seconds=waits[tries]):
                raise Unanswered(code)
            self._pause(waits[tries])
            tries += 1

    def _once(self, ask: Ask) -> Envelope:
        account = self._account()
        if left := self._meter.left():
            raise BudgetSpent("Marketo's daily quota is reached", retry_after_ms=left)
        token = self._valid_token(account)
        self._pace.wait()
        answer = self._answer(ask, account, {"Authorization": f"Bearer {token}"})
        code, text = _verdict(answer)
        if code not in UNCOUNTED:
            self._meter.count()
        if not code:
            return answer
        if code in TOKEN or code in WAITS:
            raise _Weather(code)
        if code == QUOTA:
            raise BudgetSpent("Marketo's daily quota is reached", retry_after_ms=self._meter.spend())
        if code == DENIED:
            raise RemoteRefused("MARKETO.ACCESS_DENIED", f"the API user's role, or the IP list, forbids {ask.path}")
        raise Refused(code, text)

    def _account(self) -> Account:
        found = self._credentials()
        given = Account(*(str(found.get(name) or "").strip() for name in Account._fields))
        if not all(given):
            raise NotConfigured("there are no Marketo credentials")
        # Marketo's own page shows the address of an API, people copy that.
        account = given._replace(base_url=given.base_url.rstrip("/").removesuffix("/rest").removesuffix("/identity"))
        if account != self._token_of:
            self._token = ""
        return account

    def _valid_token(self, account: Account) -> str:
        if not self._token or self._clock.now() >= self._token_until:
            self._log_in(account)
        return self._token

    def _log_in(self, account: Account) -> None:
        """Fetch the token. Refused credentials are not tried again: the vendor would lock the user out."""
        if account == self._turned_away:
            raise RemoteRefused("MARKETO.LOGIN_REFUSED", "these credentials were refused before")
        began = self._clock.now()
        form = {"grant_type": "client_credentials", "client_id": account.client_id}
        secret = {"client_secret": account.client_secret}
        response = self._sent(
            lambda session: session.post(
                account.base_url + _IDENTITY,
                data=form | secret,
                timeout=(_CONNECT_S, 30.0),
                allow_redirects=False,
            )
        )
        if response.status_code in (400, 401, 403):
            self._turned_away = account
            raise RemoteRefused("MARKETO.LOGIN_REFUSED", f"identity answers {response.status_code}")
        answer = _json(response)
        token, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(life, int | float):
            raise _Weather(NOT_JSON)
        self._token, self._token_until = token, began + int(life * SECOND)
        self._token_of = account

    def _answer(self, ask: Ask, account: Account, headers: Mapping[str, str]) -> Envelope:
        response = self._sent(lambda session: ask.send(session, account.base_url + ask.path, headers))
        if response.status_code in (413, 414):
            raise TooBig
        answer = _json(response)
        if not isinstance(answer.get("success"), bool):
            raise _Weather(NOT_JSON)
        return answer

    def _is_over(self, *, in_seconds: float = 0) -> bool:
        return self._until is not None and self._clock.now() + in_seconds * SECOND >= self._until

    def _sent(self, send: Callable[["requests.Session"], "requests.Response"]) -> "requests.Response":
        import requests

        if self._session is None:
            self._session = self._new_session() if self._new_session else requests.Session()
        if self._is_over():
            raise Unanswered(NO_TIME)
        self.calls += 1
        # Their texts hold the URL, so nothing of them is handed on.
        try:
            return send(self._session)
        except requests.Timeout:
            raise _Weather(TIMEOUT) from None
        except requests.RequestException:
            raise _Weather("CONNECTION") from None


def _json(response: "requests.Response") -> Envelope:
    if response.status_code != 200:
        raise _Weather("HTTP")
    try:
        answer = response.json()
    except ValueError:
        raise _Weather(NOT_JSON) from None
    if not isinstance(answer, dict):
        raise _Weather(NOT_JSON)
    return answer


def _verdict(answer: Envelope) -> tuple[str, str]:
    """Code and text of a failed call; empty when it worked."""
    if answer["success"]:
        return "", ""
    errors = answer.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return str(first.get("code") or "611"), str(first.get("message") or "")
