"""What became of a row of a bundle: done, done without some fields, once more, later, or refused for good."""

from dataclasses import replace
from typing import Any, Final

from shared.connectors.salesforce.bodies import Entry
from shared.connectors.salesforce.errors import DROP, LATER, LOCKED, TAKEN, Refusal, refusal_of, told
from shared.domain.sync.model import CREATED, REJECTED, RETRY_LATER, UPDATED, WriteOutcome

TASK_REFUSED: Final = "SALESFORCE.TASK_REFUSED"
"""The person was written, the task beside it was not and will not be."""

_TRIES: Final = 5
"""How often a row that is locked is sent; and at most so many kinds of refused fields are left out of one row."""


def once_more(entry: Entry, error: Refusal) -> Entry:
    """The row as it is sent again."""
    if error.meaning in (DROP, TAKEN):
        entry = entry.without(error.refused_fields, error.code)
    return replace(entry, tries=entry.tries + 1)


def given_up(entry: Entry, error: Refusal) -> WriteOutcome | None:
    """The outcome of a refused row, or None when it is worth another try."""
    if error.meaning == LOCKED:
        return None if entry.tries < _TRIES - 1 else later(entry, error.code)
    if error.meaning == LATER:
        return later(entry, error.code)
    if error.meaning in (DROP, TAKEN) and entry.tries < _TRIES - 1:
        lighter = entry.without(error.refused_fields, error.code)
        if lighter.values and len(lighter.values) < len(entry.values):
            return None
    return rejected(entry, error)


def done(entry: Entry, row: dict[str, Any]) -> WriteOutcome:
    """The outcome of a good row. What became of its task is in ``row["task"]``; a task is worth a repetition."""
    status = CREATED if row.get("created") is True else UPDATED
    task = row.get("task")
    code, message = entry.code, ""
    if isinstance(task, dict) and task.get("success") is not True:
        error = refusal_of(task)
        if error.meaning in (LOCKED, LATER):
            return later(entry, error.code, str(row.get("id")))
        code, message = TASK_REFUSED, f"{error.code}: {told(error)}"
    return WriteOutcome(status, str(row.get("id")), entry.write.object, code, message, entry.left_out)


def later(entry: Entry, code: str, remote_id: str | None = None) -> WriteOutcome:
    """The next run tries again."""
    return WriteOutcome(RETRY_LATER, remote_id or entry.write.remote_id, entry.write.object, code)


def rejected(entry: Entry, error: Refusal) -> WriteOutcome:
    """Refused for good, with the fields it is about."""
    fields = tuple(dict.fromkeys((*entry.left_out, *error.refused_fields)))
    return WriteOutcome(REJECTED, entry.write.remote_id, entry.write.object, error.code, told_of(entry, error), fields)


def told_of(entry: Entry, error: Refusal) -> str:
    """The message of an error without the values of the row."""
    task = entry.write.task
    return told(error, (*entry.write.values.values(), *([task.subject, task.description] if task else ())))
