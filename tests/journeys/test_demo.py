"""`leadspine demo` on the laptop cloud: what the API says of the world is what its tables give.

The expected numbers come from the generated tables and the policy files, by code that knows no decision core.
Reports are asked for the years of the world only, so that other journeys in the same cloud do not count.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from rich.console import Console

from infra.cli.demo import Run, run_demo
from infra.local.demo.definitions import EXITS, LINE, Expected, ExpectedPerson, expect
from infra.local.demo.laptop import LaptopDoors, PlayFailed
from infra.local.demo.payloads import iso
from infra.local.demo.player import play
from infra.local.demo.wire import Writer
from infra.local.home import HOME_VARIABLE, REPOSITORY
from shared.policies.loader import RULES
from tests.journeys.conftest import Laptop

pytestmark = pytest.mark.laptop

LEADS = 30
SEED = 11
CRM_MS = 60_000
"""Salesforce stamps several records for one act of a person; any of them may be the first that Leadspine hears of."""
SALES_STAGES = frozenset({"opportunity", "customer", *EXITS})
PERIOD = {"from": "2021-01-01", "to": "2024-12-31"}


@dataclass(frozen=True)
class Demo:
    """A played world, what it must give, and the lead of every person as the API shows it."""

    run: Run
    expected: Expected
    leads: dict[str, dict[str, Any]]

    @property
    def people(self) -> list[tuple[ExpectedPerson, dict[str, Any]]]:
        return [(person, self.leads[person.email]) for person in self.expected.people.values()]


def millis(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp() * 1000)


def leads_of(laptop: Laptop, expected: Expected) -> dict[str, dict[str, Any]]:
    found = {}
    for person in expected.people.values():
        (found[person.email],) = laptop.api("POST", "/api/leads/search", json={"email": person.email}).json()["items"]
    return found


def report(laptop: Laptop, name: str) -> dict[str, Any]:
    answer = laptop.api("GET", f"/api/reports/{name}", params=PERIOD)
    assert answer.ok, answer.text
    return dict(answer.json())


@pytest.fixture(scope="module")
def demo(laptop: Laptop) -> Demo:
    run = run_demo(laptop.home, laptop.endpoints, Console(quiet=True), leads=LEADS, seed=SEED)
    expected = expect(run.world, RULES, run.second_act.rows)
    return Demo(run, expected, leads_of(laptop, expected))


def test_the_funnel_counts_what_the_tables_give(laptop: Laptop, demo: Demo) -> None:
    funnel = report(laptop, "funnel")
    stages = {stage["stage"]: stage for stage in [*funnel["stages"], *funnel["side"]]}
    expected = demo.expected

    assert {stage: stages[stage]["count"] for stage in LINE} == expected.reached
    assert {stage: stages[stage]["entered"] for stage in LINE} == expected.entered
    assert {stage: stages[stage]["current"] for stage in expected.current} == expected.current
    assert {stage: stages[stage]["median_days"] for stage in LINE} == expected.median_days
    assert funnel["visitors"] == expected.visitors


def test_leads_touches_companies_channels_and_consents_count_what_the_tables_give(laptop: Laptop, demo: Demo) -> None:
    kpis = report(laptop, "kpis")
    expected = demo.expected

    assert (kpis["leads"], kpis["companies"], kpis["touches"]) == (
        expected.leads,
        expected.companies,
        expected.touches,
    )
    assert {line["channel"]: line["leads"] for line in kpis["channels"]} == expected.channels
    shares = {purpose: round(count / expected.leads, 4) for purpose, count in expected.consents.items()}
    assert kpis["consent_share"] == shares


def test_every_lead_shows_its_first_touch_its_touches_its_stage_and_its_consents(demo: Demo) -> None:
    for person, lead in demo.people:
        first, touch = person.first_touch, lead["first_touch"]
        given = {consent["purpose"] for consent in lead["consents"] if consent["state"] == "given"}
        assert (touch["occurred_at"], touch["channel"], touch["source"]) == (iso(first.at), first.channel, first.source)
        assert lead["touch_count"] == person.signals
        assert lead["stage"]["id"] == person.stage, person.email
        late = abs(millis(lead["stage"]["since"]) - person.entered[person.stage])
        assert late <= (CRM_MS if person.stage in SALES_STAGES else 0), person.email
        assert given == person.consents


def test_every_score_explains_itself_and_ends_where_the_rules_end(laptop: Laptop, demo: Demo) -> None:
    for person, lead in demo.people:
        page = laptop.api("GET", f"/api/leads/{lead['id']}/score").json()
        for score in (page, *page["history"]):
            assert score["total"] == round(sum(line["points"] for line in score["lines"]), 2)
            assert score["total"] == round(score["fit"] + score["engagement"], 2)
        latest = page["history"][0]
        assert {line["rule"]: line["points"] for line in latest["lines"]} == dict(person.score.lines)
        assert (latest["total"], latest["grade"]) == (person.score.total, person.score.grade)


def test_all_systems_are_equal_on_every_field_that_goes_both_ways(demo: Demo) -> None:
    act = demo.run.second_act

    assert act.comparison.differences == ()
    assert act.comparison.people == LEADS
    assert act.comparison.records["marketo"] > LEADS / 2
    # Who was handed over was announced; other tests share the mailbox.
    assert 0 < act.comparison.records["lead"] + act.comparison.records["contact"] <= act.mails["New lead for sales"]
    assert min(act.acts.answered, act.acts.converted, act.mails["Welcome, and thank you"]) > 0


def test_playing_it_again_from_the_command_line_changes_no_number(laptop: Laptop, demo: Demo) -> None:
    before = [report(laptop, name) for name in ("funnel", "kpis")]

    command = [sys.executable, "-m", "infra.cli.main", "demo", "--leads", str(LEADS), "--seed", str(SEED), "--json"]
    environment = {**os.environ, HOME_VARIABLE: str(laptop.home.root)}
    told = subprocess.run(command, capture_output=True, check=True, cwd=REPOSITORY, env=environment, timeout=280)

    answer = json.loads(told.stdout)
    assert (answer["leads"], answer["signals"]) == (LEADS, demo.run.played.signals)
    after = [report(laptop, name) for name in ("funnel", "kpis")]
    assert [{**told, "generated_at": ""} for told in after] == [{**told, "generated_at": ""} for told in before]
    versions = {email: lead["version"] for email, lead in leads_of(laptop, demo.expected).items()}
    assert versions == {email: lead["version"] for email, lead in demo.leads.items()}


def test_a_door_that_refuses_ends_the_demo_with_its_reason(laptop: Laptop, demo: Demo) -> None:
    forged = {name: replace(source, secret="somebody-elses") for name, source in laptop.sources.items()}

    with pytest.raises(PlayFailed, match=r"401 INTAKE\.BAD_SIGNATURE"), LaptopDoors(laptop.home) as doors:
        play(demo.run.world, Writer(forged, demo.run.world.people), doors)
