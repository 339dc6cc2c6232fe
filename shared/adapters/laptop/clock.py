"""The laptop cloud's time: an offset in a file that every process reads, and an engine that is told when it moves."""

import http.client
import json
import os
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from shared.domain.instant import Instant
from shared.ports.failures import StoreUnavailable

PATIENCE_S: Final = 10.0
"""So long other work may finish before the time moves under it; a page has to answer within half a minute."""
_EVERY_S: Final = 0.2
_TIMEOUT_S: Final = 15


class LaptopClock:
    """``offset_file`` is what functions and the engine read; ``engine`` is the engine's address."""

    def __init__(self, offset_file: Path, engine: str) -> None:
        self._file = offset_file
        self._engine = urlsplit(engine).netloc

    def offset(self) -> Instant:
        """Milliseconds by which the cloud's time is ahead of real time."""
        try:
            return int(self._file.read_text() or 0)
        except FileNotFoundError:
            return 0

    def advance(self, by_ms: int) -> Instant:
        """Move the time forward, when nothing moves or after a while; returns the new offset.

        Raises:
            StoreUnavailable: the engine does not answer. Before the move nothing has changed.
        """
        self._calm()
        offset = self.offset() + by_ms
        beside = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        beside.write_text(str(offset))
        beside.replace(self._file)
        self._tell("clock")
        return offset

    def _calm(self) -> None:
        """Wait until nothing is decided half before and half after the jump. One invocation is our own."""
        until = time.monotonic() + PATIENCE_S
        calm = 0
        while calm < 2 and time.monotonic() < until:
            told = self._tell("flush")
            held = sum(depth["waiting"] + depth["in_flight"] for depth in told["queues"].values() if depth["readers"])
            calm = 0 if held or told["invocations"] > 1 or told["unread_stream_records"] else calm + 1
            if calm < 2:
                time.sleep(_EVERY_S)

    def _tell(self, command: str) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._engine, timeout=_TIMEOUT_S)
        try:
            connection.request("POST", f"/_leadspine/{command}")
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise StoreUnavailable(f"engine {command}: {type(error).__name__}") from None
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise StoreUnavailable(f"engine {command}: status {response.status}")
        return answer
