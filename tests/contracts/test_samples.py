"""Every sample that ever was still loads, and what the core tells today is what the contracts say."""

from itertools import permutations
from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

from shared.adapters.dynamodb.outbox import outbox_row
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.lead_store import MemoryLeadStore
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.secrets.identity_key import IdentityKey
from shared.app.decide_person import identifiers_of
from shared.app.signal_wire import from_wire, to_wire
from shared.contracts.envelope import envelope
from shared.contracts.facts import parse_fact
from shared.contracts.intake import Delivery
from shared.domain.intake.signal import Signal
from shared.domain.lead.decide import decide
from shared.domain.lead.rules import Rules, compile_rules
from shared.policies.loader import RULES, load_directory
from shared.runtime.batch import queue_messages, stream_inserts
from shared.runtime.http import request_of
from tests.contracts.samples import EVENTS, FACTS, SIGNALS, TRIGGERS, name_of, read


@pytest.mark.parametrize("path", FACTS, ids=name_of)
def test_every_fact_sample_loads_and_satisfies_its_own_schema(path: Path) -> None:
    sample = read(path)

    assert parse_fact(sample).name == path.parent.name
    schema = read(EVENTS / "schemas" / path.parent.name / path.name)
    jsonschema.Draft202012Validator(schema).validate(sample)


@pytest.mark.parametrize("path", SIGNALS, ids=name_of)
def test_every_signal_sample_loads_comes_back_the_same_and_satisfies_the_schema(path: Path) -> None:
    sample = read(path)

    assert sample["kind"] == path.stem
    assert to_wire(from_wire(sample)) == sample
    jsonschema.Draft202012Validator(read(EVENTS / "schemas/Signal/1-0-0.json")).validate(sample)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"kind": "form_sent"},
        {"occurred_at": "yesterday"},
        {"evidence": "sure"},
        {"identifiers": []},
        {"identifiers": [{"kind": "passport", "value": "1"}]},
        {"profile": {"email": 1}},
        {"surprise": True},
    ],
    ids=str,
)
def test_a_signal_that_breaks_the_contract_is_refused(spoilt: dict[str, object]) -> None:
    sample = read(EVENTS / "samples/signals/form_submitted.json")

    with pytest.raises(ValidationError):
        from_wire({**sample, **spoilt})


@pytest.mark.parametrize(
    "spoilt", [{"name": "LeadSeen"}, {"schema_version": "2-0-0"}, {"data": {}}, {"email": "x"}], ids=str
)
def test_a_fact_that_breaks_the_contract_is_refused(spoilt: dict[str, object]) -> None:
    sample = read(EVENTS / "samples/facts/LeadCaptured/1-0-0.json")

    with pytest.raises(ValidationError):
        parse_fact({**sample, **spoilt})


def test_signals_keep_their_milliseconds() -> None:
    sample = read(EVENTS / "samples/signals/page_viewed.json") | {"occurred_at": "2026-11-21T20:24:00.007Z"}

    signal = from_wire(sample)

    assert signal.occurred_at % 1000 == 7
    assert to_wire(signal)["occurred_at"] == "2026-11-21T20:24:00.007Z"


@pytest.fixture(scope="module")
def rules() -> Rules:
    policies = load_directory(RULES)
    return compile_rules(policies.scoring, policies.lifecycle, policies.version)


def _told(signals: list[Signal], rules: Rules) -> list[dict[str, object]]:
    """The facts of deciding on signals one after the other."""
    tables = MemoryTables()
    now = max(signal.recorded_at for signal in signals)
    store = MemoryLeadStore(tables, identity=IdentityKey.fixed(b"k" * 32), clock=MemoryClock(now))
    facts: list[dict[str, object]] = []
    for number, signal in enumerate(signals):
        decision = decide(store.load(identifiers_of(signal)), [signal], rules, now, f"{number:032x}")
        store.commit(decision)
        facts += [envelope(fact) for fact in decision.facts]
    return facts


def test_everything_the_core_tells_about_the_samples_is_in_the_contracts(rules: Rules) -> None:
    told = _told([from_wire(read(path)) for path in SIGNALS], rules)

    names = {parse_fact(fact).name for fact in told}
    assert names >= {
        "LeadCaptured", "LeadMerged", "ProfileChanged", "CompanyLinked", "TouchpointRecorded", "ConsentGiven",
        "ConsentWithdrawn", "ScoreChanged", "StageChanged", "HandoverRequested",
        "OpportunityChanged",
    }  # fmt: skip


def test_no_fact_tells_who_somebody_is(rules: Rules) -> None:
    told = str(_told([from_wire(read(path)) for path in SIGNALS], rules))

    assert not [word for word in ("anna", "Nowak", "+48221234567", "u-1001", "3b1d6a52") if word in told]


def test_the_order_of_identification_changes_no_contract(rules: Rules) -> None:
    chosen = [
        from_wire(read(EVENTS / f"samples/signals/{kind}.json"))
        for kind in ("page_viewed", "identified", "form_submitted")
    ]

    for order in permutations(chosen):
        assert all(parse_fact(fact) for fact in _told(list(order), rules))


def _trigger(name: str) -> dict[str, object]:
    sample: dict[str, object] = read(EVENTS / f"samples/triggers/{name}.json")
    return sample


def test_there_is_a_sample_of_every_way_a_function_is_called() -> None:
    assert {path.stem for path in TRIGGERS} == {
        "api_gateway", "sqs_signals", "sqs_lake", "dynamodb_stream", "eventbridge", "schedule",
    }  # fmt: skip


def test_the_sample_of_the_http_door_is_understood() -> None:
    request = request_of(_trigger("api_gateway"), 1_795_292_640_000)

    assert (request.method, request.source, request.path) == ("POST", "json", "/in/json")
    assert b"anna.nowak@corp.example" in request.body


def test_the_sample_of_the_signal_queue_holds_a_delivery_and_no_personal_data() -> None:
    [message] = queue_messages(_trigger("sqs_signals"))

    assert Delivery.of_message(message.json()).source == "json"
    assert "@" not in message.body


def test_the_sample_of_the_stream_holds_facts() -> None:
    [insert] = stream_inserts(_trigger("dynamodb_stream"))

    assert [parse_fact(fact).name for fact in outbox_row(insert.image).envelopes] == ["StageChanged"]


def test_the_samples_of_the_bus_hold_the_same_fact() -> None:
    [message] = queue_messages(_trigger("sqs_lake"))
    on_the_bus = _trigger("eventbridge")

    assert message.json() == on_the_bus
    assert parse_fact(on_the_bus["detail"]).name == on_the_bus["detail-type"]  # type: ignore[arg-type]
