"""Sends one bundle: people by id or by our id, and beside them the tasks of those who are handed over."""

from collections.abc import Sequence
from typing import Any, Final

from shared.connectors.salesforce.bodies import TASK_KEY, Bodies, Entry, task_row
from shared.connectors.salesforce.client import Client, Part
from shared.connectors.salesforce.errors import CallRefused
from shared.ports.sync import RemoteUnavailable

BUNDLE: Final = 200
"""Rows of a collections call. Source: REST guide, sObject Collections."""

_WHOLE: Final = "composite/sobjects"
_TASKS: Final = f"{_WHOLE}/Task/{TASK_KEY}"


class Sender:
    """Sends. Both methods return Salesforce's row per entry, with the row of its task under ``task``.

    They raise CallRefused when the bundle as a whole was refused, and what Client.call raises.
    """

    def __init__(self, client: Client, bodies: Bodies) -> None:
        self._client = client
        self._bodies = bodies

    def update(self, entries: Sequence[Entry]) -> list[Any]:
        """Update records by their ids."""
        rows = [self._bodies.updated(entry) for entry in entries]
        return self._send(Part("PATCH", _WHOLE, {"allOrNone": False, "records": rows}), entries)

    def upsert(self, entries: Sequence[Entry]) -> list[Any]:
        """Create leads, or update those that have our id already."""
        rows = [self._bodies.upserted(entry) for entry in entries]
        path = f"{_WHOLE}/Lead/{self._bodies.key}"
        return self._send(Part("PATCH", path, {"allOrNone": False, "records": rows}), entries)

    def _send(self, people: Part, entries: Sequence[Entry]) -> list[Any]:
        """People, and in the same call the tasks of those who are handed over."""
        handed_over = [number for number, entry in enumerate(entries) if entry.write.task]
        if not handed_over:
            return _rows(self._client.call(people.method, people.path, people.body).body, len(entries))
        tasks = _tasks_part(entries, {number: f"@{{p0[{number}].id}}" for number in handed_over})
        results, _ = self._client.composite([people, tasks])
        if results[0].refusal:
            raise CallRefused(results[0].status, results[0].refusal)
        rows = _rows(results[0].body, len(entries))
        good = {number: str(rows[number].get("id")) for number in handed_over if rows[number].get("success") is True}
        if results[1].refusal is None and len(good) == len(handed_over):
            return _with_tasks(rows, handed_over, _rows(results[1].body, len(handed_over)))
        if not good:
            return rows
        # A person was refused, and with it the reference to its id: the tasks of the others go by themselves.
        known = [number for number in handed_over if number in good]
        part = _tasks_part(entries, {number: good[number] for number in known})
        try:
            answer = self._client.call(part.method, part.path, part.body)
        except CallRefused as refused:
            failed = {"success": False, "errors": [{"statusCode": refused.error.code}]}
            return _with_tasks(rows, known, [failed] * len(known))
        return _with_tasks(rows, known, _rows(answer.body, len(known)))


def _tasks_part(entries: Sequence[Entry], who: dict[int, str]) -> Part:
    rows = []
    for number, person in who.items():
        task = entries[number].write.task
        if task:
            rows.append(task_row(task, who_id=person, owner_id=entries[number].owner_id))
    return Part("PATCH", _TASKS, {"allOrNone": False, "records": rows})


def _with_tasks(rows: list[Any], numbers: Sequence[int], tasks: Sequence[Any]) -> list[Any]:
    """Rows of people that also say what became of their task."""
    known = dict(zip(numbers, tasks, strict=True))
    return [{**row, "task": known[number]} if number in known else row for number, row in enumerate(rows)]


def _rows(body: Any, count: int) -> list[Any]:
    if not isinstance(body, list) or len(body) != count:
        raise RemoteUnavailable("an answer to a bundle has another number of rows")
    return body


def bundles_of(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Bundles without a record twice in one of them: Salesforce refuses both then."""
    found: list[list[Entry]] = []
    members: list[set[str]] = []
    for entry in entries:
        name = entry.write.remote_id or entry.write.external_id
        for bundle, known in zip(found, members, strict=True):
            if len(bundle) < BUNDLE and name not in known:
                bundle.append(entry)
                known.add(name)
                break
        else:
            found.append([entry])
            members.append({name})
    return found
