"""Brings the laptop cloud up and down: the steps behind `leadspine up`, `down` and `status`."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from infra.catalog import MAIL, STACK_NAME
from infra.local import control
from infra.local.clock import read_offset, write_offset
from infra.local.deploy import Aws, Deployment, deploy, template_digest
from infra.local.endpoints import CloudIsDown, Endpoints, read_endpoints, write_endpoints
from infra.local.home import Home, write_atomically
from infra.local.keyring import configured_sources, open_keyring, store
from infra.local.processes import exclusive, kill_group, read_pid, stop, wait_until
from infra.local.sites import PREFERRED_PORTS, all_answer, site_urls, sites_status, stop_sites
from infra.local.sites import START_TIMEOUT_S as SITES_TIMEOUT_S
from infra.local.supervisor import endpoints_at, start_supervisor, supervisor_of
from infra.local.synth import synthesise

START_TIMEOUT_S = 60
STOP_GRACE_S = 30
QUIET_TIMEOUT_S = 30
NEEDED_BYTES = 200_000_000

Say = Callable[[str], None]


class CannotStart(Exception):
    """The cloud cannot come up; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Up:
    """A running cloud. ``already`` is True when it ran before this command."""

    endpoints: Endpoints
    already: bool


def up(home: Home, *, fresh: bool = False, say: Say = lambda _: None, assembly: Path | None = None) -> Up:
    """Start the cloud, or find it running. ``assembly`` deploys another cloud assembly than the project's own.

    Raises:
        CannotStart: no disk space, or a process does not come up.
        SynthFailed, DeployFailed: the template is wrong.
        AlreadyLocked: another command is at it.
    """
    with exclusive(home.lock):
        if fresh:
            say("forgetting what was there")
            forget(home)
        elif _runs(home):
            return Up(endpoints=read_endpoints(home), already=True)
        home.prepare()
        _need_space(home)
        say("starting the engine")
        if supervisor_of(home) is None:
            start_supervisor(home)
        say("making the template")
        folder = assembly or synthesise()
        _await_engine(home)
        _await_sites(home)
        return Up(endpoints=_deploy(home, folder, say), already=False)


def _runs(home: Home) -> bool:
    """True when everything is up; a lone engine whose supervisor was killed needs a new one first."""
    return supervisor_of(home) is not None and control.answers(home) and home.endpoints.exists()


def _need_space(home: Home) -> None:
    free = shutil.disk_usage(home.root).free
    if free < NEEDED_BYTES:
        raise CannotStart(
            f"the disk of {home.root} is full: {free // 1_000_000} MB are free, "
            f"{NEEDED_BYTES // 1_000_000} MB are needed"
        )


def _await_engine(home: Home) -> None:
    def ready() -> bool:
        return supervisor_of(home) is not None and control.answers(home)

    if not wait_until(ready, timeout_s=START_TIMEOUT_S):
        raise CannotStart(f"the engine does not start; see {home.logs / 'engine.log'} and supervisor.log beside it")


def _await_sites(home: Home) -> None:
    """They started beside the engine, so they are usually there before it."""
    if not wait_until(lambda: all_answer(home), timeout_s=SITES_TIMEOUT_S):
        raise CannotStart(f"a simulator does not start; see {', '.join(PREFERRED_PORTS)}.log in {home.logs}")


def _deploy(home: Home, assembly: Path, say: Say) -> Endpoints:
    stack = STACK_NAME if (assembly / f"{STACK_NAME}.template.json").exists() else _only_stack(assembly)
    sources = configured_sources()
    keyring = open_keyring(home, sources)
    endpoints = endpoints_at(home, token=keyring.token)
    aws = Aws(endpoints.aws)
    if deployed_digest(home) != template_digest(assembly, stack):
        say("deploying the template")
        deployment = deploy(aws, assembly, stack)
        aws.verify_sender(MAIL.sender)
        write_atomically(home.deployed, json.dumps(asdict(deployment), indent=2))
    # Always: a simulator may have another port than last time.
    store(aws, read_deployment(home), keyring, site_urls(home))
    write_endpoints(home, endpoints)
    control.tell(home, "checkpoint")
    return endpoints


def _only_stack(assembly: Path) -> str:
    return next(assembly.glob("*.template.json")).name.removesuffix(".template.json")


