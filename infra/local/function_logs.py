"""Where the output of functions goes on the laptop: one file each, kept short."""

# ruff: noqa: SLF001 - see infra.local.patches

import contextlib
import threading
from pathlib import Path
from typing import Any, Final

from infra.local.ministack import lambdas

LOG_LIMIT_BYTES: Final = 10_000_000
Record = dict[str, Any]


def write_function_logs(folder: Path) -> None:
    """What functions print goes to one file each. Upstream keeps all of it, and metrics, in memory for ever."""
    lock = threading.Lock()
    folder.mkdir(parents=True, exist_ok=True)

    def write(path: Path, text: str) -> None:
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        with path.open("a") as file:
            file.write(text)

    def emit(function: Record, request_id: str, text: str, error: bool, duration_ms: int, **_: Any) -> None:
        if not text and not error:
            return
        name = (function.get("config") or function).get("FunctionName", "unknown")
        status = "failed" if error else "ok"
        # A full disk must not fail the invocation whose output it refuses.
        with lock, contextlib.suppress(OSError):
            write(folder / f"{name}.log", f"{text.rstrip()}\nEND {request_id} {status} {duration_ms} ms\n")

    lambdas._emit_lambda_logs = emit
    lambdas._emit_lambda_metrics = lambda *_, **__: None
