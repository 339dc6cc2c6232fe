"""How AWS works through a batch of stream records: partial failures, bisection, attempts, on-failure record."""

# ruff: noqa: SLF001 - see infra.local.patches

import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from infra.local.ministack import lambdas

Record = dict[str, Any]


class StreamInvoker:
    """Invokes a function with a batch of stream records the way AWS does, until every record is done or given up."""

    def __init__(self, invoke: Callable[[Record, Record], Record]) -> None:
        self._invoke = invoke

    def __call__(self, function: Record, event: Record) -> Record:
        """Invoke as often as it takes; the answer is that of a function that succeeded."""
        records = event.get("Records") or []
        mapping = self._mapping(function, records)
        if mapping is None:
            return self._invoke(function, event)
        given = mapping.get("MaximumRetryAttempts")
        attempts = -1 if given is None else int(given)
        work = deque([(records, 0)])
        last: Record = {"body": None}
        while work:
            batch, tries = work.popleft()
            last = self._invoke(function, {"Records": batch})
            rest = self._unprocessed(mapping, batch, last)
            if rest:
                self._again(work, mapping, function, rest, tries, attempts, last)
        return {"body": None, "log": last.get("log", "")}

    @staticmethod
    def _mapping(function: Record, records: list[Record]) -> Record | None:
        if not records or records[0].get("eventSource") != "aws:dynamodb":
            return None
        stream = records[0].get("eventSourceARN")
        name = (function.get("config") or function).get("FunctionName")
        for mapping in lambdas._esms._data.values():
            if mapping.get("EventSourceArn") == stream and mapping.get("FunctionName") == name:
                return dict(mapping)
        return None

    @staticmethod
    def _unprocessed(mapping: Record, batch: list[Record], result: Record) -> list[Record]:
        """What has to run again: everything after an error, everything from the lowest failed item on otherwise."""
        if result.get("error"):
            return batch
        if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []):
            return []
        body = result.get("body")
        answer = json.loads(body) if isinstance(body, str) and body else body
        failures = (answer or {}).get("batchItemFailures") or []
        failed = {failure.get("itemIdentifier") for failure in failures}
        first = next((n for n, r in enumerate(batch) if r["dynamodb"]["SequenceNumber"] in failed), None)
        if first is None:
            return batch if failed else []
        return batch[first:]

    @staticmethod
    def _again(
        work: deque[tuple[list[Record], int]], mapping: Record, function: Record, rest: list[Record], tries: int,
        attempts: int, result: Record,
    ) -> None:  # fmt: skip
        if 0 <= attempts <= tries:
            stream = rest[0]["eventSourceARN"]
            lambdas._send_ddb_stream_failure_record(mapping, function, rest, stream, result, "RetryAttemptsExhausted")
            return
        time.sleep(min(0.2 * 2**tries, 5))
        if mapping.get("BisectBatchOnFunctionError") and len(rest) > 1:
            # Splitting does not use up attempts.
            half = len(rest) // 2
            work.extendleft([(rest[half:], tries), (rest[:half], tries)])
        else:
            work.appendleft((rest, tries + 1))
