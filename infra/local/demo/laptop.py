"""The doors of the running laptop cloud, over HTTP with connections that stay open."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

import requests

from infra.local import cloud, control
from infra.local.demo.wire import Request
from infra.local.home import Home
from infra.local.processes import wait_until

SENDERS: Final = 4
ATTEMPTS: Final = 7
"""With a pause that doubles from 0.2 s: long enough for the supervisor to bring a killed engine back."""
TIMEOUT_S: Final = 60
SETTLE_TIMEOUT_S: Final = 300
_LATER: Final = frozenset({429, 500, 502, 503, 504})


class PlayFailed(Exception):
    """A door refused, or what it accepted is not processed; the message says which and why."""


class LaptopDoors:
    """Sends with a few threads. Sending again after a failure is safe: every signal carries its vendor's id."""

    def __init__(self, home: Home, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._home = home
        self._pause = pause
        self._queue = cloud.read_deployment(home).outputs["SignalsQueueUrl"].rpartition("/")[2]
        self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="sender")
        self._local = threading.local()

    def __enter__(self) -> Self:
        """Open: connections are made when they are needed."""
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None) -> None:
        """Close; after a failure, what was not sent yet is not sent."""
        self._pool.shutdown(cancel_futures=kind is not None)

    def now(self) -> int:
        """The cloud's time in milliseconds."""
        return int(control.tell(self._home, "status")["now"])

    def send(self, requests_to_send: Sequence[Request]) -> None:
        """Send all of them side by side.

        Raises:
            PlayFailed: a door refused one, or does not answer.
        """
        for _ in self._pool.map(self._post, requests_to_send):
            pass

    def settle(self) -> None:
        """Wait until the queue of signals is empty.

        Raises:
            PlayFailed: it does not become empty.
        """
        if not wait_until(self._is_decided, timeout_s=SETTLE_TIMEOUT_S, every_s=0.05):
            raise PlayFailed("signals stay in their queue; `leadspine status` and the logs say more")

    def drain(self) -> None:
        """Wait until every fact is published and in the lake.

        Raises:
            PlayFailed: something keeps moving.
        """
        if not cloud.quiet(self._home, timeout_s=SETTLE_TIMEOUT_S):
            raise PlayFailed("the cloud does not come to rest; `leadspine status` and the logs say more")

    def _is_decided(self) -> bool:
        try:
            depth = control.tell(self._home, "flush")["queues"][self._queue]
        except control.EngineSilent:
            return False  # killed, perhaps; its supervisor starts it again
        return not depth["waiting"] + depth["in_flight"]

    def _post(self, request: Request) -> None:
        for attempt in range(ATTEMPTS):
            try:
                answer = self._session().post(
                    request.url, data=request.body, headers=dict(request.headers), timeout=TIMEOUT_S
                )
            except requests.RequestException as error:
                if attempt == ATTEMPTS - 1:
                    raise PlayFailed(f"a door does not answer ({type(error).__name__})") from error
            else:
                if answer.ok:
                    return
                if answer.status_code not in _LATER or attempt == ATTEMPTS - 1:
                    raise PlayFailed(f"a door refused: {answer.status_code} {_code_of(answer)}")
            self._pause(0.2 * 2**attempt)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session


def _code_of(answer: requests.Response) -> str:
    try:
        return str(answer.json().get("code", ""))
    except ValueError:
        return ""
