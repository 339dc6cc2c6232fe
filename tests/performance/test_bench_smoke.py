"""Every bench runs, at the smallest size, and says what it promises to say. Nothing here looks at a clock."""

import json
from pathlib import Path
from unittest.mock import Mock

import pytest
import requests
from rich.console import Console

from infra.bench import cost, decisions, imports, insights, laptop, laptop_lag, scoring, sync, writes
from infra.bench.__main__ import machine, report
from infra.bench.models import make_model, make_records
from infra.bench.results import Figure, Result, Target, spread
from infra.bench.show import show, show_targets
from infra.bench.timing import QUICK, Effort, times
from infra.bench.world import NOW, People, shipped_rules, without_fit
from infra.catalog import CATALOG
from infra.local import cloud
from infra.local.demo.remote import MarketoSubscription
from infra.local.endpoints import Endpoints
from infra.local.home import Home
from shared.adapters.dynamodb.items import pack, unpack
from shared.adapters.dynamodb.lead_codec import decode_lead, encode_lead
from shared.domain.lead.decide import decide
from shared.domain.running_costs import prices
from shared.domain.running_costs.bill import quantities
from shared.domain.scoring.policy import compile_model
from shared.domain.sync.model import MARKETO

TINY = Effort(rounds=1, turn_s=0.0001)


def test_decisions_are_measured_in_every_shape() -> None:
    result = decisions.run(TINY, people=2)

    assert [figure.name for figure in result.figures] == [
        decisions.PAGE,
        decisions.ANEW,
        decisions.DEVICE,
        decisions.NEW,
        decisions.FORM,
        decisions.FOLD,
        decisions.MEMORY,
        decisions.YARDSTICK,
        "signals in folded decisions",
    ]
    assert all(figure.value > 0 for figure in result.figures)
    assert [target.wanted for target in result.targets] == [20_000]


def test_reports_are_measured_on_a_generated_lake_and_answer_what_is_written_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insights, "REPOSITORY", tmp_path)

    result = insights.run(Effort(rounds=1, turn_s=0.0001, leads=40, facts=900))

    names = [figure.name for figure in result.figures]
    assert {*insights.QUESTIONS, *insights.RAW}.issubset(names)
    assert all(figure.value > 0 for figure in result.figures)
    assert [target.wanted for target in result.targets] == [300, 1.3, 1.3, 1.3]


def test_what_is_measured_is_a_whole_decision_with_score_lines() -> None:
    ((known, signals),) = People(1).page_views()

    decision = decide(known, signals, shipped_rules(), NOW, "test")

    (history,) = decision.history
    assert history.score is not None
    assert sum(line.points for line in history.score.lines) == history.score.total
    assert len(next(iter(known.leads.values())).counters) == 8
    assert {fact.name for fact in decision.facts} == {"TouchpointRecorded", "ScoreChanged"}


def test_a_score_is_the_same_whether_the_head_remembers_its_fit_or_not() -> None:
    ((known, signals),) = People(1).page_views()

    remembered = decide(known, signals, shipped_rules(), NOW, "test")
    anew = decide(without_fit(known), signals, shipped_rules(), NOW, "test")

    assert known != without_fit(known)
    assert remembered == anew


def test_what_is_measured_is_what_the_store_gives_back() -> None:
    ((known, _),) = People(1).page_views()

    for lead in known.leads.values():
        assert decode_lead(unpack(pack(encode_lead(lead)))) == lead


def test_a_page_view_of_an_attached_device_is_decided_on_as_part_of_the_person() -> None:
    ((known, signals),) = People(1, devices=True).page_views(devices=True)

    decision = decide(known, signals, shipped_rules(), NOW, "test")

    assert len(known.leads) == 2
    assert len({fact.lead_id for fact in decision.facts}) == 1
    assert decision.history[0].lead_id != decision.facts[0].lead_id


@pytest.mark.parametrize("size", [30, 500])
def test_all_engines_give_the_same_answers(size: int) -> None:
    model, records = make_model(size), make_records(20)
    scorer = compile_model(model.ours)
    engines = {**scoring.zen_forms(model), "json-logic": scoring.json_logic_form(model)}

    for record in records:
        expected = scoring.ours_answer(scorer, record)
        assert {name: evaluate(record) for name, evaluate in engines.items()} == dict.fromkeys(engines, expected)
        assert expected[1], "a record that no rule speaks about measures nothing"


def test_scoring_is_compared_with_the_fastest_form_of_its_opponent() -> None:
    result = scoring.run(TINY, sizes=(3,), records=2)

    assert len(result.figures) == 5
    assert result.targets[0].name.startswith("3 rules: ours against zen-engine")


def test_an_engine_that_answers_otherwise_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "json_logic_form", lambda _model: lambda _record: (0, (99,)))

    with pytest.raises(scoring.AnswersDiffer):
        scoring.run(TINY, sizes=(3,), records=2)


def test_synchronisation_is_measured_in_every_direction() -> None:
    result = sync.run(TINY, people=3)

    assert [figure.name for figure in result.figures[:3]] == [f"requests, {name}" for name in sync.DIRECTIONS]
    assert {figure.unit for figure in result.figures} == {"calls", "records/s", "WRU/record", "records"}
    assert all(figure.value > 0 for figure in result.figures[:-1])
    assert [target.name for target in result.targets if target.unit != "records/s" and not target.met] == []


