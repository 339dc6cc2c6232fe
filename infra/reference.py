"""Reference docs as Markdown, from schemas and tables. Writes no files and knows no contract; see schemas.py."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel
from typer.core import TyperArgument, TyperOption

from infra.catalog_types import Route
from infra.cli.exits import MEANINGS, codes
from infra.cli.helping import examples_of, words_of
from infra.cli.target import TOKEN_VARIABLE, URL_VARIABLE
from infra.cli.tree import all_commands
from shared.policies.condition_checks import GRADES
from shared.policies.sections import ENGAGEMENT_FIELDS, FIT_FIELDS, LIFECYCLE_FIELDS, SYNC_FIELDS, valid_fields

Schema = Mapping[str, Any]

_OPERATORS: Final = {
    "eq": "equals; case matters",
    "ne": "does not equal; holds for a missing field",
    "in": "is one of the list; case matters",
    "not_in": "is none of the list; holds for a missing field",
    "gt": "is a greater number; text that is a number counts as one",
    "ge": "is a greater or the same number",
    "lt": "is a smaller number",
    "le": "is a smaller or the same number",
    "contains": "contains the text",
    "starts_with": "starts with the text",
    "ends_with": "ends with the text",
    "matches_any": "contains any text of the list",
    "mentions_any": "contains any of the list as whole words; `manag*` lets the word go on",
    "exists": "is there and not empty",
    "missing": "is not there or empty",
}


def events(catalog: Mapping[str, Any], models: Sequence[type[BaseModel]], notice: str) -> str:
    """docs/reference/events.md."""
    lines = [*_head("Events", notice), "## Facts", ""]
    lines += [
        f"Published on the bus `{catalog['bus']}` with source `{catalog['source']}` and the name as detail type,",
        "at least once. The bus may reorder: order by `lead_version`, recognise repetitions by `event_id`. Facts",
        "identify nobody.",
        "",
        *_table(("fact", "version", "what happened", "consumers"), _fact_rows(catalog)),
    ]
    for model in models:
        schema = model.model_json_schema()
        data = schema["$defs"][schema["properties"]["data"]["$ref"].rpartition("/")[2]]
        lines += [
            "",
            f"### {model.__name__}",
            "",
            _words(schema),
            "",
            *_table(("`data`", "type", ""), _property_rows(data)),
        ]
    lines += ["", "## Signals", "", "What comes in. Schema: `events/schemas/Signal`.", ""]
    lines += _table(("kind", "what happened"), ((f"`{kind}`", words) for kind, words in catalog["signals"].items()))
    return _text(lines)


def policies(files: Mapping[str, type[BaseModel]], notice: str) -> str:
    """docs/reference/policies.md."""
    lines = [*_head("Policies", notice)]
    lines += [
        "Rules are data in `shared/policies/rules`. `leadspine policy check [DIR] [--json]` names file, line and field",
        "",
    ]
    lines[-2] += " of everything that is wrong; the header of each file gives editors its schema."
    for name, model in files.items():
        schema = model.model_json_schema(by_alias=True)
        lines += [f"## {name}", "", _words(schema), ""]
        lines += [*_table(("field", "type", ""), _property_rows(schema)), ""]
        for title, definition in schema.get("$defs", {}).items():
            if "properties" in definition:
                heading = title.removesuffix("Model")
                lines += [
                    f"### {heading}",
                    "",
                    _words(definition),
                    "",
                    *_table(("field", "type", ""), _property_rows(definition)),
                    "",
                ]
    lines += [
        "## Conditions",
        "",
        "A condition is `field`, `op` and `value`, or one of `all`, `any` (lists) and `not`.",
        "",
    ]
    lines += [*_table(("operator", "the field …"), ((f"`{op}`", words) for op, words in _OPERATORS.items())), ""]
    places = (
        ("a fit rule", FIT_FIELDS),
        ("an engagement rule", ENGAGEMENT_FIELDS),
        ("a stage's guard", LIFECYCLE_FIELDS),
        ("`sync.yaml`", SYNC_FIELDS),
    )
    rows = ((place, ", ".join(f"`{field}`" for field in valid_fields(sections))) for place, sections in places)
    lines += [*_table(("condition of", "may read"), rows), "", f"Grades: {', '.join(sorted(GRADES))}."]
    return _text(lines)


def cli(notice: str) -> str:
    """docs/reference/cli.md, from the command line itself."""
    lines = [*_head("Command line", notice), *_endings()]
    for path, command in all_commands():
        lines += [f"## {path}", "", words_of(command.help), ""]
        lines += ["```sh", *examples_of(command.help), "```", ""] if examples_of(command.help) else []
        rows = [row for parameter in command.params if (row := _parameter_row(parameter))]
        lines += [*_table(("argument or option", "meaning"), rows), ""] if rows else []
    return _text(lines)


def api(schema: Schema, routes: Sequence[Route], notice: str) -> str:
    """docs/reference/api.md: the doors and the shapes; the paths below /api are in /api/openapi.json."""
    lines = [*_head("HTTP", notice), "## Routes", ""]
    rows = ((f"`{r.key}`", f"`{r.function}`", "yes" if r.auth else "no", f"{r.rate_per_s}/s") for r in routes)
    lines += [*_table(("route", "function", "login", "throttled at"), rows), ""]
    lines += [
        "`/api/openapi.json` describes every path below `/api`. Errors are RFC 9457 `application/problem+json`.",
        "",
    ]
    lines += ["## Shapes", ""]
    for title, definition in sorted(schema["$defs"].items()):
        lines += [
            f"### {title}",
            "",
            _words(definition),
            "",
            *_table(("field", "type", ""), _property_rows(definition)),
            "",
        ]
    return _text(lines)


def _endings() -> list[str]:
    """What holds for every command: how it ends, what it says then, whose API it asks."""
    return [
        "Every command has `--json`. A failure is one line on standard error: what is wrong, what to do next, and a",
        "stable code in brackets, which is the API's own where the API refused.",
        "",
        *_table(("exit status", "meaning"), ((f"`{status.value}`", words) for status, words in MEANINGS.items())),
        "",
        *_table(("code", "exit status"), ((f"`{code}`", f"`{status.value}`") for code, status in codes())),
        "",
        f"`{URL_VARIABLE}` (a base URL) and `{TOKEN_VARIABLE}` make every command that asks the API ask a deployment",
        "instead of the laptop cloud; commands that work on the laptop cloud only then refuse with `CLI.BAD_TARGET`.",
        "",
    ]


def _parameter_row(parameter: object) -> tuple[str, str] | None:
    if not isinstance(parameter, TyperArgument | TyperOption) or parameter.hidden:
        return None
    is_argument = isinstance(parameter, TyperArgument)
    names = [*parameter.opts, *parameter.secondary_opts]
    name = str(parameter.name).upper() if is_argument else ", ".join(names)
    return f"`{name}`", parameter.help or ""


def _fact_rows(catalog: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, entry in catalog["facts"].items():
        consumers = ", ".join(f"`{consumer}`" for consumer in entry["consumers"])
        yield f"[{name}](#{name.lower()})", entry["version"], entry["summary"], consumers or "–"


def _property_rows(schema: Schema) -> Iterator[tuple[str, ...]]:
    required = schema.get("required", ())
    for name, value in schema.get("properties", {}).items():
        default = f" Default: `{value['default']}`." if value.get("default") not in (None, [], {}, "") else ""
        words = value.get("description", "") + default + ("" if name in required else " Optional.")
        yield f"`{name}`", _type(value), words.strip()


def _type(value: Schema) -> str:
    if "$ref" in value:
        return str(value["$ref"]).rpartition("/")[2].removesuffix("Model")
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return " \\| ".join(f"`{word}`" for word in value["enum"])
    for union in ("anyOf", "oneOf"):
        if union in value:
            return " \\| ".join(dict.fromkeys(_type(part) for part in value[union]))
    if value.get("type") == "array":
        return f"list of {_type(value.get('items', {}))}"
    if value.get("type") == "object" and isinstance(value.get("additionalProperties"), dict):
        return f"map to {_type(value['additionalProperties'])}"
    return str(value.get("type", "any"))


def _words(schema: Schema) -> str:
    return " ".join(str(schema.get("description", "")).split())


def _head(title: str, notice: str) -> list[str]:
    return [f"# {title}", "", f"<!-- {notice} -->", ""]


def _table(head: Sequence[str], rows: Any) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("\n", " ") for cell in cells) + " |"


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"
