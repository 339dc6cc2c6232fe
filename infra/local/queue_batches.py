"""How AWS gathers messages of a queue for a function: batching windows, and batches of more than ten."""

# ruff: noqa: SLF001 - see infra.local.patches

import threading
import time
from typing import Any

from infra.local.ministack import concurrency, lambdas, sqs

Record = dict[str, Any]


def honour_batching_windows() -> None:
    """AWS gathers messages for MaximumBatchingWindowInSeconds or up to BatchSize; upstream takes at most 10 at once."""

    def receive(queue_url: str, batch_size: int) -> list[Record]:
        with sqs._queues_lock:
            queue = sqs._get_q(queue_url)
            sqs._expire_retained(queue)
            sqs._dlq_sweep(queue)
            window_s = _window_of(queue["attributes"]["QueueArn"])
            if queue["is_fifo"]:
                visibility_s = int(queue["attributes"].get("VisibilityTimeout", "30"))
                fifo: list[Record] = sqs._collect_msgs(queue, min(batch_size, 10), visibility_s)
                return fifo
            limit = batch_size if window_s else min(batch_size, 10)
            return take(queue, limit, window_s)

    sqs._receive_messages_for_esm = receive


def _window_of(queue_arn: str) -> int:
    windows = (
        mapping.get("MaximumBatchingWindowInSeconds") or 0
        for mapping in lambdas._esms._data.values()
        if mapping.get("EventSourceArn") == queue_arn
    )
    return int(next(windows, 0))


def take(queue: Record, limit: int, window_s: int) -> list[Record]:
    """Receive what is visible, up to a limit; nothing while a window is still open and the batch is not full."""
    now = time.time()
    batch: list[Record] = []
    for message in queue["messages"]:
        if message["visible_at"] <= now:
            batch.append(message)
            if len(batch) == limit:
                break
    if window_s and 0 < len(batch) < limit:
        wait_s = min(message["visible_at"] for message in batch) + window_s - now
        if wait_s > 0:
            _wake_in(wait_s)
            return []
    visible_at = now + int(queue["attributes"].get("VisibilityTimeout", "30"))
    for message in batch:
        message["receipt_handle"] = sqs.new_uuid()
        message["visible_at"] = visible_at
        message["receive_count"] += 1
        message["first_receive_at"] = message["first_receive_at"] or now
    return batch


_alarm: threading.Timer | None = None


def _wake_in(seconds: float) -> None:
    """Wake the poller when a window closes; it sleeps up to a second otherwise. One timer is enough."""
    global _alarm  # noqa: PLW0603
    if _alarm is None or not _alarm.is_alive():
        _alarm = threading.Timer(seconds, concurrency.esm_wake.set)
        _alarm.daemon = True
        _alarm.start()
