"""What pull functions are asked, and what they answer whatever the vendor does."""

import json
from typing import Any

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.parked import MemoryParkedRecords
from shared.adapters.memory.record_archive import MemoryRecordArchive
from shared.adapters.memory.sync_queues import MemoryChangesQueue, MemoryOutQueue
from shared.adapters.memory.sync_store import MemorySyncStore
from shared.app.pull_records import Pulling
from shared.ports.failures import StoreUnavailable
from shared.ports.sync import BudgetSpent, Finding, NotConfigured, RemoteRefused, RemoteUnavailable
from shared.runtime.observability import metrics
from shared.runtime.pull_commands import MAX_RECORDS, answer
from tests.unit.sync_functions.scripted import ScriptedSystem, empty_policy, lead_record

REFUSED = RemoteRefused("SALESFORCE.LOGIN_REFUSED", "the credentials are wrong")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Metrics by name, as they were added."""
    found: dict[str, float] = {}
    monkeypatch.setattr(
        metrics, "add_metric", lambda name, _unit, value: found.update({name: found.get(name, 0) + value})
    )
    return found


def pulling(system: ScriptedSystem) -> Pulling:
    return Pulling(
        system=system,
        store=MemorySyncStore(),
        archive=MemoryRecordArchive(),
        queue=MemoryChangesQueue(),
        out=MemoryOutQueue(),
        policy=empty_policy(),
        clock=MemoryClock(),
        parked=MemoryParkedRecords(),
    )


def asked(deps: Pulling, **event: Any) -> dict[str, Any]:
    told = answer("salesforce", event, deps, budget_ms=60_000)
    json.dumps(told)
    return told


def sent(deps: Pulling) -> list[Any]:
    assert isinstance(deps.queue, MemoryChangesQueue)
    return deps.queue.sent


def test_the_event_of_a_schedule_pulls(counted: dict[str, float]) -> None:
    deps = pulling(ScriptedSystem(records={"00Q1": lead_record("00Q1")}))

    told = asked(deps, **{"detail-type": "Scheduled Event", "source": "aws.scheduler"})

    assert (told["command"], told["status"], told["records"], told["calls"]) == ("pull", "done", 1, 1)
    assert len(sent(deps)) == 1
    assert counted == {"RecordsPulled": 1, "VendorCalls": 1, "SyncRefused": 0}


def test_records_are_read_again_by_their_ids(counted: dict[str, float]) -> None:
    deps = pulling(ScriptedSystem(records={n: lead_record(n) for n in ("00Q1", "00Q2", "00Q3")}))

    told = asked(deps, command="resync", remote_ids=["00Q1", "00Q3"])

    assert (told["status"], told["records"]) == ("done", 2)
    assert deps.store.cycle("salesforce").position == {}


@pytest.mark.parametrize(
    "event",
    [
        {"command": "drop"}, {"command": "resync"}, {"command": "resync", "remote_ids": []},
        {"command": "resync", "remote_ids": "00Q1"}, {"command": "resync", "remote_ids": [1]},
        {"command": "resync", "remote_ids": ["x"] * (MAX_RECORDS + 1)}, {"command": {"x": "y" * 100}},
    ],
)  # fmt: skip
def test_a_command_that_is_none_is_refused_and_calls_nobody(event: dict[str, Any]) -> None:
    system = ScriptedSystem()

    told = asked(pulling(system), **event)

    assert (told["status"], told["error"]) == ("refused", "SYNC.BAD_COMMAND")
    assert system.made == 0
    assert len(told["command"]) <= 32


@pytest.mark.parametrize("command", ["pull", "resync", "preflight"])
@pytest.mark.parametrize(
    ("trouble", "status", "error", "refused"),
    [
        (NotConfigured(), "off", "", 0),
        (RemoteUnavailable("502"), "stopped", "SYNC.REMOTE_UNAVAILABLE", 0),
        (REFUSED, "stopped", "SALESFORCE.LOGIN_REFUSED", 1),
        (RemoteRefused("SYNC.CREDENTIALS_UNREADABLE", "not JSON"), "stopped", "SYNC.CREDENTIALS_UNREADABLE", 1),
    ],
)
def test_a_vendor_that_fails_never_fails_the_run(
    counted: dict[str, float], command: str, trouble: Exception, status: str, error: str, refused: int
) -> None:
    deps = pulling(ScriptedSystem(trouble=trouble))

    told = asked(deps, command=command, remote_ids=["00Q1"])

    assert (told["status"], told["error"]) == (status, error)
    assert counted["SyncRefused"] == refused


def test_a_refusal_is_parked_once_however_often_the_schedule_comes(counted: dict[str, float]) -> None:
    deps = pulling(ScriptedSystem(trouble=REFUSED))

    for _ in range(3):
        asked(deps)

    (record,) = deps.parked.list()[0]
    assert (record.code, record.source) == ("SALESFORCE.LOGIN_REFUSED", "salesforce")
    assert counted["SyncRefused"] == 3


def test_a_spent_budget_is_no_refusal(counted: dict[str, float]) -> None:
    told = asked(pulling(ScriptedSystem(trouble=BudgetSpent("REQUEST_LIMIT_EXCEEDED"))))

    assert told["error"] == "SYNC.BUDGET_SPENT"
    assert counted["SyncRefused"] == 0


def test_preflight_is_fine_when_nothing_is_missing_and_tells_what_it_cannot_judge(counted: dict[str, float]) -> None:
    findings = (Finding(subject="Lead", ok=True, detail="read"), Finding(subject="Task", ok=None, detail="cannot tell"))

    told = asked(pulling(ScriptedSystem(findings=findings)), command="preflight")

    assert told["ok"] is True
    assert told["findings"][1] == {"subject": "Task", "ok": None, "detail": "cannot tell"}
    assert told["calls"] == 1


def test_preflight_is_not_fine_when_a_right_is_missing_or_the_login_fails() -> None:
    missing = ScriptedSystem(findings=(Finding(subject="Lead.Email", ok=False, detail="not writable"),))

    assert asked(pulling(missing), command="preflight")["ok"] is False
    told = asked(pulling(ScriptedSystem(trouble=REFUSED)), command="preflight")
    assert told["ok"] is False
    assert told["findings"][0]["subject"] == "login"


def test_our_own_store_failing_fails_the_run_so_that_it_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    deps = pulling(ScriptedSystem())

    def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("throttled")

    monkeypatch.setattr(deps.store, "acquire", away)
    with pytest.raises(StoreUnavailable):
        asked(deps)
