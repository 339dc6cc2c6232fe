"""What a SOQL query means: which records, in which order, with which columns."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from infra.local.simulators.salesforce.errors import SalesforceError
from infra.local.simulators.salesforce.fields import Field
from infra.local.simulators.salesforce.org import Org
from infra.local.simulators.salesforce.schema import OBJECTS, SObject
from infra.local.simulators.salesforce.soql_columns import Columns
from infra.local.simulators.salesforce.soql_conditions import (
    Read,
    Test,
    compare,
    folded,
    in_days,
    like_pattern,
    literal_of,
)
from infra.local.simulators.salesforce.soql_dates import day_range
from infra.local.simulators.salesforce.soql_text import (
    Both,
    Comparison,
    Condition,
    Not,
    Order,
    Query,
    Selected,
    Value,
    malformed,
    parse,
)
from infra.local.simulators.store import Row

_AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {
    "count": len,
    "count_distinct": lambda values: len(set(values)),
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "sum": lambda values: sum(values) if values else None,
    "avg": lambda values: sum(values) / len(values) if values else None,
}


class Soql:
    """Runs queries over an org for one API version."""

    def __init__(self, org: Org, version: str, *, deleted: bool = False) -> None:
        """`deleted`: as queryAll, with what is in the recycle bin."""
        self._org = org
        self._columns = Columns(org, version)
        self._deleted = deleted

    def run(self, text: str) -> tuple[int, list[dict[str, Any]]]:
        """The size and the records of an answer.

        Raises:
            SalesforceError: the query cannot be parsed, or names what is not there.
        """
        query = parse(text)
        item = self._source(query.source)
        rows = self._matching(query, item)
        if _is_bare_count(query):
            return len(rows), []
        if query.grouped or any(one.function and one.function != "fields" for one in query.selected):
            groups = self._aggregate(query, item, rows)
            return len(groups), groups
        render = self._renderer(query, item)
        return len(rows), [render(row) for row in rows]

    def columns(self, text: str) -> list[str]:
        """Paths of the SELECT list, as the header of a CSV has them."""
        query = parse(text)
        item = self._source(query.source)
        chosen = [one.path for one in self._spread(query, item)]
        for path in chosen:
            self._columns.reader(item, path)
        return chosen

    def source(self, text: str) -> str:
        """The name of the object a query reads."""
        return self._source(parse(text).source).name

    def _source(self, name: str) -> SObject:
        try:
            return self._org.find_object(name)
        except SalesforceError as error:
            raise SalesforceError(
                "INVALID_TYPE",
                f"\nFROM {name}\n     ^\nERROR at Row:1:Column:1\nsObject type '{name}' is not supported. If you are "
                "attempting to use a custom object, be sure to append the '__c' after the entity name.",
            ) from error

    def _matching(self, query: Query, item: SObject, among: Iterable[Row] | None = None) -> list[Row]:
        test = self._condition(query.where, item) if query.where else None
        source = self._org.seen_by_queries(item) if among is None else among
        rows = [row for row in source if (self._deleted or not row["IsDeleted"]) and (test is None or test(row))]
        if not query.grouped:
            self._sort(rows, query.ordered, item)
            rows = rows[query.offset :]
            rows = rows if query.limit is None else rows[: query.limit]
        return rows

    def _sort(self, rows: list[Row], orders: Iterable[Order], item: SObject) -> None:
        for order in reversed(tuple(orders)):
            read, _ = self._columns.reader(item, order.path)
            present = [row for row in rows if read(row) is not None]
            missing = [row for row in rows if read(row) is None]
            present.sort(key=lambda row, of=read: _sortable(of(row)), reverse=order.descending)  # type: ignore[misc]
            rows[:] = [*present, *missing] if order.nulls_last else [*missing, *present]

    # Columns.

    def _spread(self, query: Query, item: SObject) -> list[Selected]:
        """The SELECT list with FIELDS(ALL) written out."""
        chosen: list[Selected] = []
        for one in query.selected:
            if one.function != "fields":
                chosen.append(one)
                continue
            if query.limit is None or query.limit > 200:
                raise malformed("The SOQL FIELDS function must have a LIMIT of at most 200")
            wanted = {"ALL": (True, False), "STANDARD": (False,), "CUSTOM": (True,)}.get(one.path.upper(), ())
            fields = self._org.fields(item).values()
            chosen += [Selected(path=field.name) for field in fields if field.custom in wanted]
        return chosen

    def _renderer(self, query: Query, item: SObject) -> Callable[[Row], dict[str, Any]]:
        writers = []
        for one in self._spread(query, item):
            if one.children is not None:
                writers.append(self._children(one.children, item))
            else:
                writers.append(self._column(item, one.path))

        def render(row: Row) -> dict[str, Any]:
            record: dict[str, Any] = {"attributes": self._columns.attributes(item, row)}
            for write in writers:
                write(record, row)
            return record

        return render

    def _column(self, item: SObject, path: str) -> Callable[[dict[str, Any], Row], None]:
        head, _, rest = path.partition(".")
        if rest and head.lower() == item.name.lower():
            return self._column(item, rest)
        if not rest:
            field = self._columns.field(item, head, path)
            return lambda record, row: record.update({field.name: row.get(field.name)})
        link = self._columns.relation(item, head)
        writers = {name: self._column(OBJECTS[name], rest) for name in self._columns.targets(link, rest)}

        def write(record: dict[str, Any], row: Row) -> None:
            target = self._columns.follow(row, link)
            if target is None or target[0].name not in writers:
                record.setdefault(str(link.relation), None)
                return
            inner = record.get(str(link.relation)) or {"attributes": self._columns.attributes(*target)}
            writers[target[0].name](inner, target[1])
            record[str(link.relation)] = inner

        return write

    def _children(self, query: Query, item: SObject) -> Callable[[dict[str, Any], Row], None]:
        found = [child for child in item.children if child[2].lower() == query.source.lower()]
        if not found:
            raise SalesforceError("INVALID_TYPE", f"Didn't understand relationship '{query.source}' in FROM part")
        child, column, relation = found[0]
        target = OBJECTS[child]
        render = self._renderer(query, target)

        def write(record: dict[str, Any], row: Row) -> None:
            own = [other for other in self._org.seen_by_queries(target) if other[column] == row["Id"]]
            rows = self._matching(query, target, own)
            records = [render(other) for other in rows]
            record[relation] = {"totalSize": len(records), "done": True, "records": records} if records else None

        return write

    def _aggregate(self, query: Query, item: SObject, rows: list[Row]) -> list[dict[str, Any]]:
        keys = [self._columns.reader(item, path)[0] for path in query.grouped]
        groups: dict[tuple[Any, ...], list[Row]] = {} if keys else {(): rows}
        for row in rows if keys else ():
            groups.setdefault(tuple(read(row) for read in keys), []).append(row)
        answers = [self._group(query, item, found) for found in groups.values()]
        return answers if query.limit is None else answers[: query.limit]

    def _group(self, query: Query, item: SObject, rows: list[Row]) -> dict[str, Any]:
        record: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
        unnamed = 0
        for one in query.selected:
            if not one.function:
                if one.path.lower() not in {path.lower() for path in query.grouped}:
                    raise malformed(f"Field must be grouped or aggregated: {one.path}")
                read, field = self._columns.reader(item, one.path)
                record[one.alias or field.name] = read(rows[0])
                continue
            values = [self._columns.reader(item, one.path)[0](row) for row in rows] if one.path else list(rows)
            name = one.alias or f"expr{unnamed}"
            unnamed += 0 if one.alias else 1
            record[name] = _AGGREGATES[one.function]([value for value in values if value is not None])
        return record

    # Conditions.

    def _condition(self, condition: Condition, item: SObject) -> Test:
        if isinstance(condition, Not):
            inner = self._condition(condition.part, item)
            return lambda row: not inner(row)
        if isinstance(condition, Both):
            parts = [self._condition(part, item) for part in condition.parts]
            every = condition.word == "AND"
            return lambda row: all(part(row) for part in parts) if every else any(part(row) for part in parts)
        return self._comparison(condition, item)

    def _comparison(self, condition: Comparison, item: SObject) -> Test:
        read, field = self._columns.reader(item, condition.field)
        if field.type == "textarea" and field.length > 255:
            raise SalesforceError("INVALID_FIELD", f"field '{field.name}' can not be filtered in a query call")
        operator, value = condition.operator, condition.value
        if operator in ("IN", "NOT IN"):
            wanted = self._members(field, value)
            return lambda row: (folded(read(row)) in wanted) == (operator == "IN")
        if operator in ("INCLUDES", "EXCLUDES"):
            return self._includes(read, value, included=operator == "INCLUDES")
        if not isinstance(value, Value):
            raise malformed(f"a list needs IN, found {operator}")
        if operator == "LIKE":
            pattern = like_pattern(str(value.value))
            return lambda row: pattern.fullmatch(str(read(row) or "")) is not None
        if value.kind == "word" and value.value not in ("NULL", "TRUE", "FALSE"):
            return in_days(read, field, operator, day_range(value.value, self._org.now))
        return compare(read, operator, literal_of(field, value))

    def _members(self, field: Field, value: Any) -> set[Any]:
        if isinstance(value, Query):
            item = self._source(value.source)
            if len(value.selected) != 1 or not value.selected[0].path:
                raise malformed("a semi-join selects one field")
            read, _ = self._columns.reader(item, value.selected[0].path)
            inner = replace(value, ordered=())
            return {folded(read(row)) for row in self._matching(inner, item) if read(row) is not None}
        return {folded(literal_of(field, one)) for one in value}

    def _includes(self, read: Read, value: Any, *, included: bool) -> Test:
        choices = [set(str(one.value).lower().split(";")) for one in value]

        def test(row: Row) -> bool:
            own = set(str(read(row) or "").lower().split(";"))
            return any(choice <= own for choice in choices) == included

        return test


def _is_bare_count(query: Query) -> bool:
    return len(query.selected) == 1 and query.selected[0].function == "count" and not query.selected[0].path


def _sortable(value: Any) -> Any:
    return value.lower() if isinstance(value, str) and len(value) != 18 else value
