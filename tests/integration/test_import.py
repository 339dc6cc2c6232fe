"""An imported file from its bytes to the leads: through the real door, decided, once."""

import csv
import json
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest

from infra.imports.files import InputFile, open_input
from infra.imports.items import Shaping
from infra.imports.memory import Progress
from infra.imports.refused import RefusedReport
from infra.imports.run import FIRST_WINDOW, Importing, run_import
from shared.app.import_rows import body_of, item_bytes, judge_rows
from shared.app.receive_delivery import receive_webhook
from shared.connectors.registry import connector_of
from shared.contracts.intake import InboundRequest
from shared.domain.intake.problem import Problem
from tests.integration.spine import SECRET, Spine, shipped
from tests.property.people import START

SOURCE = shipped().sources["json"]
HEADER = "id,Created at,E-mail,Phone number,First name,Job title,utm_source,consent.ad.email,Budget\n"
LONG_AGO = "2023-03-01 10:00"


class SpineSender:
    """Sends to the doors of an installation in memory. ``dies_at``: the request that does not come through."""

    def __init__(self, spine: Spine, *, dies_at: int = -1) -> None:
        self._spine = spine
        self._dies_at = dies_at
        self.requests = 0

    def send(self, bodies: Sequence[bytes]) -> None:
        for body in bodies:
            if self.requests == self._dies_at:
                raise ConnectionError
            self.requests += 1
            receive_webhook(request(body, self._spine), self._spine.door)

    def settle(self) -> None:
        self._spine.process()


def request(body: bytes, spine: Spine) -> InboundRequest:
    return InboundRequest(
        method="POST",
        path="/in/json",
        source="json",
        query={},
        headers={"content-type": "application/json", "authorization": f"Bearer {SECRET}"},
        body=body,
        received_at=spine.clock.advance(1),
    )


class Desk:
    """Somebody who imports a file into an installation."""

    def __init__(self, folder: Path, spine: Spine) -> None:
        self.spine = spine
        self.report = folder / "refused.csv"
        self.done = Progress()

    def load(
        self, file: InputFile, *, dies_at: int = -1, shaping: Shaping | None = None, with_values: bool = False
    ) -> Progress:
        with RefusedReport(self.report, with_values=with_values, size=self.done.report_bytes) as report:
            return run_import(
                file.rows(),
                Importing(
                    source=SOURCE,
                    parse=connector_of(SOURCE.vendor).parse,
                    now=self.spine.clock.now,
                    report=report,
                    shaping=shaping or Shaping(),
                    sender=SpineSender(self.spine, dies_at=dies_at),
                    remember=self._remember,
                ),
                self.done,
            )

    def _remember(self, progress: Progress) -> None:
        self.done = progress

    def refused(self) -> list[dict[str, str]]:
        with self.report.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, Spine())


def written(path: Path, text: str) -> InputFile:
    path.write_text(text, encoding="utf-8")
    return open_input(path)


def people(count: int) -> str:
    return HEADER + "".join(
        f'{n},{LONG_AGO},lead{n}@acme{n}.example.com,,Anna,CTO,google,yes,"10k\nmore"\n' for n in range(count)
    )


def test_a_row_becomes_a_lead_with_everything_it_said(desk: Desk, tmp_path: Path) -> None:
    desk.load(written(tmp_path / "leads.csv", people(1)))

    anna = desk.spine.person("lead0@acme0.example.com")
    assert (anna.profile["first_name"].value, anna.profile["title"].value) == ("Anna", "CTO")
    assert anna.answers["Budget"].value == "10k more"


def test_history_starts_no_clock_and_is_told_as_history(desk: Desk, tmp_path: Path) -> None:
    desk.load(written(tmp_path / "leads.csv", people(3)))

    facts = desk.spine.publish()
    stages = [fact for fact in facts if fact["name"] == "StageChanged"]
    assert stages
    assert all(fact["data"]["backfilled"] for fact in stages)
    assert not [fact for fact in facts if fact["name"].startswith("Handover")]


def test_the_same_file_twice_adds_nothing(desk: Desk, tmp_path: Path) -> None:
    file = written(tmp_path / "leads.csv", people(120))
    desk.load(file)
    before = (desk.spine.touchpoints(), desk.spine.tables.heads.copy())

    desk.done = Progress()
    desk.load(file)

    assert (desk.spine.touchpoints(), desk.spine.tables.heads) == before


