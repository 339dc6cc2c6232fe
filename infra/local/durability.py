"""Makes the engine's state survive `kill -9`: a journal of every table and queue change between consistent checkpoints.

Upstream saves on a clean stop only. Here every DynamoDB write and every SQS message is journaled *before* it is
acknowledged, and a checkpoint is a consistent cut: it is taken in one step on the event loop, where all table writes
run, while the locks of the queue and stream pollers are held. A restart loads the newest complete checkpoint and
repeats the journals after it, so no acknowledged write is ever rolled back. S3 objects are on disk by themselves.

    requests ──► journal-7 ──► tables, queues        cut: journal-8 begins, states are serialised, loop goes on
                                                     then: checkpoint-8 is written and renamed, journal-7 is removed
"""

# ruff: noqa: SLF001 - the engine has no public interface for what is done here

import contextlib
import json
import logging
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from infra.local.journal import Journal, read_journal
from infra.local.journaled_queue import JournaledQueue
from infra.local.ministack import app, dynamodb, lambdas, persistence, responses, sqs
from infra.local.stream_records import forget_read_records, kept_records, restore_records

logger = logging.getLogger("leadspine.durability")

_TABLE_READS = ("Get", "BatchGet", "TransactGet", "Query", "Scan", "Describe", "List")
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[tuple[Any, ...]]]


