"""The door of costs: who may send, what a file does, and that sending it again does nothing."""

import base64
import gzip
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.costs import MemoryCosts
from shared.adapters.memory.intake import MemorySourceSecrets
from shared.app.import_costs import CostImporter
from shared.app.receive_costs import MAX_BODY, CostDoor
from shared.connectors import cost_files
from shared.contracts.intake import InboundRequest
from shared.domain.intake.problem import Problem
from shared.policies.loader import RULES, load_directory
from tests.unit.intake.builders import NOW, posted

KEY = b"the key of the door of costs"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
FILE = "date;kind;channel;campaign;amount;currency\n09.03.2026;media;Paid Search;spring;1 250,50;EUR\n"
POLICIES = load_directory(RULES)


@pytest.fixture
def store() -> MemoryCosts:
    return MemoryCosts()


@pytest.fixture
def door(store: MemoryCosts) -> CostDoor:
    return CostDoor(
        source=POLICIES.sources["costs"],
        secrets=MemorySourceSecrets({"costs": ["whsec_" + base64.b64encode(b"next").decode(), SECRET]}),
        verify=cost_files.verify,
        importer=CostImporter(store=lambda: store, policy=POLICIES.money, clock=MemoryClock(NOW)),
    )


def signed(
    body: bytes, headers: Mapping[str, str] | None = None, *, at: int = NOW, path: str = "/in/costs"
) -> InboundRequest:
    stamp = str(at // 1000)
    digest = hmac.new(KEY, b".".join((b"msg_1", stamp.encode(), body)), hashlib.sha256).digest()
    proof = {"webhook-id": "msg_1", "webhook-timestamp": stamp,
             "webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}  # fmt: skip
    return posted(path, body, headers={**proof, **(headers or {})}, content_type="text/csv")


def refusal(door: CostDoor, request: InboundRequest) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        door.receive(request)
    return refused.value.status, refused.value.code


def test_a_signed_file_is_taken_and_the_same_one_again_changes_nothing(door: CostDoor, store: MemoryCosts) -> None:
    first, again = (door.receive(signed(FILE.encode())) for _ in range(2))

    assert (first.rows, first.new, again.new, again.unchanged) == (1, 1, 0, 1)
    assert [(cost.day, cost.channel, str(cost.amount)) for cost in store.costs()] == [
        ("2026-03-09", "Paid Search", "1250.50")
    ]


def test_wrong_rows_are_told_by_line_and_the_others_are_taken(door: CostDoor, store: MemoryCosts) -> None:
    report = door.receive(signed((FILE + "31.02.2026;media;;;5;EUR\n").encode()))

    assert (report.rows, report.refused) == (1, 1)
    assert [(one.line, one.field, one.code) for one in report.refusals] == [(3, "date", "COSTS.BAD_DATE")]
    assert len(store.costs()) == 1


def test_json_compressed_bodies_and_a_bearer_token_are_taken_and_a_dry_run_keeps_nothing(
    door: CostDoor, store: MemoryCosts
) -> None:
    body = b'{"costs": [{"date": "2026-03-09", "kind": "media", "amount": 5, "currency": "EUR"}]}'
    packed = gzip.compress(body)
    bearer = posted("/in/costs", body, headers={"authorization": f"Bearer {SECRET}"})

    dry = door.receive(signed(body, path="/in/costs?dry_run=1"))
    assert (dry.new, store.costs()) == (1, ())
    assert door.receive(signed(packed, {"content-encoding": "gzip"})).new == 1
    assert door.receive(bearer).unchanged == 1


def test_a_file_in_windows_1251_is_read(door: CostDoor) -> None:
    text = "дата;вид;канал;сумма;валюта\n09.03.2026;media;Поиск;5;EUR\n"

    assert door.receive(signed(text.encode("cp1251"))).new == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-signature": "v1,bm90IGl0"},
        {"webhook-timestamp": str(NOW // 1000 - 301)},
        {"webhook-signature": ""},
        {"webhook-id": "msg_2"},
    ],
)
def test_what_is_not_signed_is_refused_before_it_is_read(
    door: CostDoor, store: MemoryCosts, changed: dict[str, str]
) -> None:
    assert refusal(door, signed(b"not a file at all", changed)) == (401, "INTAKE.BAD_SIGNATURE")
    assert store.costs() == ()


def test_an_old_signature_and_a_door_without_a_secret_take_nothing(door: CostDoor) -> None:
    assert refusal(door, signed(FILE.encode(), at=NOW - 301_000)) == (401, "INTAKE.BAD_SIGNATURE")
    empty = replace(door, secrets=MemorySourceSecrets({"costs": [""]}))
    assert refusal(empty, signed(FILE.encode())) == (401, "INTAKE.BAD_SIGNATURE")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "COSTS.NO_ROWS"),
        (b"date;kind;amont;currency\n", "COSTS.UNKNOWN_COLUMN"),
        (b"date;kind;currency\n", "COSTS.NO_COLUMN"),
        (b"[1]", "COSTS.NOT_JSON"),
    ],
)
def test_a_wrong_file_is_refused_whole(door: CostDoor, store: MemoryCosts, body: bytes, code: str) -> None:
    assert refusal(door, signed(body)) == (422, code)
    assert store.costs() == ()


def test_large_bodies_other_methods_and_a_door_that_is_not_configured_are_refused(door: CostDoor) -> None:
    assert refusal(door, signed(b"x" * (MAX_BODY + 1))) == (413, "INTAKE.TOO_LARGE")
    assert refusal(door, posted("/in/costs", method="PUT")) == (405, "INTAKE.METHOD_NOT_ALLOWED")
    assert refusal(replace(door, source=None), signed(FILE.encode())) == (404, "INTAKE.UNKNOWN_SOURCE")
