"""What the pull functions are asked, and what they answer: a schedule's event, or a command of an operator.

A vendor that fails never fails a run: the schedule comes again anyway, and dead letters of runs would say nothing that
the answer, the metrics and the parked record do not say.
"""

from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools.metrics import MetricUnit

from shared.app.pull_records import DONE, OFF, STOPPED, Pulled, Pulling, pull_again, pull_records
from shared.app.sync_codes import is_refusal
from shared.ports.sync import NotConfigured, RemoteRefused, RemoteUnavailable
from shared.runtime.observability import logger, metrics

PULL: Final = "pull"
RESYNC: Final = "resync"
PREFLIGHT: Final = "preflight"
MAX_RECORDS: Final = 1000
"""Of one resync command; more are several commands."""

Answer = dict[str, Any]


def answer(system: str, event: Mapping[str, Any], deps: Pulling, *, budget_ms: int) -> Answer:
    """Do what the event asks for; an event without a command is the schedule's and pulls.

    Raises:
        shared.ports.failures.StoreUnavailable: our own side does not answer; the schedule runs again.
    """
    command = str(event.get("command") or PULL)
    if command == PREFLIGHT:
        return _preflight(system, deps)
    if command == PULL:
        return _told(system, command, pull_records(system, deps, budget_ms=budget_ms))
    remote_ids = event.get("remote_ids")
    if command == RESYNC and _are_ids(remote_ids):
        return _told(system, command, pull_again(system, list(remote_ids or ()), deps))
    return {"system": system, "command": command[:32], "status": "refused", "error": "SYNC.BAD_COMMAND"}


def _are_ids(value: object) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MAX_RECORDS and all(isinstance(item, str) for item in value)


def _told(system: str, command: str, pulled: Pulled) -> Answer:
    _count(pulled.error, calls=pulled.calls, records=pulled.records)
    told = {
        "system": system,
        "command": command,
        "status": pulled.status,
        "records": pulled.records,
        "pages": pulled.pages,
        "calls": pulled.calls,
        "error": pulled.error,
    }
    logger.info("SYNC.PULLED", extra=told)
    return told


def _preflight(system: str, deps: Pulling) -> Answer:
    """Whether the sync user can do what the policy needs. A refused login is a finding, not a failure."""
    before = deps.system.calls()
    status, error, findings = DONE, "", []
    try:
        found = deps.system.preflight()
        findings = [{"subject": f.subject, "ok": f.ok, "detail": f.detail} for f in found]
    except NotConfigured:
        status = OFF
    except RemoteRefused as refusal:
        status, error = STOPPED, refusal.code
        findings = [{"subject": "login", "ok": False, "detail": f"{refusal.code}: {refusal.detail}"}]
    except RemoteUnavailable as unavailable:
        status, error = STOPPED, "SYNC.REMOTE_UNAVAILABLE"
        findings = [{"subject": "connection", "ok": False, "detail": unavailable.reason}]
    calls = deps.system.calls() - before
    _count(error, calls=calls, records=0)
    ok = status == DONE and all(finding["ok"] is not False for finding in findings)
    return {
        "system": system,
        "command": PREFLIGHT,
        "status": status,
        "ok": ok,
        "findings": findings,
        "calls": calls,
        "error": error,
    }


def _count(error: str, *, calls: int, records: int) -> None:
    metrics.add_metric("RecordsPulled", MetricUnit.Count, records)
    metrics.add_metric("VendorCalls", MetricUnit.Count, calls)
    metrics.add_metric("SyncRefused", MetricUnit.Count, int(is_refusal(error)))