class Durability:
    """Checkpoints and journals of one engine, numbered by generation."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.generation = self._newest_checkpoint()
        self.taken_at = 0.0
        self.last_pause_s = 0.0
        self.replayed = 0
        self.control_changes = 0
        self._writing = threading.Lock()
        self.journal = Journal(self._journal_path(self._newest_journal()))

    def _checkpoint_path(self, generation: int) -> Path:
        return self._root / f"checkpoint-{generation}"

    def _journal_path(self, generation: int) -> Path:
        return self._root / f"journal-{generation}.jsonl"

    def _newest_checkpoint(self) -> int:
        numbers = (path.name.partition("-")[2] for path in self._root.glob("checkpoint-*"))
        return max((int(number) for number in numbers if number.isdigit()), default=0)

    def _newest_journal(self) -> int:
        numbers = (path.stem.partition("-")[2] for path in self._root.glob("journal-*.jsonl"))
        return max((int(number) for number in numbers), default=self.generation)

    def install(self) -> None:
        """Take over loading and saving from the engine, and journal what it is asked to change."""
        app._load_persisted_state = self.restore
        app.save_all = lambda _: self._last_checkpoint()
        # Code that only the previous checkpoint refers to is needed until the next one is complete.
        lambdas._prune_orphan_code_blobs = lambda _: None
        app.SERVICE_HANDLERS.update({name: self._journaled(name, h) for name, h in app.SERVICE_HANDLERS.items()})

    def _journaled(self, service: str, handler: Handler) -> Handler:
        async def journaled(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
        ) -> tuple[Any, ...]:
            action = headers.get("x-amz-target", "").rpartition(".")[2]
            if service == "dynamodb":
                # No await between the journal and the handler: their order is the same.
                self._journal_table_write(action, body)
            elif _changes_settings(service, method, path, action):
                self.control_changes += 1
            return await handler(method, path, headers, body, query)

        return journaled

    def _journal_table_write(self, action: str, body: bytes) -> None:
        if action and not action.startswith(_TABLE_READS):
            scope = {"a": responses.get_account_id(), "r": responses.get_region()}
            self.journal.append({"k": "d", **scope, "t": action, "b": body.decode()})

    def adopt_queues(self) -> None:
        """Journal the messages of queues that were created or restored since the last call."""
        for key, queue in list(sqs._queues._data.items()):
            if not isinstance(queue, JournaledQueue):
                sqs._queues._data[key] = JournaledQueue(queue, self.journal)

    def expire(self, account: str, region: str, table: str, keys: list[list[str]]) -> None:
        """Delete items whose time to live has passed; journaled, because later conditions may rely on it."""
        self.journal.append({"k": "x", "a": account, "r": region, "t": table, "i": keys})
        _expire(account, region, table, keys)

    def checkpoint(self) -> None:
        """Take a checkpoint and wait until it is complete. Call it on the event loop or before anything runs."""
        self._write(*self.cut())

    def _last_checkpoint(self) -> None:
        if self.journal.path.exists():  # else the whole home was removed, and nobody wants it back
            self.checkpoint()

    def start_checkpoint(self) -> None:
        """Take a checkpoint; the loop waits for the cut only, a thread writes the files."""
        if not self._writing.locked():
            threading.Thread(target=self._write, args=self.cut(), name="leadspine-checkpoint", daemon=True).start()

    def cut(self) -> tuple[int, dict[str, bytes]]:
        """Serialise every service at one instant and start the next journal."""
        started = time.perf_counter()
        # The locks in the order in which the pollers take them.
        with sqs._queues_lock, lambdas._dynamodb_stream_positions_lock, self.journal.lock:
            self.adopt_queues()
            forget_read_records()
            states = {name: _serialise(name, state) for name, state in _states()}
            generation = max(self.generation, self._newest_journal()) + 1
            self.journal.rotate(self._journal_path(generation))
        self.control_changes = 0
        self.last_pause_s = time.perf_counter() - started
        return generation, states

    def _write(self, generation: int, states: dict[str, bytes]) -> None:
        with self._writing:
            scratch = self._root / f"writing-{generation}"
            try:
                scratch.mkdir(exist_ok=True)
                for name, data in states.items():
                    (scratch / f"{name}.json").write_bytes(data)
                scratch.rename(self._checkpoint_path(generation))
            except OSError:
                # The journals since the previous checkpoint are complete, so nothing is lost: try again later.
                logger.exception("no checkpoint")
                shutil.rmtree(scratch, ignore_errors=True)
                return
            self.generation, self.taken_at = generation, time.time()
            self._forget_before(generation)

    def _forget_before(self, generation: int) -> None:
        for path in (*self._root.glob("checkpoint-*"), *self._root.glob("writing-*")):
            if int(path.name.partition("-")[2]) < generation:
                shutil.rmtree(path, ignore_errors=True)
        for path in self._root.glob("journal-*.jsonl"):
            if int(path.stem.partition("-")[2]) < generation:
                path.unlink(missing_ok=True)

    def restore(self) -> None:
        """Load the newest checkpoint and repeat what the journals hold beyond it."""
        folder = self._checkpoint_path(self.generation)
        if folder.exists():
            self.taken_at = folder.stat().st_mtime
            persistence.STATE_DIR = str(folder)
            with _pollers_held():
                _LOAD_PERSISTED_STATE()
                restore_records(json.loads((folder / "streams.json").read_text())["payload"])
                self.adopt_queues()
                self._repeat()
                _release_messages()
        self.checkpoint()

    def _repeat(self) -> None:
        journals = {int(path.stem.partition("-")[2]): path for path in self._root.glob("journal-*.jsonl")}
        for _, path in sorted(item for item in journals.items() if item[0] >= self.generation):
            for record in read_journal(path):
                _apply(record)
                self.replayed += 1


_LOAD_PERSISTED_STATE = app._load_persisted_state


@contextlib.contextmanager
def _pollers_held() -> Iterator[None]:
    """Keep event sources from invoking functions before all state is back."""
    start, lambdas._ensure_poller = lambdas._ensure_poller, lambda: None
    try:
        yield
    finally:
        lambdas._ensure_poller = start
        if lambdas._esms.has_any():
            start()


def _changes_settings(service: str, method: str, path: str, action: str) -> bool:
    """True for requests whose effect only the next checkpoint makes durable (secrets, users, mail …)."""
    if service in {"sqs", "s3", "events", "logs", "monitoring", "sts", "apigateway"} or path.endswith("/invocations"):
        return False
    if service == "kms":
        return action.startswith(("Create", "Update", "Put", "Schedule", "Enable", "Disable", "Delete"))
    return not action.startswith(("Get", "List", "Describe", "BatchGet")) if action else method != "GET"


def _states() -> Iterator[tuple[str, Any]]:
    for name, get_state in app._build_persistence_save_dict().items():
        # Copying every item would take longer than writing it: tables and queues are serialised as they are.
        state = _table_state() if name == "dynamodb" else _queue_state() if name == "sqs" else get_state()
        if state is not None:
            yield name, state
    yield "streams", kept_records()


def _serialise(name: str, state: Any) -> bytes:
    wrapped = {"__ministack_format__": persistence._state_format_version(name), "payload": state}
    return json.dumps(wrapped, default=persistence._json_default).encode()


def _table_state() -> dict[str, Any]:
    tables = responses.AccountRegionScopedDict()
    for scope, table in dynamodb._tables.all_items():
        tables._data[scope] = {key: value for key, value in table.items() if key != dynamodb._INDEX_MEMBERS}
    stores = ("tags", "ttl_settings", "pitr_settings", "kinesis_destinations", "contributor_insights", "backups",
              "resource_policies", "exports", "imports")  # fmt: skip
    return {"tables": tables, **{name: getattr(dynamodb, f"_{name}") for name in stores}}


def _queue_state() -> dict[str, Any]:
    return {"queues": sqs._queues, "queue_name_to_url": sqs._queue_name_to_url}


def _apply(record: dict[str, Any]) -> None:
    kind = record["k"]
    if kind == "d":
        _repeat_table_write(record)
    elif kind == "x":
        _expire(record["a"], record["r"], record["t"], record["i"])
    else:
        queue = next((q for q in sqs._queues._data.values() if q["attributes"]["QueueArn"] == record["q"]), None)
        if queue is not None:
            _repeat_message(queue, record)


def _repeat_table_write(record: dict[str, Any]) -> None:
    responses.set_request_account_id(record["a"])
    responses.set_request_region(record["r"])
    headers = {"x-amz-target": f"DynamoDB_20120810.{record['t']}"}
    # The handler never waits, so one step runs it to its end, without an event loop.
    step = dynamodb.handle_request("POST", "/", headers, record["b"].encode(), {})
    with contextlib.suppress(StopIteration):
        step.send(None)


def _repeat_message(queue: dict[str, Any], record: dict[str, Any]) -> None:
    messages = queue["messages"]
    if record["k"] == "+":
        list.append(messages, record["m"])
    else:
        gone = set(record["i"])
        messages[:] = [message for message in messages if message["id"] not in gone]


def _release_messages() -> None:
    """Whoever had received these messages died with the engine: they are as good as never received."""
    for queue in sqs._queues._data.values():
        for message in queue["messages"]:
            if message["receive_count"] > 0:
                message.update(receive_count=0, visible_at=0.0, receipt_handle=None, first_receive_at=None)


def _expire(account: str, region: str, table_name: str, keys: list[list[str]]) -> None:
    table = dynamodb._tables.get_scoped(account, region, table_name)
    if table is not None:
        for partition, sort in keys:
            dynamodb._remove_item(table, partition, sort)
