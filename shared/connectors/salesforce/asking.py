"""Runs queries, five to a call, and goes on without the columns and objects that our user may not see."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from shared.connectors.salesforce.client import QUERIES_PER_CALL, Client, Part
from shared.connectors.salesforce.errors import CallRefused, Refusal
from shared.connectors.salesforce.queries import ROLES, Select
from shared.domain.instant import HOUR, Instant
from shared.ports.clock import Clock
from shared.ports.sync import RemoteRefused, RemoteUnavailable

Row = dict[str, Any]
_MOST_ROUNDS: Final = 40
"""Columns that one question may lose, one per round; more are a sign that something else is wrong."""
_HIDDEN_FOR_MS: Final = HOUR
"""After that a lost column is asked for again: rights come back."""
_GONE_OBJECT: Final = frozenset({"INVALID_TYPE", "NOT_FOUND"})


class Found(NamedTuple):
    """A page of rows. ``done``: there are no more; ``more_path``: else where the rest is, for two days at most."""

    rows: list[Row]
    done: bool
    more_path: str
    began_at: Instant
    server_at: Instant


class Asker:
    """Asks, and remembers what is hidden."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._hidden: dict[tuple[str, str], Instant] = {}

    def hidden(self) -> tuple[str, ...]:
        """What queries had to go without: ``Lead.Title``, or an object alone."""
        return tuple(sorted(f"{source}.{column}".rstrip(".") for source, column in self._hidden))

    def forget(self) -> None:
        """Ask for everything again."""
        self._hidden.clear()

    def ask(self, selects: Sequence[Select]) -> list[Found | None]:
        """One page of each query, in order; None where our user may not see the object, or what the query needs.

        Raises:
            RemoteUnavailable: a query timed out, or the server failed at it.
            RemoteRefused: SALESFORCE.QUERY_REFUSED.
        """
        found: dict[int, Found | None] = {}
        for _ in range(_MOST_ROUNDS):
            waiting = [n for n, one in enumerate(selects) if n not in found and self.sees(one.source, one.needs)]
            if not waiting:
                return [found.get(number) for number in range(len(selects))]
            for start in range(0, len(waiting), QUERIES_PER_CALL):
                self._round(waiting[start : start + QUERIES_PER_CALL], selects, found)
        raise RemoteRefused("SALESFORCE.QUERY_REFUSED", "Too many of the mapped fields are hidden from the sync user.")

    def ask_all(self, selects: Sequence[Select]) -> list[list[Row]]:
        """All rows of each query; of a hidden object none."""
        return [self._everything(page) if page else [] for page in self.ask(selects)]

    def complete(self, row: Row) -> Row:
        """An opportunity with all its contact roles, when they did not fit into its page."""
        roles = row.get(ROLES)
        if not isinstance(roles, dict) or roles.get("done", True):
            return row
        page = _page(roles, 0, 0)
        return {**row, ROLES: {"done": True, "records": self._everything(page)}}

    def _everything(self, page: Found) -> list[Row]:
        rows = list(page.rows)
        while not page.done:
            try:
                answer = self._client.call("GET", page.more_path)
            except CallRefused as refused:  # the cursor died: the caller asks again from the beginning
                raise RemoteUnavailable(f"query cursor: {refused.error.code}") from refused
            page = _page(answer.body, answer.began_at, answer.server_at)
            rows += page.rows
        return rows

    def _round(self, numbers: Sequence[int], selects: Sequence[Select], found: dict[int, Found | None]) -> None:
        hidden = {number: self._hidden_of(selects[number]) for number in numbers}
        parts = [Part("GET", selects[number].path(hidden[number])) for number in numbers]
        results, answer = self._client.composite(parts)
        for number, result in zip(numbers, results, strict=True):
            refusal = result.refusal
            if refusal is None:
                found[number] = _page(result.body, answer.began_at, answer.server_at)
            elif not self._learned(selects[number], refusal, hidden[number]):
                found[number] = None

    def _learned(self, select: Select, refusal: Refusal, left_out: frozenset[str]) -> bool:
        """Note what is hidden; False: the object itself is.

        Raises:
            RemoteUnavailable: a matter of time.
            RemoteRefused: a query that cannot be helped.
        """
        now = self._clock.now()
        if refusal.code == "INVALID_FIELD" or ROLES in refusal.message:
            lost = select.lost_columns(refusal.column, refusal.message) - left_out
            self._hidden |= {(select.source, column): now for column in lost}
            if lost:
                return True
        elif refusal.code in _GONE_OBJECT:
            self._hidden[select.source, ""] = now
            return False
        elif refusal.meaning == "later":
            raise RemoteUnavailable(f"query: {refusal.code}")
        raise RemoteRefused("SALESFORCE.QUERY_REFUSED", f"{select.source}: {refusal.code}")

    def sees(self, source: str, column: str = "") -> bool:
        """Whether our user can read an object, and a column of it, as far as we have learnt."""
        return not self._is_hidden(source, "") and not (column and self._is_hidden(source, column.lower()))

    def _hidden_of(self, select: Select) -> frozenset[str]:
        return frozenset(column for source, column in list(self._hidden) if self._is_hidden(source, column)
                         and source == select.source and column)  # fmt: skip

    def _is_hidden(self, source: str, column: str) -> bool:
        since = self._hidden.get((source, column))
        if since is not None and self._clock.now() - since > _HIDDEN_FOR_MS:
            del self._hidden[source, column]
            return False
        return since is not None


def _page(body: Any, began_at: Instant, server_at: Instant) -> Found:
    rows = body.get("records") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RemoteUnavailable("an answer to a query holds no records")
    done, more = body.get("done") is True, str(body.get("nextRecordsUrl") or "")
    if not done and not more:
        raise RemoteUnavailable("an unfinished answer does not say where it continues")
    return Found(rows, done, more, began_at, server_at)
