"""`leadspine import`: files as people have them, the report, what is remembered, exit statuses."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from infra.cli import import_ as command
from infra.imports.encodings import UnusableFile, look
from infra.imports.files import Row, Unread, open_input
from infra.imports.items import Shaping, item_of
from infra.imports.laptop import import_source
from infra.imports.memory import Progress
from infra.imports.run import BRISK_S, FIRST_WINDOW, LARGEST_WINDOW, SLOW_S, Importing, run_import
from infra.local.endpoints import Endpoints, write_endpoints
from infra.local.home import Home
from shared.connectors.registry import connector_of

CLOUD_TIME = 1_795_305_600_000
HEADER = "id,created at,email,first name\n"
PEOPLE = HEADER + "".join(f"{n},2026-03-0{n},lead{n}@example.com,Anna\n" for n in range(1, 6))


def rows_of(path: Path, content: str | bytes, **how: Any) -> list[Row | Unread]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(open_input(path, **how).rows())


def values_of(path: Path, content: str | bytes, **how: Any) -> list[dict[str, Any]]:
    return [row.values for row in rows_of(path, content, **how) if isinstance(row, Row)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_recognised_by_the_names_they_make(delimiter: str, tmp_path: Path) -> None:
    text = delimiter.join(["Имя", "Почта", "Comment, long"]) + "\n" + delimiter.join(['"A,;|\t"', "a@b.example", "x"])

    (row,) = values_of(tmp_path / "f.csv", text.replace("Comment, long", '"Comment, long"'))

    assert row == {"Имя": "A,;|\t", "Почта": "a@b.example", "Comment, long": "x"}


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "Zażółć Иван"), ("utf-8-sig", "Zażółć"), ("utf-16", "Zażółć Иван"), ("cp1251", "Иван Петров"),
        ("cp1250", "Łukasz Żółkiewski"), ("ascii", "Anna"),
    ],
)  # fmt: skip
def test_encodings_are_recognised(encoding: str, name: str, tmp_path: Path) -> None:
    assert values_of(tmp_path / "f.csv", f"email;name\na@b.example;{name}\n".encode(encoding)) == [
        {"email": "a@b.example", "name": name}
    ]


def test_an_encoding_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    content = "email;name\na@b.example;Müller\n".encode("cp1252")

    with pytest.raises(UnusableFile, match="--encoding"):
        rows_of(tmp_path / "f.csv", content)
    assert values_of(tmp_path / "f.csv", content, encoding="cp1252")[0]["name"] == "Müller"


def test_a_utf_8_letter_on_the_border_of_two_blocks_is_still_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"a" * ((1 << 20) - 1) + "ż".encode())

    assert look(path).encoding == "utf-8-sig"


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    text = 'sep=;\n\nemail;"Your\nname"\na@b.example;"x\ny"\n\nb@b.example;z\nonly one cell\n;\nc@b.example;z;more\n'

    rows = rows_of(tmp_path / "f.csv", text)

    assert [row.line for row in rows] == [5, 8, 9, 11]
    assert [row.code for row in rows if isinstance(row, Unread)] == ["IMPORT.MALFORMED_ROW"] * 2
    assert rows[0] == Row(5, {"email": "a@b.example", "Your\nname": "x\ny"})


def test_json_lines_are_strict(tmp_path: Path) -> None:
    lines = ['{"email":"a@b.example"}', "", "{broken", "[1]", '{"n":NaN}', '{"x":"' + "y" * 600_000 + '"}', '{"a":1}']

    rows = rows_of(tmp_path / "f.jsonl", "\n".join(lines))

    assert [(row.line, row.code if isinstance(row, Unread) else "") for row in rows] == [
        (1, ""),
        (3, "INTAKE.MALFORMED_JSON"),
        (4, "INTAKE.MALFORMED_EVENT"),
        (5, "INTAKE.MALFORMED_JSON"),
        (6, "INTAKE.TOO_LARGE"),
        (7, ""),
    ]


@pytest.mark.parametrize(
    ("content", "says"), [("", "empty"), ("[{}]", "jq"), ("email,email\na,b\n", "twice"), ("\n\n", "no header")]
)
def test_a_file_that_is_none_says_what_to_do(content: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match=says):
        rows_of(tmp_path / "f.csv", content)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(table=st.lists(st.tuples(cells, cells, cells), max_size=8), delimiter=st.sampled_from(",;\t|"))
def test_what_a_csv_writer_wrote_is_read_back(
    table: list[tuple[str, str, str]], delimiter: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerows([("email", "name", "phone"), *table])

    read = [row.values for row in open_input(path, delimiter=delimiter).rows() if isinstance(row, Row)]

    expected = [
        {name: cell for name, cell in zip(("email", "name", "phone"), row, strict=True) if cell.strip()}
        for row in table
    ]
    assert read == [row for row in expected if row]


def test_a_row_keeps_its_id_whatever_else_is_said_about_the_file() -> None:
    row = {"email": "a@b.example", "created at": "03/04/2026"}

    ids = {item_of(row, shaping)["id"] for shaping in (Shaping(), Shaping(day_first=True))}

    assert len(ids) == 1
    assert item_of({**row, "email": "b@b.example"}, Shaping())["id"] not in ids
    assert item_of(row, Shaping(id_prefix="crm:"))["id"] == f"crm:{ids.pop()}"


@pytest.mark.parametrize(
    ("row", "name", "chosen"),
    [
        ({"id": "7", "lead_id": "L"}, "id", "7"),
        ({"ID": 7, "event_id": "e"}, "id", "e"),
        ({"lead_id": "L"}, "id", "L"),
        ({"type": "track", "event": "Seen", "userId": "u", "messageId": "m", "id": "7"}, "messageId", "m"),
        ({"event": "open", "email": "a@b.example", "sg_event_id": "s", "id": "7"}, "sg_event_id", "s"),
    ],
)
def test_one_id_is_chosen(row: dict[str, Any], name: str, chosen: str) -> None:
    item = item_of(row, Shaping())

    assert item[name] == chosen
    assert not {"lead_id", "event_id", "ID"} & item.keys()


def test_the_lead_of_an_event_is_not_its_id() -> None:
    assert item_of({"lead_id": "L", "kind": "page_viewed"}, Shaping())["id"].startswith("row-")


def test_columns_reach_into_objects_and_dates_are_put_right() -> None:
    row = {
        "E": "a@b.example",
        "answers.budget": "10k",
        "context.page.url": "https://x.example/",
        "Created": "3/4/2026 9:00",
    }

    item = item_of(row, Shaping(renamed={"E": "email"}, day_first=True, occurred_at="2020-01-01"))

    assert item["email"] == "a@b.example"
    assert item["answers"] == {"budget": "10k"}
    assert item["context"] == {"page": {"url": "https://x.example/"}}
    assert item["Created"] == "3.4.2026 9:00"
    assert "occurred_at" not in item
    assert item_of({"email": "a@b.example"}, Shaping(occurred_at="2020-01-01"))["occurred_at"] == "2020-01-01"


class Doors:
    """The doors of a cloud that accepts everything. ``takes``: seconds that a window takes."""

    def __init__(self, takes: float = 0.0) -> None:
        self.bodies: list[list[bytes]] = []
        self.seconds = 0.0
        self._takes = takes

    def __enter__(self) -> "Doors":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def now(self) -> int:
        return CLOUD_TIME

    def send(self, requests: Sequence[Any]) -> None:
        self.bodies.append([getattr(request, "body", request) for request in requests])

    def settle(self) -> None:
        self.seconds += self._takes

    def items(self) -> list[dict[str, Any]]:
        return [item for window in self.bodies for body in window for item in json.loads(body)]


@pytest.mark.parametrize(("takes", "size"), [(BRISK_S / 2, LARGEST_WINDOW), (SLOW_S * 2, 50), (5.0, FIRST_WINDOW)])
def test_as_many_rows_go_at_once_as_are_decided_in_a_few_seconds(takes: float, size: int) -> None:
    doors = Doors(takes)
    report: Any = SimpleNamespace(add=lambda _: None, size=0)
    source = import_source()
    parse = connector_of(source.vendor).parse
    rows = (Row(n, {"id": str(n), "email": f"lead{n}@example.com"}) for n in range(4_000))
    deps = Importing(
        source=source, parse=parse, now=doors.now, report=report, sender=doors, timer=lambda: doors.seconds
    )

    run_import(rows, deps, Progress())

    assert sum(len(json.loads(body)) for body in doors.bodies[6]) == size
    assert all(len(json.loads(body)) <= 50 for window in doors.bodies for body in window)


@pytest.fixture
def doors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doors:
    """A running laptop cloud, as far as an import can see."""
    home = Home(tmp_path / "home")
    home.prepare()
    monkeypatch.setenv("LEADSPINE_HOME", str(home.root))
    write_endpoints(home, Endpoints(api="http://127.0.0.1:1", aws="http://x", token="t", mailbox="http://x"))
    found = Doors()
    monkeypatch.setattr(command, "LaptopDoors", lambda _home: found)
    return found


def run(*arguments: object) -> Any:
    app = typer.Typer()
    app.command()(command.import_)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def written(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_a_good_file_is_taken(doors: Doors, tmp_path: Path) -> None:
    file = written(tmp_path / "leads.csv", PEOPLE)

    result = run(file, "--json")

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["rows"], told["taken"], told["refused"], told["report"]) == (5, 5, 0, None)
    assert [item["id"] for item in doors.items()] == ["1", "2", "3", "4", "5"]
    assert not file.with_name("leads.csv.refused.csv").exists()


def test_the_same_content_is_known_again_until_restarted(doors: Doors, tmp_path: Path) -> None:
    run(written(tmp_path / "leads.csv", PEOPLE))

    again = run(written(tmp_path / "copy.csv", PEOPLE))
    assert (again.exit_code, len(doors.items())) == (0, 5)
    assert "imported before" in again.output

    assert run(tmp_path / "copy.csv", "--restart").exit_code == 0
    assert len(doors.items()) == 10


def test_a_dry_run_needs_no_cloud_and_remembers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSPINE_HOME", str(tmp_path / "none"))

    result = run(written(tmp_path / "leads.csv", PEOPLE), "--dry-run")

    assert result.exit_code == 0, result.output
    assert "5 of 5 rows would be taken" in result.output
    assert not (tmp_path / "none").exists()


def test_refused_rows_are_listed_and_the_exit_status_says_so(doors: Doors, tmp_path: Path) -> None:
    file = written(tmp_path / "leads.csv", PEOPLE + "6,2026-03-01,,Zoë\n")

    result = run(file)

    assert result.exit_code == 2
    report = file.with_name("leads.csv.refused.csv").read_text(encoding="utf-8")
    assert report.splitlines()[1].startswith("7,INTAKE.NO_IDENTIFIER,")
    assert "Zoë" not in report + result.output
    assert len(doors.items()) == 5


def test_rows_without_a_time_are_pointed_out(doors: Doors, tmp_path: Path) -> None:
    file = written(tmp_path / "leads.csv", "email\na@example.com\n")

    loud, dated = run(file), run(file, "--occurred-at", "2026-01-31")

    assert "No column says when" in loud.output
    assert "1 of them did not say when" in loud.output
    assert "say when" not in dated.output.replace("says", "say")
    assert doors.items()[1]["occurred_at"] == "2026-01-31"


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ("kontakt,city\na@example.com,Warszawa\n", [], "--map COLUMN=email"),
        ("email\na@example.com\n", ["--map", "kontakt=email"], "no column kontakt"),
        ("email\na@example.com\n", ["--encoding", "klingon"], "no encoding"),
    ],
)
def test_a_header_that_names_nobody_stops_before_anything_is_sent(
    doors: Doors, tmp_path: Path, content: str, options: list[str], says: str
) -> None:
    result = run(written(tmp_path / "leads.csv", content), *options)

    assert isinstance(result.exception, UnusableFile)
    assert says in str(result.exception)
    assert not doors.bodies


def test_the_report_never_replaces_the_file_itself(doors: Doors, tmp_path: Path) -> None:
    file = written(tmp_path / "leads.csv", PEOPLE)

    assert run(file, "--report", file).exit_code == 2
    assert file.read_text(encoding="utf-8") == PEOPLE
    assert not doors.bodies


def test_a_header_without_rows_is_nothing_read(doors: Doors, tmp_path: Path) -> None:
    assert run(written(tmp_path / "leads.csv", HEADER)).exit_code == 1
    assert not doors.bodies


def test_columns_can_be_named(doors: Doors, tmp_path: Path) -> None:
    file = written(tmp_path / "leads.csv", "kontakt,wann\na@example.com,2026-03-01\n")

    result = run(file, "--map", "kontakt=email", "--map", "wann=occurred_at")

    assert result.exit_code == 0, result.output
    assert doors.items()[0]["email"] == "a@example.com"


def test_an_interruption_says_how_to_go_on(doors: Doors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(doors, "settle", interrupted)

    result = run(written(tmp_path / "leads.csv", PEOPLE))

    assert result.exit_code == 130
    assert "The same command goes on" in result.output