def test_rows_without_ids_count_once_wherever_they_stand(desk: Desk, tmp_path: Path) -> None:
    lines = [f"lead{n}@acme.example.com,{LONG_AGO}\n" for n in range(60)]
    desk.load(written(tmp_path / "a.csv", "email,created at\n" + "".join(lines)))
    touchpoints = desk.spine.touchpoints()

    desk.done = Progress()
    desk.load(written(tmp_path / "b.csv", "email,created at\n" + "".join(reversed(lines)) + lines[7]))

    assert sorted(desk.spine.touchpoints()) == sorted(touchpoints)
    assert len(touchpoints) == 60


def test_an_import_that_stopped_goes_on_and_ends_like_one_that_did_not(tmp_path: Path) -> None:
    file = written(tmp_path / "leads.csv", people(2 * FIRST_WINDOW + 70) + f"900,{LONG_AGO},,,Nobody,,,,\n")
    whole, halting = Desk(tmp_path / "one", Spine()), Desk(tmp_path / "two", Spine())
    for desk in (whole, halting):
        desk.report.parent.mkdir()

    expected = whole.load(file)
    for attempt in range(10):
        try:
            reached = halting.load(file, dies_at=attempt)
            break
        except ConnectionError:
            continue

    assert reached == expected
    assert sorted(halting.spine.touchpoints()) == sorted(whole.spine.touchpoints())
    assert halting.report.read_bytes() == whole.report.read_bytes()


def test_refused_rows_are_reported_by_line_without_what_they_said(desk: Desk, tmp_path: Path) -> None:
    rows = people(1) + f"7,{LONG_AGO},,,Zoë,,,,\n8,soon,zoe@example.com,,Zoë,,,,\n9,zoe@example.com\n"
    done = desk.load(written(tmp_path / "leads.csv", rows))

    assert [(row["line"], row["code"]) for row in desk.refused()] == [
        ("4", "INTAKE.NO_IDENTIFIER"),
        ("5", "IMPORT.TIME"),
        ("6", "IMPORT.MALFORMED_ROW"),
    ]
    assert (done.taken, done.refused) == (1, 3)
    assert "zoe" not in desk.report.read_text().lower()


def test_the_report_repeats_rows_when_asked(desk: Desk, tmp_path: Path) -> None:
    desk.load(written(tmp_path / "leads.csv", HEADER + f"7,{LONG_AGO},,,=Zoë,,,,\n"), with_values=True)

    (row,) = desk.refused()
    assert json.loads(row["values"])["First name"] == "=Zoë"
    assert not row["values"].startswith("=")


def test_events_of_one_lead_are_many_although_they_name_it_alike(desk: Desk, tmp_path: Path) -> None:
    events = [
        {"lead_id": "L1", "kind": kind, "email": "anna@acme.example.com", "occurred_at": f"2023-0{n}-01T00:00:00Z"}
        for n, kind in enumerate(("page_viewed", "page_viewed", "webinar_attended"), 1)
    ]
    text = "\n".join(json.dumps(event) for event in events)
    done = desk.load(written(tmp_path / "events.jsonl", text))

    assert done.taken == 3
    assert len(desk.spine.touchpoints()) == 3


ODD: list[dict[str, object]] = [
    {"email": "anna@example.com"},
    {"name": "Nobody"},
    {"email": "not an address"},
    {"phone": "12"},
    {"phone": "600100200"},
    {"type": "track", "userId": "u1"},
    {"type": "track", "userId": "u1", "event": "Page Viewed"},
    {"event": "open", "email": "anna@example.com", "timestamp": 1690000000},
]


@pytest.mark.parametrize("pair", list(permutations(range(len(ODD)), 2)))
def test_what_is_refused_here_is_refused_at_the_door_with_the_same_code(pair: tuple[int, int]) -> None:
    spine = Spine()
    items = [item_bytes(ODD[index]) for index in pair]
    verdicts = judge_rows(items, SOURCE, parse=connector_of(SOURCE.vendor).parse, received_at=START)

    refused = ""
    try:
        receive_webhook(request(body_of(items), spine), spine.door)
    except Problem as problem:  # of strict doors, when nothing in a request can be used: its first reason
        refused = problem.code
    outcome = spine.process()
    parked = [refused, verdicts[1].code] if refused else [record.code for record in spine.parked.list()[0]]
    assert sorted(parked) == sorted(verdict.code for verdict in verdicts if verdict.code)
    assert outcome.signals == sum(not verdict.code for verdict in verdicts)
