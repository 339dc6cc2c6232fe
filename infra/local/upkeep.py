"""What the passing and the moving of time does to tables, queues and streams of the engine."""

# ruff: noqa: SLF001 - see infra.local.patches

import time

from infra.local.ministack import concurrency, dynamodb, sqs


def expired_items(now: float) -> list[tuple[str, str, str, list[list[str]]]]:
    """Items whose time to live is over: (account, region, table, keys). Upstream's own reaper is not started."""
    found = []
    for (account, region, table_name), setting in dynamodb._ttl_settings.all_items():
        table = dynamodb._tables.get_scoped(account, region, table_name)
        if table is None or setting.get("TimeToLiveStatus") != "ENABLED":
            continue
        attribute = setting["AttributeName"]
        keys = [
            [partition, sort]
            for partition, rows in table["items"].items()
            for sort, item in rows.items()
            if attribute in item and 0 < float(item[attribute].get("N", 0)) <= now
        ]
        if keys:
            found.append((account, region, table_name, keys))
    return found


def close_batching_windows() -> None:
    """Let readers take at once what waits in their queues: nobody wants to wait for a window on a laptop."""
    now = time.time()
    with sqs._queues_lock:
        for queue in sqs._queues._data.values():
            for message in queue["messages"]:
                if message["visible_at"] <= now:
                    message["visible_at"] = 0.0
    concurrency.esm_wake.set()


def keep_waiting_work_young(seconds: float) -> None:
    """A jump of the clock must not expire what waits in queues and streams: it ages with the jump."""
    with sqs._queues_lock:
        for queue in sqs._queues._data.values():
            for message in queue["messages"]:
                message["sent_at"] += seconds
    for records in dynamodb._stream_records._data.values():
        for record in records:
            record["dynamodb"]["ApproximateCreationDateTime"] += int(seconds)
