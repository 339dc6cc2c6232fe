"""From the SQL of the reports (DuckDB) to Athena's (Trino), where the two differ in more than spelling.

sqlglot knows the spelling. Here is what it cannot know or gets wrong: parameters, rows of nested lists, which columns
are lists, whole division, medians. Tests run what comes out, translated back, and compare it with the reports.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from sqlglot import exp, parse_one
from sqlglot.optimizer.simplify import simplify

from infra.athena.tables import DATABASE, PERSONS, TABLES

_GIVEN: Final = "SELECT CAST(? AS DATE) AS first_day, CAST(? AS DATE) AS last_day"
"""The two parameters of every query about a period, in this order, both included."""
_PARAMETERS: Final = {
    "start": "(SELECT date_diff('day', DATE '1970-01-01', first_day) * 86400000 FROM given)",
    "stop": "(SELECT (date_diff('day', DATE '1970-01-01', last_day) + 1) * 86400000 FROM given)",
    "first_day": "(SELECT CAST(first_day AS VARCHAR) FROM given)",
    "last_day": "(SELECT CAST(last_day AS VARCHAR) FROM given)",
    "now": "CAST(to_unixtime(now()) * 1000 AS BIGINT)",
}
_ABSENT: Final = frozenset({"text", "instant", "limit"})
"""Parameters of pages and searches: a named query answers everything."""
_LISTS: Final = {name: kind for name, kind in PERSONS.types().items() if kind.startswith("array<")}
_TABLE_OF: Final = {"person": PERSONS.name}
_EPOCH: Final = "TIMESTAMP '1970-01-01 00:00:00.000'"


def to_athena(query: str) -> str:
    """A query of the reports in Athena's SQL, over the tables of infra/athena/tables.py.

    ``$start`` and ``$stop`` (instants), ``$first_day`` and ``$last_day`` (text) become two parameters of the query: its
    first and last day.

    Raises:
        KeyError: the query has a parameter that has no meaning here.
    """
    tree = parse_one(query, read="duckdb")
    needs_period = any(node.name in _PARAMETERS and node.name != "now" for node in tree.find_all(exp.Placeholder))
    for select in list(tree.find_all(exp.Select)):
        _without_pages(select)
        _with_rows_of_lists(select)
    _make_portable(tree)
    if needs_period:
        _add_period(tree)
    return tree.sql(dialect="athena", pretty=True)


def schema() -> dict[str, object]:
    """Tables, columns and types, as sqlglot wants them."""
    return {DATABASE: {t.name: {name: data_type(kind) for name, kind in t.types().items()} for t in TABLES}}


@cache
def data_type(kind: str) -> exp.DataType:
    """A type of Glue."""
    return exp.DataType.build(kind, dialect="hive")


def _without_pages(select: exp.Select) -> None:
    """Leave out the limit, and conditions that hold when their parameter is absent."""
    limit, having = select.args.get("limit"), select.args.get("having")
    if limit and limit.find(exp.Placeholder):
        limit.pop()
    if having:
        for node in list(having.find_all(exp.Placeholder)):
            if node.name in _ABSENT:
                parent = node.parent
                node.replace(exp.null())
                if isinstance(parent, exp.Is):
                    parent.replace(exp.true())
        if simplify(having.this.copy(), dialect="duckdb").sql() == "TRUE":
            having.pop()


def _with_rows_of_lists(select: exp.Select) -> None:
    """``SELECT unnest(list)`` as a join with the list's elements; fields of a structure are columns by themselves."""
    for projection in list(select.expressions):
        explode = projection.unalias()
        if not isinstance(explode, exp.Explode):
            continue
        found = explode.this
        (element,) = data_type(_LISTS[found.name]).expressions
        if element.is_type(exp.DType.STRUCT):
            fields = [field.name for field in element.expressions]
            columns: list[exp.Expr] = [exp.column(field, table="item") for field in fields]
        else:
            fields = ["element"]
            columns = [exp.alias_(exp.column("element", table="item"), projection.alias)]
        alias = exp.TableAlias(this=exp.to_identifier("item"), columns=[exp.to_identifier(field) for field in fields])
        select.append("joins", exp.Join(this=exp.Unnest(expressions=[found.copy()], alias=alias), kind="CROSS"))
        kept = [column for other in select.expressions for column in (columns if other is projection else [other])]
        select.set("expressions", kept)


def _make_portable(tree: exp.Expr) -> None:
    # The innermost first, so that what contains them takes them as they have become.
    nodes: list[exp.Expr] = list(tree.find_all(*_REWRITES))
    for node in reversed(nodes):
        rewritten = _REWRITES[type(node)](node)
        if rewritten is not node:
            node.replace(rewritten)


def _parameter(node: exp.Expr) -> exp.Expr:
    return _athena(_PARAMETERS[node.name]) if node.name else node


def _table(node: exp.Expr) -> exp.Expr:
    if node.name in _TABLE_OF:
        node.this.set("this", _TABLE_OF[node.name])
        node.set("alias", node.args.get("alias") or exp.TableAlias(this=exp.to_identifier("person")))
    return node


def _with_query(node: exp.Expr) -> exp.Expr:
    node.set("materialized", None)
    return node


def _length(node: exp.Expr) -> exp.Expr:
    return exp.ArraySize(this=node.this) if node.this.name in _LISTS else node


def _median(node: exp.Expr) -> exp.Expr:
    return exp.ApproxQuantile(this=node.this, quantile=exp.Literal.number("0.5"))


def _whole_division(node: exp.Expr) -> exp.Expr:
    """Athena divides integers as integers, as long as nobody makes them fractions."""
    return exp.Div(this=node.this, expression=node.expression, typed=True, safe=False)


def _time(node: exp.Expr) -> exp.Expr:
    """Milliseconds as a timestamp of no time zone, whatever that of the session."""
    return exp.TimestampAdd(this=_athena(_EPOCH), expression=node.this.copy(), unit=exp.var("MILLISECOND"))


def _difference(node: exp.Expr) -> exp.Expr:
    """Milliseconds apart: there is nothing finer to be cut off before counting."""
    if node.text("unit").upper() == "MILLISECOND":
        node.set("date_part_boundary", None)
    return node


def _of_the_greatest(node: exp.Expr) -> exp.Expr:
    """``max(struct_pack(a := x, b := y)).b`` as ``max_by(y, row(x, y))``: a row has no named fields of its own."""
    greatest = node.this
    if not (isinstance(greatest, exp.Max) and isinstance(greatest.this, exp.Struct)):
        return node
    fields = {field.this.name: field.expression for field in greatest.this.expressions}
    row = exp.Struct(expressions=[value.copy() for value in fields.values()])
    return exp.ArgMax(this=fields[node.expression.name].copy(), expression=row)


_REWRITES: Final[Mapping[type, Callable[[exp.Expr], exp.Expr]]] = {
    exp.Placeholder: _parameter,
    exp.Table: _table,
    exp.CTE: _with_query,
    exp.Length: _length,
    exp.Median: _median,
    exp.IntDiv: _whole_division,
    exp.UnixToTime: _time,
    exp.DateDiff: _difference,
    exp.Dot: _of_the_greatest,
}


def _add_period(tree: exp.Expr) -> None:
    given = exp.CTE(this=_athena(_GIVEN), alias=exp.TableAlias(this=exp.to_identifier("given")))
    known = tree.args.get("with_")
    tree.set("with_", exp.With(expressions=[given, *(known.expressions if known else [])]))


def _athena(text: str) -> exp.Expr:
    return parse_one(text, read="athena")
