"""Costs in, reports out, and every figure opened down to its rows, through the router."""

import json
from typing import Any

import pytest

from tests.unit.api.world import World, event
from tests.unit.insights.facts_of import day, fact, stage, touch

KEEPER = "marketer"
FILE = """date,kind,channel,campaign,amount,currency,key
2026-01-05,media,Paid Search,spring,1000,EUR,a
2026-01-06,staff,,,100.50,USD,b
"""


@pytest.fixture
def world() -> World:
    world = World()
    world.lake.append(
        [
            touch("ann", 1, 0), stage("ann", 1, 0, "inquiry"), stage("ann", 2, 4, "mql"), stage("ann", 3, 5, "sql"),
            fact("HandoverRequested", "ann", 3, 5, due=day(6)),
            fact("HandoverAccepted", "ann", 4, 5.5, due=day(6), answered_in_time=True, owner="005O"),
            fact("OpportunityChanged", "ann", 5, 9, opportunity_id="006A", state="won", amount="2500.00",
                 currency="EUR", opened_on="2026-01-08", closed_on="2026-01-20", company_id="c-acme"),
            fact("OpportunityChanged", "bob", 5, 9, opportunity_id="006B", state="open", amount="70.00",
                 currency="EUR", opened_on="2026-01-08", closed_on="2026-02-20"),
            stage("ann", 6, 9, "customer"),
            touch("bob", 1, 1, "Email"), stage("bob", 1, 1, "inquiry"),
        ]
    )  # fmt: skip
    return world


def ask(world: World, path: str, *, status: int = 200, role: str = KEEPER, **query: Any) -> Any:
    answer = world.router(event("GET", path, query={**query}, roles=role))
    assert answer["statusCode"] == status, answer["body"]
    return json.loads(answer["body"])


def give(world: World, content: str, *, status: int = 200, role: str = KEEPER, dry_run: bool = False) -> Any:
    body = {"content": content, "dry_run": dry_run}
    answer = world.router(event("POST", "/api/costs", body=body, roles=role))
    assert answer["statusCode"] == status, answer["body"]
    return json.loads(answer["body"])


def test_a_file_is_taken_once_and_corrected_by_key(world: World) -> None:
    assert give(world, FILE, dry_run=True)["new"] == 2
    assert ask(world, "/api/costs")["items"] == []
    assert give(world, FILE) == {"rows": 2, "new": 2, "replaced": 0, "unchanged": 0, "refused": 0, "refusals": []}
    assert give(world, FILE)["unchanged"] == 2
    assert give(world, FILE.replace("1000", "900"))["replaced"] == 1
    assert give(world, FILE)["unchanged"] == 2, "an old file does not bring a mistake back"

    listed = ask(world, "/api/costs")

    assert [(item["key"], item["amount"]) for item in listed["items"]] == [("a", "900.00"), ("b", "100.50")]
    assert listed["currency"] == "EUR"
    assert listed["items"][1]["value"] == "86.43"


def test_wrong_rows_are_told_and_the_good_ones_taken(world: World) -> None:
    report = give(world, FILE + "yesterday,media,,,1,EUR,c\n")

    assert (report["rows"], report["refused"]) == (2, 1)
    assert report["refusals"][0]["line"] == 4
    assert report["refusals"][0]["code"] == "COSTS.BAD_DATE"


def test_a_wrong_column_refuses_the_file(world: World) -> None:
    problem = give(world, FILE.replace("amount", "amont"), status=422)

    assert problem["code"] == "COSTS.UNKNOWN_COLUMN"
    assert 'did you mean "amount"' in problem["detail"]
    assert ask(world, "/api/costs")["items"] == []


@pytest.mark.parametrize("role", ["sales", "privacy"])
def test_costs_are_kept_by_marketers_and_operators(world: World, role: str) -> None:
    assert give(world, FILE, status=403, role=role)["code"] == "API.FORBIDDEN"
    assert ask(world, "/api/costs", status=403, role=role)["code"] == "API.FORBIDDEN"


def test_return_and_cost_of_acquisition_by_channel(world: World) -> None:
    give(world, FILE)

    january: dict[str, Any] = {"from": "2026-01-01", "to": "2026-01-31"}
    romi = ask(world, "/api/reports/romi", by="channel", **january)
    cac = ask(world, "/api/reports/cac")

    assert [line["label"] for line in romi["lines"]] == ["Paid Search", "(none)"]
    assert romi["lines"][0]["romi"] == 1.5
    assert (romi["total"]["spend"], romi["total"]["revenue"]) == ("1086.43", "2500.00")
    assert romi["total"]["spend_by_kind"] == {"media": "1000.00", "staff": "86.43"}
    assert (cac["total"]["companies"], cac["total"]["cac"]) == (1, "1086.43")
    assert ask(world, "/api/reports/romi", status=400, by="owner")["code"] == "API.BAD_REQUEST"


