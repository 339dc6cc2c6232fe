"""Talks to a running engine's own routes. Standard library only: the supervisor asks several times a second."""

import http.client
import json
from typing import Any

from infra.local.home import Home
from infra.local.processes import LOOPBACK


class EngineSilent(Exception):
    """The engine does not answer."""


def ports(home: Home) -> dict[str, int]:
    """Ports of the engine that was started last; empty when none ever was."""
    try:
        saved = json.loads(home.ports.read_text())
        return {"aws": int(saved["aws"]), "api": int(saved["api"])}
    except (FileNotFoundError, ValueError, KeyError):
        return {}


def tell(home: Home, command: str, *, timeout_s: float = 60) -> dict[str, Any]:
    """Send a command (status, checkpoint, clock, flush); returns the engine's status after it.

    Raises:
        EngineSilent: nobody answers on the engine's port.
    """
    port = ports(home).get("aws")
    if port is None:
        raise EngineSilent("no engine was ever started here")
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_s)
    try:
        connection.request("POST", f"/_leadspine/{command}")
        response = connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise EngineSilent(f"the engine does not answer on port {port}") from error
    finally:
        connection.close()
    if response.status != http.client.OK or answer.get("home") != str(home.root):
        raise EngineSilent(f"port {port} belongs to somebody else")
    return answer


def answers(home: Home) -> bool:
    """True when this home's engine serves."""
    try:
        tell(home, "status", timeout_s=5)
    except EngineSilent:
        return False
    return True
