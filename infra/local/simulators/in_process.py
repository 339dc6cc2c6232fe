"""Reach a simulator without a socket: a transport adapter for `requests`, used by tests and worlds."""

import io
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from infra.local.simulators.site import Site
from infra.local.simulators.wire import Answer, Call


class InProcessAdapter(BaseAdapter):
    """Answers every request of a session from one simulator, whatever host it names.

    Nobody waits: an answer that is later than the caller's patience is a read timeout at once.
    """

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site = site

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, *, timeout: Any = None, **_options: Any
    ) -> requests.Response:
        """Have the simulator answer.

        Raises:
            requests.ReadTimeout: the answer is lost, or slower than the timeout.
        """
        body = request.body or b""
        raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else b"".join(body)
        headers = {"Host": urlsplit(request.url or "").netloc, **request.headers}
        call = Call.of(request.method or "GET", request.url or "/", headers=headers, body=raw)
        answer = self._site.answer(call)
        patience = timeout[1] if isinstance(timeout, tuple) else timeout
        if answer.lost or (patience is not None and answer.delay_s > patience):
            raise requests.ReadTimeout(f"no answer from the {self._site.title} simulator", request=request)
        return _response(request, answer)

    def close(self) -> None:
        """Nothing is open."""


def _response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.reason = answer.reason
    response.url = request.url or ""
    response.request = request
    response.raw = io.BytesIO(answer.body)
    response.headers = CaseInsensitiveDict({**answer.headers, "Content-Type": answer.content_type})
    response.encoding = "utf-8"
    return response


def in_process_session(site: Site) -> requests.Session:
    """A `requests` session that knows only this simulator."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", InProcessAdapter(site))
    session.mount("http://", InProcessAdapter(site))
    return session
