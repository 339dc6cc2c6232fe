"""SOQL as text: words, then a tree. Knows no objects; what the words mean is `soql`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from infra.local.simulators.salesforce.errors import SalesforceError

_WORDS = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_.]*(?::\d+)?)
    | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_FUNCTIONS = frozenset({"count", "count_distinct", "min", "max", "sum", "avg"})


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a condition: what kind of literal it was, and its text or value."""

    kind: Literal["string", "moment", "date", "number", "word"]
    value: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """Field, operator, literal; for IN a list of literals or a query; for INCLUDES lists of alternatives."""

    field: str
    operator: str
    value: "Value | tuple[Value, ...] | Query"


@dataclass(frozen=True, slots=True)
class Both:
    """AND or OR."""

    word: Literal["AND", "OR"]
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """NOT."""

    part: "Condition"


Condition = Comparison | Both | Not


@dataclass(frozen=True, slots=True)
class Selected:
    """One thing in the SELECT list: a field path, a function of one, or a query of children."""

    path: str = ""
    function: str = ""
    alias: str = ""
    children: "Query | None" = None


@dataclass(frozen=True, slots=True)
class Order:
    """One ORDER BY term."""

    path: str
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query."""

    selected: tuple[Selected, ...]
    source: str
    where: Condition | None = None
    grouped: tuple[str, ...] = ()
    ordered: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0


def malformed(message: str) -> SalesforceError:
    """The refusal of text that is no SOQL."""
    return SalesforceError("MALFORMED_QUERY", message)


def parse(text: str) -> Query:
    """The tree of a query.

    Raises:
        SalesforceError: MALFORMED_QUERY.
    """
    if len(text) > 100_000:
        raise malformed("SOQL statements cannot be longer than 100,000 characters.")
    parser = _Parser(_split(text))
    query = parser.query()
    parser.end()
    return query


def _split(text: str) -> list[tuple[str, str]]:
    words, position = [], 0
    whole = text.rstrip()
    while position < len(whole):
        found = _WORDS.match(whole, position)
        if found is None or found.lastgroup is None:
            raise malformed(f"unexpected character at position {position + 1}: {whole[position : position + 20]}")
        words.append((found.lastgroup, found[found.lastgroup]))
        position = found.end()
    return words


class _Parser:
    """Recursive descent; one method per construct."""

    def __init__(self, words: Sequence[tuple[str, str]]) -> None:
        self._words = [*words, ("end", "<EOF>")]
        self._at = 0
        self._depth = 0

    def _peek(self, *words: str) -> bool:
        return self._words[self._at][0] in ("name", "sign") and self._words[self._at][1].upper() in words

    def _take(self, *words: str) -> bool:
        if self._peek(*words):
            self._at += 1
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise malformed(f"expecting {word}, found: '{self._words[self._at][1]}'")

    def _kind(self, kind: str, what: str) -> str:
        if self._words[self._at][0] != kind:
            raise malformed(f"expecting {what}, found: '{self._words[self._at][1]}'")
        self._at += 1
        return self._words[self._at - 1][1]

    def _name(self) -> str:
        return self._kind("name", "a name")

    def _count(self) -> int:
        text = self._kind("number", "a number")
        if not text.isdigit():
            raise malformed(f"expecting a whole number, found: '{text}'")
        return int(text)

    def end(self) -> None:
        """Nothing may follow."""
        if self._words[self._at][0] != "end":
            raise malformed(f"unexpected token: '{self._words[self._at][1]}'")

    def query(self) -> Query:
        """SELECT … FROM … and everything after it."""
        self._need("SELECT")
        selected = [self._selected()]
        while self._take(","):
            selected.append(self._selected())
        self._need("FROM")
        source = self._name()
        where = self._joined() if self._take("WHERE") else None
        grouped = self._grouped()
        ordered = self._ordered()
        limit = self._count() if self._take("LIMIT") else None
        offset = self._count() if self._take("OFFSET") else 0
        if offset > 2000:
            raise SalesforceError("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        if self._take("ALL"):
            self._need("ROWS")
        return Query(tuple(selected), source, where, grouped, ordered, limit, offset)

    def _selected(self) -> Selected:
        if self._take("("):
            children = self.query()
            self._need(")")
            return Selected(children=children)
        path = self._name()
        function = ""
        if self._take("("):
            function, path = path.lower(), "" if self._peek(")") else self._name()
            self._need(")")
            if function not in _FUNCTIONS and function != "fields":
                raise malformed(f"unexpected function: {function}")
        alias = "" if self._peek("FROM", ",") or self._words[self._at][0] != "name" else self._name()
        return Selected(path=path, function=function, alias=alias)

    def _grouped(self) -> tuple[str, ...]:
        if not self._take("GROUP"):
            return ()
        self._need("BY")
        names = [self._name()]
        while self._take(","):
            names.append(self._name())
        return tuple(names)

    def _ordered(self) -> tuple[Order, ...]:
        if not self._take("ORDER"):
            return ()
        self._need("BY")
        orders = [self._order()]
        while self._take(","):
            orders.append(self._order())
        return tuple(orders)

    def _order(self) -> Order:
        path = self._name()
        descending = self._take("DESC")
        if not descending:
            self._take("ASC")
        last = False
        if self._take("NULLS"):
            last = self._take("LAST")
            if not last:
                self._need("FIRST")
        return Order(path, descending, last)

    def _joined(self) -> Condition:
        """Terms joined by one word. SOQL wants parentheses where AND and OR meet."""
        first = self._term()
        used: Literal["AND", "OR"] = "OR" if self._peek("OR") else "AND"
        parts = [first]
        while self._take(used):
            parts.append(self._term())
        if self._peek("AND", "OR"):
            raise malformed(f"unexpected token: '{self._words[self._at][1]}'")
        return parts[0] if len(parts) == 1 else Both(used, tuple(parts))

    def _term(self) -> Condition:
        self._depth += 1
        if self._depth > 100:
            raise malformed("too many nested conditions")
        try:
            if self._take("NOT"):
                return Not(self._term())
            if self._take("("):
                inner = self._joined()
                self._need(")")
                return inner
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Comparison:
        field = self._name()
        if self._take("NOT"):
            self._need("IN")
            return Comparison(field, "NOT IN", self._set())
        if self._take("IN"):
            return Comparison(field, "IN", self._set())
        for word in ("INCLUDES", "EXCLUDES", "LIKE"):
            if self._take(word):
                return Comparison(field, word, self._literal() if word == "LIKE" else self._set())
        sign = self._kind("sign", "an operator")
        if sign in "(),":
            raise malformed(f"unexpected token: '{sign}'")
        return Comparison(field, "!=" if sign == "<>" else sign, self._literal())

    def _set(self) -> "tuple[Value, ...] | Query":
        self._need("(")
        if self._peek("SELECT"):
            query = self.query()
            self._need(")")
            return query
        values = [self._literal()]
        while self._take(","):
            values.append(self._literal())
        self._need(")")
        return tuple(values)

    def _literal(self) -> Value:
        kind, text = self._words[self._at]
        self._at += 1
        if kind == "string":
            return Value("string", re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1], flags=re.DOTALL))
        if kind in ("moment", "date"):
            return Value("moment" if kind == "moment" else "date", text)
        if kind == "number":
            return Value("number", float(text))
        if kind == "name":
            return Value("word", text.upper())
        raise malformed(f"expecting a value, found: '{text}'")