def read_deployment(home: Home) -> Deployment:
    """What is deployed.

    Raises:
        CloudIsDown: nothing is.
    """
    try:
        return Deployment(**json.loads(home.deployed.read_text()))
    except (FileNotFoundError, ValueError, TypeError) as error:
        raise CloudIsDown(f"nothing is deployed in {home.root}; start it with: leadspine up") from error


def deployed_digest(home: Home) -> str | None:
    """What the deployed stack was made from; None when there is none."""
    try:
        return read_deployment(home).digest
    except CloudIsDown:
        return None


def down(home: Home) -> bool:
    """Stop everything and keep the state. False when nothing ran."""
    with exclusive(home.lock):
        return _stop(home)


def _stop(home: Home) -> bool:
    supervisor, engine = supervisor_of(home), read_pid(home.engine_pid)
    if supervisor is not None:
        stop(supervisor, grace_s=STOP_GRACE_S)
    if engine is not None and engine.alive:
        if stop(engine, grace_s=STOP_GRACE_S):
            (home.engine / "clean").touch()
        kill_group(engine.pid)
    stop_sites(home)
    for path in (home.supervisor_pid, home.engine_pid, home.endpoints):
        path.unlink(missing_ok=True)
    return supervisor is not None or engine is not None


def forget(home: Home) -> None:
    """Stop everything and remove all state: objects, tables, secrets, logs, the clock's offset."""
    _stop(home)
    if home.root.is_dir():
        for path in home.root.iterdir():
            if path == home.lock:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def status(home: Home) -> dict[str, Any]:
    """Processes, ports, queues, parked records, clock and checkpoint, as `leadspine status --json` prints them."""
    supervisor, engine = supervisor_of(home), read_pid(home.engine_pid)
    answer: dict[str, Any] = {"running": False, "home": str(home.root), "clock_offset_ms": read_offset(home.clock)}
    answer["processes"] = {
        "supervisor": supervisor.pid if supervisor else None,
        "engine": engine.pid if engine else None,
        "workers": [],
    }
    answer["sites"] = sites_status(home)
    try:
        told = control.tell(home, "status", timeout_s=10)
        answer["endpoints"] = {**asdict(read_endpoints(home)), "token": None}
    except (control.EngineSilent, CloudIsDown):
        return answer
    answer |= {"running": True, "now": told["now"], "ports": control.ports(home), "checkpoint": told["checkpoint"]}
    known = _catalog_names(home)
    answer["processes"]["workers"] = [
        {**w, "function": known.get(w["function"], w["function"])} for w in told["workers"]
    ]
    answer["queues"] = {known.get(name, name): depth for name, depth in told["queues"].items()}
    answer |= {name: told[name] for name in ("unread_stream_records", "invocations")}
    return answer


def _catalog_names(home: Home) -> dict[str, str]:
    """What people call the stack's functions and queues, by the names that CloudFormation gave them."""
    deployed = read_deployment(home)
    names = {physical: name for name, physical in deployed.functions.items()}
    for output, value in deployed.outputs.items():
        if output.endswith(("QueueUrl", "DlqUrl")):
            words = re.findall(r"[A-Z][a-z0-9]*", output.removesuffix("Url").removesuffix("Queue"))
            names[value.rpartition("/")[2]] = "-".join(words).lower()
    return names


def quiet(home: Home, *, timeout_s: float = QUIET_TIMEOUT_S) -> bool:
    """Wait until nothing moves: no function runs, every queue and stream that has a reader is empty.

    Batching windows are cut short. Calm has to be seen twice in a row, because between a queue and a function there is
    a moment in which work is in neither.
    """
    calm = 0

    def nothing_moves() -> bool:
        nonlocal calm
        told = control.tell(home, "flush")
        held = sum(depth["waiting"] + depth["in_flight"] for depth in told["queues"].values() if depth["readers"])
        calm = 0 if held or told["invocations"] or told["unread_stream_records"] else calm + 1
        return calm > 1

    return wait_until(nothing_moves, timeout_s=timeout_s, every_s=0.2)


def advance(home: Home, by_ms: int) -> int:
    """Move the whole cloud's time forward; returns the new offset.

    Waits for the queues to be empty first, so that nothing is decided half before and half after the jump. A schedule
    that was due several times during the jump runs once.

    Raises:
        CloudIsDown: there is no running cloud.
    """
    with exclusive(home.lock):
        read_endpoints(home)
        quiet(home)
        offset = read_offset(home.clock) + by_ms
        write_offset(home.clock, offset)
        control.tell(home, "clock")
        return offset
