"""Turns validated conditions into Python functions, once per rule version.

Source is generated from the condition tree only: names are numbered by this module and every value of a rule is bound
as a constant (``K3``), so nothing a person wrote in a policy ever becomes code.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from shared.domain.scoring.condition import (
    All,
    Always,
    Any_,
    Compare,
    Condition,
    Not,
    Record,
    number,
    phrase_pattern,
)

T = TypeVar("T")
Matcher = Callable[[Record], tuple[int, ...]]
"""The positions of the conditions that hold for a record, in order."""

_NUMERIC: Final = frozenset({int, float})
_ORDER: Final = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


class _Source:
    """Collects constants, and each field a condition reads so that it is looked up once per call."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {"NUMERIC": _NUMERIC, "EMPTY": {}, "NAN": number(None), "number": number}
        self._fields: dict[tuple[str, str], str] = {}
        self._sections: dict[str, str] = {}
        self.prologue: list[str] = []

    def constant(self, value: Any) -> str:
        name = f"K{len(self.constants)}"
        self.constants[name] = value
        return name

    def field(self, path: str, form: str = "v") -> str:
        """The local variable with a field's value; form ``n`` is a number or NaN, ``l`` is lower-cased text or ''."""
        if (path, form) in self._fields:
            return self._fields[path, form]
        name = f"{form}{len(self._fields)}"
        if form == "v":
            section, _, key = path.partition(".")
            source = f"{self._section(section)}({self.constant(key)})" if key else f"r.get({self.constant(section)})"
        else:
            raw = self.field(path)
            name = f"{form}{len(self._fields)}"
            if form == "n":
                source = f"NAN if {raw} is None else {raw} if type({raw}) in NUMERIC else number({raw})"
            else:
                source = f"{raw}.lower() if type({raw}) is str else ''"
        self._fields[path, form] = name
        self.prologue.append(f" {name} = {source}")
        return name

    def _section(self, section: str) -> str:
        """The local variable with the look-up of a section's keys."""
        if section not in self._sections:
            name = self._sections[section] = f"s{len(self._sections)}"
            self.prologue.append(f" {name} = (r.get({self.constant(section)}) or EMPTY).get")
        return self._sections[section]


def _compare(source: _Source, c: Compare) -> str:
    if c.op in _ORDER:
        return f"{source.field(c.field, 'n')} {_ORDER[c.op]} {source.constant(c.value)}"
    if c.op in ("eq", "ne"):
        return f"{source.field(c.field)} {'==' if c.op == 'eq' else '!='} {source.constant(c.value)}"
    if c.op in ("in", "not_in"):
        return f"{source.field(c.field)} {c.op.replace('_', ' ')} {source.constant(tuple(c.value))}"
    if c.op in ("exists", "missing"):
        absent = f"({source.field(c.field)} is None or {source.field(c.field)} == '')"
        return absent if c.op == "missing" else f"not {absent}"
    text = source.field(c.field, "l")
    if c.op == "contains":
        return f"{source.constant(str(c.value).lower())} in {text}"
    if c.op == "starts_with":
        return f"{text}.startswith({source.constant(str(c.value).lower())})"
    if c.op == "ends_with":
        return f"{text}.endswith({source.constant(str(c.value).lower())})"
    if c.op == "mentions_any":
        search = phrase_pattern(tuple(c.value)).search
        found = f"{source.constant(search)}({text}) is not None"
        # Most records lack most fields, and asking first costs a tenth of searching nothing.
        return found if search("") else f"({text} and {found})"
    needles = [f"{source.constant(str(v).lower())} in {text}" for v in c.value]
    return "(" + " or ".join(needles or ["False"]) + ")"


def _expression(source: _Source, condition: Condition) -> str:
    if isinstance(condition, Always):
        return "True"
    if isinstance(condition, Not):
        return f"not ({_expression(source, condition.item)})"
    if isinstance(condition, All | Any_):
        word, empty = (" and ", "True") if isinstance(condition, All) else (" or ", "False")
        return "(" + (word.join(_expression(source, i) for i in condition.items) or empty) + ")"
    return _compare(source, condition)


def compile_conditions(conditions: Iterable[tuple[T, Condition]]) -> Callable[[Record], tuple[T, ...]]:
    """One function that tells which of these conditions hold; each is given with what it answers to."""
    source = _Source()
    tests = [
        f" if {_expression(source, condition)}: hit({source.constant(answer)})" for answer, condition in conditions
    ]
    if not tests:
        return lambda _record: ()
    lines = ["def match(r):", *source.prologue, " out = []", " hit = out.append", *tests, " return tuple(out)"]
    namespace: dict[str, Any] = {"__builtins__": {"tuple": tuple, "str": str, "type": type}, **source.constants}
    exec(compile("\n".join(lines), "<conditions>", "exec"), namespace)  # noqa: S102 - generated above, see docstring
    matcher: Callable[[Record], tuple[T, ...]] = namespace["match"]
    return matcher