def test_an_edit_that_does_not_arrive_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sync.DIRECTIONS, sync.REPS, (lambda _world: None, (), (MARKETO,)))

    with pytest.raises(sync.Missing):
        sync.run(TINY, people=2)


def test_imports_are_measured_against_a_handler_with_the_same_clients() -> None:
    door = CATALOG.function("receive_webhook")

    result = imports.run(Effort(rounds=1, turn_s=0), functions=[door])

    assert imports.services_of(door) == ["s3", "sqs", "secretsmanager"]
    assert [figure.name for figure in result.figures] == ["receive_webhook: import", "receive_webhook: modules"]
    assert [target.name for target in result.targets] == ["receive_webhook: import"]


def test_a_bill_adds_up_and_names_every_service_it_pays() -> None:
    spent = writes.spent(writes.FORM_CONSENTS)

    bill = cost.bill(spent)

    assert set(bill) == {price.service for price in prices.USAGE.values()}
    expected = sum(
        amount * prices.USAGE[name].dollars / prices.USAGE[name].per
        for name, amount in quantities(cost.work_of(spent)).items()
    )
    assert sum(bill.values()) == pytest.approx(expected * 1_000_000)


def test_folding_and_batching_make_events_cheaper() -> None:
    totals = {name: sum(cost.bill(writes.spent(case)).values()) for name, case in cost.SHOWN.items()}

    batched, folded, single = list(totals.values())[:3]

    assert batched < folded < single


def test_what_is_paid_without_traffic_comes_from_the_catalog() -> None:
    monthly = cost.monthly()

    assert monthly["KMS"] == len(CATALOG.keys) * prices.FIXED["key"].dollars
    assert monthly["CloudWatch"] >= len(CATALOG.alarms) * prices.FIXED["alarm"].dollars


def test_every_price_says_where_it_can_be_looked_up() -> None:
    for price in (*prices.USAGE.values(), *prices.STORAGE.values(), *prices.FIXED.values()):
        assert price.source.startswith("aws.amazon.com/"), price
        assert price.each > 0, price


def test_a_cloud_that_does_not_start_is_a_reason_and_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_home: object) -> None:
        raise cloud.CannotStart("the disk is full")

    monkeypatch.setattr(cloud, "up", refuse)

    result = laptop.run(QUICK)

    assert (result.figures, result.failure) == ((), "CannotStart: the disk is full")


def test_without_simulators_there_is_a_remark_and_no_lag(tmp_path: Path) -> None:
    endpoints = Endpoints(api="http://api", aws="http://aws", token="t", mailbox="http://mailbox")

    figures, remarks = laptop_lag.measure_lag(Home(tmp_path), endpoints, "secret", runs=1)

    assert (figures, remarks) == ([], ["lag not measured: no simulators run beside this cloud"])


def test_who_does_not_arrive_is_a_remark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sites = {"salesforce": "http://salesforce", "marketo": "http://marketo"}
    endpoints = Endpoints(api="http://api", aws="http://aws", token="t", mailbox="http://mailbox", **sites)
    monkeypatch.setattr(laptop_lag, "WITHIN_S", -1)
    monkeypatch.setattr(cloud, "quiet", lambda _home: True)
    monkeypatch.setattr(MarketoSubscription, "by_email", lambda *_: iter(()))
    monkeypatch.setattr(requests, "post", lambda *_, **__: Mock())

    figures, remarks = laptop_lag.measure_lag(Home(tmp_path), endpoints, "secret", runs=1)

    assert figures == []
    assert remarks[0].startswith("lag not measured: form to the record in Marketo takes longer")


def test_a_ratio_compares_rounds_that_had_the_same_neighbours() -> None:
    assert times([10.0, 20.0, 100.0], [5.0, 10.0, 10.0]) == 2.0


def test_results_are_printed_and_written_with_what_was_wanted_and_reached(tmp_path: Path) -> None:
    figures = [spread("speed", [1.0, 3.0, 2.0], "/s"), Figure(name="units", value=14, unit="WRU", ratio="1.4 each")]
    targets = [
        Target(name="fast", wanted=5, reached=2, unit="/s"),
        Target(name="small", wanted=0.4, reached=0.16, unit="×", at_least=False),
    ]
    results = [
        Result(name="one", title="One", figures=figures, targets=targets, notes=["noted"]),
        Result(name="two", title="Two", failure="CannotStart: no disk"),
    ]
    console = Console(record=True, width=120, file=(tmp_path / "out").open("w"))

    for result in results:
        show(result, console)
    show_targets(results, console)
    written = json.loads(json.dumps(report(results, QUICK, 1.0, machine())))

    text = console.export_text()
    assert "1 … 3" in text
    assert "CannotStart: no disk" in text
    assert "≥ 5 /s" in text
    assert [target["met"] for target in written["benches"][0]["targets"]] == [False, True]
    assert written["benches"][0]["figures"][0]["value"] == 2.0
    assert written["quick"]