def test_conversion_time_pipeline_handovers_and_content(world: World) -> None:
    conversion = ask(world, "/api/reports/conversion", by="channel")
    times = ask(world, "/api/reports/time-to-sale")
    pipeline = ask(world, "/api/reports/pipeline", by="month")
    handovers = ask(world, "/api/reports/handovers", by="owner")
    content = ask(world, "/api/reports/content")

    assert [(line["label"], line["leads"], line["lead_to_sale"]) for line in conversion["lines"]] == [
        ("Paid Search", 1, 1.0),
        ("Email", 1, 0.0),
    ]
    assert (times["customers"], times["open"], times["median_days"]) == (1, 1, 9.0)
    assert [(line["label"], line["pipeline"], line["won_amount"]) for line in pipeline["lines"]] == [
        ("2026-01", "0.00", "2500.00"),
        ("2026-02", "70.00", "0.00"),
    ]
    assert pipeline["total"]["average_deal"] == "2500.00"
    assert handovers["lines"][0]["label"] == "005O"
    assert (handovers["total"]["in_time_share"], handovers["total"]["median_hours"]) == (1.0, 12.0)
    assert (content["regular"]["companies"], content["others"]["average"]) == (0, "2500.00")
    assert content["effectiveness"] is None


@pytest.mark.parametrize(
    ("name", "by", "line", "figure", "ids"),
    [
        ("romi", "channel", "Paid Search", "spend", ["a"]),
        ("romi", "channel", None, "spend", ["a", "b"]),
        ("romi", "channel", None, "spend_media", ["a"]),
        ("romi", "channel", None, "spend_staff", ["b"]),
        ("romi", "channel", None, "spend_licence", []),
        ("romi", "channel", "Paid Search", "revenue", ["006A"]),
        ("cac", "month", "2026-01", "companies", ["006A"]),
        ("conversion", "channel", "Email", "leads", ["bob"]),
        ("conversion", "channel", "Email", "customers", []),
        ("conversion", "month", None, "leads", ["ann", "bob"]),
        ("time-to-sale", "month", None, "open", ["bob"]),
        ("pipeline", "month", "2026-02", "open", ["006B"]),
        ("handovers", "owner", "005O", "accepted", ["ann"]),
        ("content", "month", None, "others", ["006A"]),
    ],
)
def test_every_figure_opens_down_to_its_rows(
    world: World, name: str, by: str, line: str | None, figure: str, ids: list[str]
) -> None:
    give(world, FILE)

    asked: dict[str, Any] = {"open": figure, "by": by, **({"line": line} if line else {})}
    found = ask(world, f"/api/reports/{name}/behind", **asked)

    assert [item["id"] for item in found["items"]] == ids
    assert found["cursor"] is None


def test_many_rows_are_paged_without_loss(world: World) -> None:
    rows = "".join(f"2026-01-05,media,,,1,EUR,k{number:03}\n" for number in range(205))
    give(world, FILE.splitlines()[0] + "\n" + rows)
    asked: dict[str, Any] = {"open": "spend"}
    found: list[str] = []
    while True:
        page = ask(world, "/api/reports/romi/behind", **asked)
        found += [item["id"] for item in page["items"]]
        if page["cursor"] is None:
            break
        asked["cursor"] = page["cursor"]

    assert found == [f"k{number:03}" for number in range(205)]
    ask(world, "/api/reports/cac/behind", status=400, open="spend", cursor=str(asked["cursor"]))


def test_what_cannot_be_opened_says_what_can(world: World) -> None:
    assert "revenue" in ask(world, "/api/reports/romi/behind", status=400, open="profit")["detail"]
    assert ask(world, "/api/reports/funnel/behind", status=404, open="x")["code"] == "API.NOT_FOUND"
    assert "romi" in ask(world, "/api/reports/nothing", status=404)["detail"]
    assert ask(world, "/api/reports/funnel", status=400, by="channel")["code"] == "API.BAD_REQUEST"


def test_files_may_be_larger_than_questions_but_not_without_end(world: World) -> None:
    rows = "".join(f"2026-01-05,media,,,1,EUR,k{number:05}\n" for number in range(2_000))

    assert give(world, FILE + rows)["rows"] == 2_002
    assert give(world, "x" * 4_000_001, status=400)["code"] == "API.BAD_REQUEST"
    assert give(world, "x" * 5_000_001, status=413)["code"] == "API.TOO_LARGE"
    question = world.router(event("POST", "/api/leads/search", {"text": "x" * 20_000}, roles=KEEPER))
    assert question["statusCode"] == 413
