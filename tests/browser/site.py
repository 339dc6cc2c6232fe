"""The console on loopback, over the handler's own events: what API Gateway and Lambda do between them and a browser."""

import base64
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]


class Site:
    """Serves a function's answers until it is closed."""

    def __init__(self, answer: Answer) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answer))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(answer: Answer) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._respond(b"")

        def do_POST(self) -> None:
            self._respond(self.rfile.read(int(self.headers.get("content-length") or 0)))

        def _respond(self, body: bytes) -> None:
            with lock:
                response = answer(event_of(self.command, self.path, dict(self.headers), body))
            payload = response["body"].encode()
            self.send_response(response["statusCode"])
            for name, value in response["headers"].items():
                self.send_header(name, value)
            for cookie in response.get("cookies", ()):
                self.send_header("set-cookie", cookie)
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    return Handler


def event_of(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> dict[str, Any]:
    """A request as payload 2.0 has it: names in lower case, cookies apart, forms in base64."""
    parts = urlsplit(target)
    lower = {name.lower(): value for name, value in headers.items()}
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": parts.path,
        "headers": {name: value for name, value in lower.items() if name != "cookie"},
        "cookies": [cookie.strip() for cookie in lower.get("cookie", "").split(";") if cookie.strip()],
        "requestContext": {"http": {"method": method, "path": parts.path}},
        "isBase64Encoded": bool(body),
    }
    if parts.query:
        event["queryStringParameters"] = dict(parse_qsl(parts.query))
    if body:
        event["body"] = base64.b64encode(body).decode()
    return event
