"""`leadspine status`: gathers what is known of the whole system, and says what needs attention. Prints nothing itself.

The laptop cloud is asked directly (processes, queues), everything else through the API, so that the same command looks
at a deployment. What cannot be asked is None and named in ``unknown``: a status must not fail because a part does.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from infra.cli.api import ApiRefused, all_items, call
from infra.cli.exits import FAILURES
from infra.cli.output import print_json
from infra.cli.target import find_target, is_laptop
from infra.local import cloud
from infra.local.endpoints import CloudIsDown
from infra.local.home import Home, find_home

MOST_PARKED: Final = 1000
"""So many are counted; whoever has more knows what to do."""
CONFLICTS_OF: Final = timedelta(days=1)
MOST_CONFLICTS: Final = 500
LATE_REPORTS_S: Final = 30 * 60
"""Reports are built every five minutes; the alarm of a deployment has the same patience."""
LOG_TAIL_BYTES: Final = 65_536
DEAD: Final = "-dlq"

T = TypeVar("T")


def run_status(*, as_json: bool) -> None:
    """Gather and print.

    Raises:
        NoAnswer, ApiRefused: the environment names a deployment, and it does not answer or does not know the token.
    """
    from infra.cli.status_tables import show

    answer = gather(find_home()) if is_laptop() else gather_deployment()
    print_json(answer) if as_json else show(answer)


def gather(home: Home) -> dict[str, Any]:
    """Everything about a laptop cloud; little where it is down."""
    answer = cloud.status(home)
    answer |= {"up_since": None, "parked": None, "unknown": []}
    if answer["running"]:
        answer["up_since"] = _since(home.engine_pid)
        answer["functions"] = _functions(home, answer)
        answer["reports_built"] = last_build(_log_of(home, "build_reports"), time.time())
        answer |= _asked()
    answer["attention"] = list(attention(answer))
    return answer


def gather_deployment() -> dict[str, Any]:
    """Everything about a deployment that its API tells.

    Raises:
        NoAnswer, ApiRefused: it does not answer, or does not know the token.
    """
    target = find_target()
    call("GET", "/api/status")
    answer: dict[str, Any] = {"running": True, "deployment": target.api, **_asked()}
    try:
        answer["queues"] = {item["name"]: item for item in call("GET", "/api/queues")["items"]}
    except (ApiRefused, CloudIsDown) as error:
        answer["unknown"].append(f"queues cannot be asked: {_code_of(error)}")
    answer["attention"] = list(attention(answer))
    return answer


def _asked() -> dict[str, Any]:
    """What the API tells; what it does not tell is None and named in ``unknown``."""
    unknown: list[str] = []

    def ask(name: str, question: Callable[[], T]) -> T | None:
        try:
            return question()
        except (ApiRefused, CloudIsDown) as error:
            unknown.append(f"{name} cannot be asked: {_code_of(error)}")
            return None

    about = ask("API", lambda: call("GET", "/api/status"))
    now = (about or {}).get("time") or _iso(time.time())
    return {
        "time": (about or {}).get("time"),
        "policy_version": (about or {}).get("policy_version"),
        "people": ask("people", lambda: _people(call("GET", "/api/reports/kpis"))),
        "handovers": ask("hand-overs", lambda: call("GET", "/api/reports/handovers")["total"]),
        "sync": ask("synchronisation", lambda: call("GET", "/api/sync")["items"]),
        "conflicts": ask("conflicts", lambda: _conflicts(now)),
        "parked": ask("parked records", lambda: sum(1 for _ in _first(MOST_PARKED, all_items("/api/parked")))),
        "unknown": unknown,
    }


def _code_of(error: Exception) -> str:
    return str(getattr(error, "code", "")) or FAILURES[type(error).__name__].code


def _people(kpis: Mapping[str, Any]) -> dict[str, Any]:
    names = ("visitors", "leads", "companies", "mql", "sql", "opportunities", "customers")
    return {name: kpis[name] for name in names}


def _conflicts(now: str) -> int:
    """Verdicts of the last day."""
    since = (datetime.fromisoformat(now) - CONFLICTS_OF).isoformat()
    count = 0
    for item in _first(MOST_CONFLICTS, all_items("/api/sync/conflicts")):
        if datetime.fromisoformat(item["at"]) < datetime.fromisoformat(since):
            break
        count += 1
    return count


def _first(most: int, items: Iterator[T]) -> Iterator[T]:
    for _, item in zip(range(most), items, strict=False):
        yield item


def _functions(home: Home, answer: Mapping[str, Any]) -> dict[str, Any]:
    """How many functions are deployed, and how many processes of which are warm."""
    warm: dict[str, int] = {}
    for worker in answer["processes"]["workers"]:
        warm[worker["function"]] = warm.get(worker["function"], 0) + 1
    return {"deployed": len(cloud.read_deployment(home).functions), "warm": dict(sorted(warm.items()))}


def _since(process_file: Path) -> str | None:
    """When a process was started: its file is written then, and never again."""
    try:
        return _iso(process_file.stat().st_mtime)
    except OSError:
        return None


def _log_of(home: Home, function: str) -> Path | None:
    name = cloud.read_deployment(home).functions.get(function)
    return home.logs / "functions" / f"{name}.log" if name else None


def last_build(log: Path | None, now: float) -> dict[str, Any] | None:
    """When reports were built last and of how many leads, from what the function logged; None where it never was.

    Logs tell real time, so ``now`` is real too (seconds), however far the cloud's clock was moved.
    """
    try:
        with log.open("rb") if log else _nothing() as file:
            file.seek(max(0, file.seek(0, 2) - LOG_TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        if '"REPORTS.BUILT"' in line:
            try:
                told = json.loads(line)
                at = datetime.fromisoformat(str(told["timestamp"])).astimezone(UTC)
            except (ValueError, KeyError):
                continue
            counts = {name: told.get(name) for name in ("outcome", "leads", "facts")}
            return {"at": _iso(at.timestamp()), "age_s": max(0, round(now - at.timestamp())), **counts}
    return None


def _nothing() -> Any:
    raise FileNotFoundError


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def attention(answer: Mapping[str, Any]) -> Iterator[str]:
    """What somebody has to look at, one sentence each with the next step; nothing when all is well."""
    if not answer["running"]:
        return
    yield from _of_the_laptop(answer)
    yield from answer["unknown"]
    dead = {name: _held(depth) for name, depth in answer.get("queues", {}).items() if name.endswith(DEAD)}
    if sum(dead.values()):
        held = ", ".join(f"{count} in {name}" for name, count in sorted(dead.items()) if count)
        yield f"dead letters: {held}; the drain parks them within minutes, `leadspine parked list`"
    if answer["parked"]:
        yield f"{_counted(answer['parked'], 'record')} parked: `leadspine parked list`"
    for system in answer["sync"] or ():
        if system["status"] in ("refused", "behind", "paused"):
            why = f": {system['error']}" if system["error"] else ""
            yield f"{system['system']} is {system['status']}{why}; `leadspine sync status`"
    overdue = (answer["handovers"] or {}).get("overdue")
    if overdue:
        yield f"sales owes {_counted(overdue, 'overdue answer')}: `leadspine report handovers --by owner`"


def _of_the_laptop(answer: Mapping[str, Any]) -> Iterator[str]:
    if "processes" not in answer:
        return
    if not answer["processes"]["supervisor"]:
        yield "nobody watches the engine: `leadspine up` starts a supervisor"
    for name, site in answer["sites"].items():
        if site["process"] is None or site["records"] is None:
            yield f"{name} does not answer; the supervisor starts it again"
    built = answer.get("reports_built")
    if built and built["age_s"] > LATE_REPORTS_S:
        yield f"reports were built last at {built['at']}; they are complete, and slower"


def _held(depth: Mapping[str, int]) -> int:
    return int(depth["waiting"]) + int(depth["in_flight"])


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
