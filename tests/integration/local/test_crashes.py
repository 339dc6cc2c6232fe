"""`kill -9` of any process at any time loses no accepted signal and doubles none."""

import json
import os
import random
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from infra.local import cloud, control
from tests.integration.local.conftest import Tiny, eventually


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def delivered_under(tiny: Tiny, attack: Callable[[], None], *, prefix: str, count: int, every: int) -> int:
    """Deliver signals, each repeated until it is answered 202, with attacks between; returns how many counted."""
    before = tiny.counted
    with ThreadPoolExecutor(4) as vendors:
        deliveries = [vendors.submit(tiny.deliver, {"id": f"{prefix}-{n}"}) for n in range(count)]
        for position, delivery in enumerate(deliveries):
            delivery.result()
            if position % every == every // 2:
                attack()
    assert eventually(lambda: cloud.status(tiny.home)["running"], timeout_s=30)
    assert eventually(lambda: tiny.counted - before >= count, timeout_s=60), f"{tiny.counted - before} of {count}"
    assert cloud.quiet(tiny.home, timeout_s=30)
    return tiny.counted - before


def test_the_engine_is_killed_again_and_again_under_load(tiny: Tiny) -> None:
    kills = []

    def kill_the_engine() -> None:
        assert eventually(lambda: cloud.status(tiny.home)["running"])
        kills.append(tiny.engine_pid())
        kill(kills[-1])

    counted = delivered_under(tiny, kill_the_engine, prefix="engine", count=200, every=50)

    assert len(set(kills)) == 4
    assert counted == 200


def test_workers_are_killed_again_and_again_under_load(tiny: Tiny) -> None:
    kills = []

    def kill_a_worker() -> None:
        # A worker may end by itself between being listed and being killed: another one is taken then.
        while True:
            assert eventually(lambda: tiny.worker_pids("door") or tiny.worker_pids("process"))
            pids = [*tiny.worker_pids("door"), *tiny.worker_pids("process")]
            try:
                kill(random.choice(pids))
            except IndexError:
                continue
            except ProcessLookupError:
                continue
            kills.append(len(pids))
            return

    counted = delivered_under(tiny, kill_a_worker, prefix="worker", count=200, every=20)

    assert len(kills) == 10
    assert counted == 200


def test_the_engine_runs_on_without_its_supervisor_and_the_next_up_brings_one(tiny: Tiny) -> None:
    engine = tiny.engine_pid()
    kill(cloud.status(tiny.home)["processes"]["supervisor"])

    assert tiny.post({"id": "no-supervisor"}) == 202

    cloud.up(tiny.home, assembly=tiny.assembly)
    assert cloud.status(tiny.home)["processes"]["supervisor"]
    assert tiny.engine_pid() == engine


def test_everything_is_killed_at_once_and_up_brings_it_all_back(tiny: Tiny) -> None:
    tiny.deliver({"id": "before-the-end"})
    tiny.put("KEPT#1", note={"S": "written a moment before"})
    tiny.client("sqs").send_message(QueueUrl=tiny.outputs["DeadQueueUrl"], MessageBody="waiting for a person")
    processes = cloud.status(tiny.home)["processes"]

    kill(processes["supervisor"])
    kill(processes["engine"])
    cloud.up(tiny.home, assembly=tiny.assembly)

    assert (tiny.item("KEPT#1") or {})["note"] == {"S": "written a moment before"}
    assert "waiting for a person" in tiny.drained("DeadQueueUrl")
    assert eventually(lambda: tiny.item("SIGNAL#before-the-end") is not None)


def test_what_was_archived_but_never_queued_is_queued_after_a_crash(tiny: Tiny) -> None:
    now = control.tell(tiny.home, "status")["now"]
    about = {"method": "POST", "path": "/in/json", "source": "json", "query": {}, "headers": {}, "received_at": now}
    tiny.client("s3").put_object(
        Bucket=tiny.outputs["RawBucketName"],
        Key=f"requests/{now:013d}-between-two-calls",
        Body=json.dumps(about) + '\n{"id": "between-two-calls"}',
    )

    kill(tiny.engine_pid())

    assert eventually(lambda: cloud.status(tiny.home)["running"])
    assert eventually(lambda: tiny.item("SIGNAL#between-two-calls") is not None)
