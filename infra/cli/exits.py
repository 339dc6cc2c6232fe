"""How commands end: exit statuses, and one sentence with a stable code for every failure that can be foreseen.

A failure is known by the name of its class, because importing the modules that raise it would cost what laziness saved.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final


class Status(IntEnum):
    """Exit statuses, the same for every command."""

    DONE = 0
    WRONG = 1
    USAGE = 2
    UNREACHABLE = 3
    STOPPED = 130


MEANINGS: Final[Mapping[Status, str]] = {
    Status.DONE: "done",
    Status.WRONG: "what was asked cannot be done, or what was found is wrong",
    Status.USAGE: "the command line is wrong, or rows of a file were refused (the others are taken)",
    Status.UNREACHABLE: "the cloud is not up, or does not answer",
    Status.STOPPED: "stopped by Ctrl-C",
}
"""What each status says; help and the reference print this."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A kind of failure: its stable code, how the command ends, and what to do next where the message does not say."""

    code: str
    status: Status = Status.WRONG
    next: str = ""


_SILENT: Final = "`leadspine status` says what runs, `leadspine up` starts what is missing"
_LOGS: Final = "the logs below .leadspine/logs say more"

FAILURES: Final[Mapping[str, Failure]] = {
    "AlreadyLocked": Failure("LAPTOP.BUSY", next="run this again when that command has ended"),
    "ApiRefused": Failure("API.REFUSED"),
    "BadDuration": Failure("CLI.BAD_DURATION", Status.USAGE),
    "BadTarget": Failure("CLI.BAD_TARGET", Status.USAGE),
    "BuildError": Failure("LAPTOP.BUILD_FAILED"),
    "CannotStart": Failure("LAPTOP.CANNOT_START"),
    "CloudIsDown": Failure("LAPTOP.DOWN", Status.UNREACHABLE),
    "DeployFailed": Failure("LAPTOP.DEPLOY_FAILED", next=_LOGS),
    "EngineSilent": Failure("LAPTOP.NO_ANSWER", Status.UNREACHABLE, _SILENT),
    "InvokeFailed": Failure("LAPTOP.FUNCTION_FAILED"),
    "NoAnswer": Failure("API.NO_ANSWER", Status.UNREACHABLE),
    "PlayFailed": Failure("DEMO.FAILED", next=_LOGS),
    "PolicyErrors": Failure("POLICY.WRONG", next="`leadspine policy check` lists every line"),
    "RemoteFailed": Failure("DEMO.REMOTE_FAILED", next=_LOGS),
    "SynthFailed": Failure("LAPTOP.SYNTH_FAILED"),
    "UnusableFile": Failure("IMPORT.UNUSABLE_FILE"),
}
"""By the name of the exception."""

_LOST: Final = Failure("CLOUD.NO_ANSWER", Status.UNREACHABLE, _SILENT)
_FILE: Final = Failure("CLI.FILE")
_DISK_FULL: Final = Failure("CLI.DISK_FULL", next="make room and run this again")
_USAGE: Final = Failure("CLI.USAGE", Status.USAGE)
_STOPPED: Final = Failure("CLI.STOPPED", Status.STOPPED)
_LOST_CONNECTIONS: Final = frozenset(
    {"ConnectionError", "ConnectTimeout", "ReadTimeout", "EndpointConnectionError", "ConnectionClosedError",
     "ConnectTimeoutError", "ReadTimeoutError", "HTTPError"}
)  # fmt: skip
"""What requests and botocore raise when nobody answers, or answers with an error only."""


def codes() -> list[tuple[str, Status]]:
    """Every code of the command line itself, and how a command ends with it. The API has codes of its own."""
    failures = (*FAILURES.values(), _LOST, _FILE, _DISK_FULL, _USAGE, _STOPPED)
    return sorted((failure.code, failure.status) for failure in failures)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a failed command ends: one line for standard error, and the exit status."""

    line: str
    status: Status


def ending_of(error: BaseException) -> Ending | None:
    """How a command ends after an error; None for what nobody foresaw, whose traceback is worth having."""
    name, module = type(error).__name__, type(error).__module__.partition(".")[0]
    if name in FAILURES:
        failure = FAILURES[name]
        return _ending(str(error), failure, code=getattr(error, "code", ""))
    if module in ("requests", "botocore") and name in _LOST_CONNECTIONS:
        return _ending("a part of the cloud does not answer", _LOST)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return _ending("the disk is full", _DISK_FULL)
    if isinstance(error, OSError) and error.filename is not None:
        return _ending(f"{error.filename}: {error.strerror or name}", _FILE)
    return _command_line(error)


def _command_line(error: BaseException) -> Ending | None:
    """What the parser of the command line raises; told apart by what it has, since the parser is Typer's own copy."""
    name = type(error).__name__
    if name == "NoArgsIsHelpError":
        return Ending("", Status.USAGE)
    if name == "Abort":
        return _ending("stopped", _STOPPED)
    said: Any = getattr(error, "format_message", None)
    if said is None:
        return None
    context: Any = getattr(error, "ctx", None)
    path = context.command_path if context else "leadspine"
    return _ending(said().replace("Value error, ", ""), replace(_USAGE, next=f"`{path} --help` shows how"))


def _ending(sentence: str, failure: Failure, *, code: str = "") -> Ending:
    """The sentence, what to do next, the code."""
    said = "; ".join(part for part in (" ".join(sentence.split()).rstrip(". "), failure.next) if part)
    return Ending(f"leadspine: {said} [{code or failure.code}]\n", failure.status)
