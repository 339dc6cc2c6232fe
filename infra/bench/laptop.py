"""How much the laptop cloud takes in and decides on, through its public doors, on this machine with everything else.

Not a promise about AWS, where every message has a Lambda of its own; it shows that the whole path works and how long a
demo takes. By the clock on the wall, because many processes work together.
"""

import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

from infra.bench.installation import page
from infra.bench.laptop_lag import measure_lag
from infra.bench.results import Figure, Result, spread
from infra.bench.timing import Effort
from infra.bench.world import PATHS
from infra.local import cloud
from infra.local.endpoints import Endpoints
from infra.local.home import Home
from infra.local.keyring import configured_sources, open_keyring

CLIENTS: Final = 4
ROUNDS: Final = 5
LAG_RUNS: Final = 5
EVENTS_PER_BATCH: Final = 10
VISITORS: Final = 50
DRAINED_WITHIN_S: Final = 90
TIMEOUT_S: Final = 20
_POLL_S: Final = 0.25

Post = Callable[[requests.Session, int], int]
"""(session, number) → events accepted."""


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of traffic."""

    name: str
    post: Post


class NotDrained(Exception):
    """What was accepted was not decided on in time."""


def run(effort: Effort) -> Result:
    """Measure, or say why the cloud cannot be measured."""
    title = "End to end on the laptop cloud"
    with tempfile.TemporaryDirectory(prefix="leadspine-bench-") as folder:
        home = Home(Path(folder) / "home")
        try:
            started = time.monotonic()
            endpoints = cloud.up(home).endpoints
            up_s = time.monotonic() - started
            size = 40 if effort.quick else 200
            figures = measure(home, endpoints, rounds=2 if effort.quick else ROUNDS, size=size)
            secret = open_keyring(home, configured_sources()).sources["json"]
            lags, remarks = measure_lag(home, endpoints, secret, runs=1 if effort.quick else LAG_RUNS)
        except (
            Exception
        ) as error:  # whatever keeps the cloud down is the answer of this bench, not the end of the others
            return Result(name="laptop", title=title, failure=f"{type(error).__name__}: {error}")
        finally:
            cloud.down(home)
    start = Figure(name="start to usable", value=up_s, unit="s")
    return Result(
        name="laptop",
        title=title,
        figures=[start, *figures, *lags],
        notes=[
            f"{CLIENTS} clients at once, by the clock; clients, doors, processor and engine share the machine",
            "processed: until the queue is empty; its batching window of a second is part of it",
            "lag: from the door's answer, while nothing else happens; the writers' batching windows (20 s, 1 s for "
            "hand-overs) are part of it",
            *remarks,
        ],
    )


def measure(home: Home, endpoints: Endpoints, *, rounds: int, size: int) -> list[Figure]:
    """Post ``size`` requests of each kind per round, waiting for the queue after each kind."""
    keys = open_keyring(home, configured_sources()).sources
    loads = (
        Load(f"POST /v1/batch, {EVENTS_PER_BATCH} page views each", _batches(endpoints, keys["segment"])),
        Load("POST /in/json, one form each", _forms(endpoints, keys["json"])),
    )
    for load in loads:
        _send(load, CLIENTS)
    _wait_for_queue(home)
    rates: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for load in loads:
            start = time.monotonic()
            events = _send(load, size)
            rates[f"{load.name}: accepted"].append(events / (time.monotonic() - start))
            _wait_for_queue(home)
            rates[f"{load.name}: processed"].append(events / (time.monotonic() - start))
    return [spread(name, values, "events/s") for name, values in rates.items()]


def _send(load: Load, size: int) -> int:
    """Post from several clients; returns events accepted."""
    numbers = iter(range(size))
    lock, counts, errors = threading.Lock(), [0] * CLIENTS, list[Exception]()

    def client(position: int) -> None:
        with requests.Session() as session:
            while not errors:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                try:
                    counts[position] += load.post(session, number)
                except requests.RequestException as error:
                    errors.append(error)

    threads = [threading.Thread(target=client, args=(position,)) for position in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return sum(counts)


def _batches(endpoints: Endpoints, write_key: str) -> Post:
    def post(session: requests.Session, number: int) -> int:
        visitor = f"visitor-{number % VISITORS}"
        views = [page(visitor, PATHS[(number + n) % len(PATHS)]) for n in range(EVENTS_PER_BATCH)]
        batch = [{**view, "messageId": f"m-{time.monotonic_ns()}-{number}-{n}"} for n, view in enumerate(views)]
        answer = session.post(
            f"{endpoints.api}/v1/batch", json={"writeKey": write_key, "batch": batch}, timeout=TIMEOUT_S
        )
        answer.raise_for_status()
        return EVENTS_PER_BATCH

    return post


def _forms(endpoints: Endpoints, secret: str) -> Post:
    def post(session: requests.Session, number: int) -> int:
        form = {
            "id": f"form-{time.monotonic_ns()}-{number}",
            "email": f"person-{number}@acme-industries.com",
            "name": "Anna Nowak",
            "title": "Head of Operations",
            "form_id": "demo",
            "consents": {"processing": True},
        }
        headers = {"authorization": f"Bearer {secret}"}
        session.post(f"{endpoints.api}/in/json", json=form, headers=headers, timeout=TIMEOUT_S).raise_for_status()
        return 1

    return post


def _wait_for_queue(home: Home) -> None:
    """Until the queue of signals is empty and nothing of it is in flight, twice in a row."""
    deadline, empty = time.monotonic() + DRAINED_WITHIN_S, 0
    while empty < 2:
        if time.monotonic() > deadline:
            raise NotDrained(f"signals still wait {DRAINED_WITHIN_S} s after the last request")
        depth = cloud.status(home)["queues"]["signals"]
        empty = 0 if depth["waiting"] + depth["in_flight"] else empty + 1
        time.sleep(_POLL_S)
