"""Everything a vendor can answer instead of an answer, and what a caller sees of it."""

from datetime import UTC, datetime

import pytest

from infra.local.simulators.faults import Fault, FaultKind
from shared.domain.instant import DAY, HOUR
from shared.domain.sync.model import CREATED, REJECTED, RETRY_LATER, UPDATED
from shared.ports.sync import BudgetSpent, NotConfigured, RemoteRefused, RemoteUnavailable
from tests.unit.connectors_marketo.world import START, World, write_of

LOGIN = "POST /identity/oauth/token"


def test_without_credentials_nothing_is_called(world: World) -> None:
    world.credentials = {}

    with pytest.raises(NotConfigured):
        world.system.changes({})

    assert world.site.calls.total() == 0


def test_refused_credentials_are_tried_once_until_they_change(world: World) -> None:
    right = world.credentials
    world.credentials = {**right, "client_secret": "wrong"}

    for _ in range(3):
        with pytest.raises(RemoteRefused, match=r"MARKETO\.LOGIN_REFUSED") as refused:
            world.system.changes({})
        assert "wrong" not in str(refused.value)
    assert world.site.calls[LOGIN] == 1

    world.credentials = right
    assert world.system.changes({}).records == ()


def test_the_address_may_be_the_one_that_marketo_shows(world: World) -> None:
    world.credentials["base_url"] += "/rest/"

    assert world.system.read(["1"])[0].deleted


def test_a_token_is_kept_for_its_life(world: World) -> None:
    position = world.caught_up()
    world.clock.advance(HOUR - 10_000)
    world.pull(position)
    assert world.site.calls[LOGIN] == 1

    world.clock.advance(10_000)
    world.pull(position)
    assert world.site.calls[LOGIN] == 2


def test_a_revoked_token_is_renewed_once_and_the_call_replayed(world: World) -> None:
    person = world.add("ada@example.com")
    world.caught_up()
    world.desk("revoke")

    assert world.calls_of(lambda: world.system.read([person])) == 3


@pytest.mark.parametrize("code", ["601", "602"])
def test_a_second_refusal_of_the_token_is_no_loop(world: World, code: str) -> None:
    world.caught_up()
    world.fault(FaultKind.THROTTLE, code=code, path="/rest/")

    def read() -> None:
        with pytest.raises(RemoteRefused, match=r"MARKETO\.TOKEN_REFUSED"):
            world.system.read(["1"])

    assert world.calls_of(read) == 3


def test_a_missing_right_is_for_a_person_to_settle(world: World) -> None:
    world.settings(denied_rights=["Read-Only Activity"])

    with pytest.raises(RemoteRefused, match=r"MARKETO\.ACCESS_DENIED"):
        world.system.changes({})


def test_the_rate_limit_is_waited_for(world: World) -> None:
    person = world.add("ada@example.com")
    world.caught_up()
    world.fault(FaultKind.THROTTLE, code="606", times=2)

    (record,) = world.system.read([person])

    assert not record.deleted
    assert world.pauses == [20, 20]


def test_a_rate_limit_that_stays_is_left_for_later(world: World) -> None:
    world.caught_up()
    world.fault(FaultKind.THROTTLE, code="606")

    with pytest.raises(RemoteUnavailable) as unavailable:
        world.system.read(["1"])

    assert unavailable.value.retry_after_ms == 20_000
    assert world.calls_of(lambda: world.system.write([write_of("a", "1", title="x")])) == 3


@pytest.mark.parametrize("code", ["604", "608", "611", "615", "713"])
def test_passing_weather_is_sat_out(world: World, code: str) -> None:
    person = world.add("ada@example.com")
    world.caught_up()
    world.fault(FaultKind.THROTTLE, code=code, times=3)

    assert not world.system.read([person])[0].deleted
    assert world.pauses == [1, 2, 4]


@pytest.mark.parametrize(
    ("kind", "tries"), [(FaultKind.DOWN, 4), (FaultKind.HTML, 4), (FaultKind.TIMEOUT_AFTER_COMMIT, 2)]
)
def test_weather_that_stays_is_bounded(world: World, kind: FaultKind, tries: int) -> None:
    person = world.add("ada@example.com")
    world.caught_up()
    world.fault(kind, path="/rest/")

    def read() -> None:
        with pytest.raises(RemoteUnavailable) as unavailable:
            world.system.read([person])
        assert "http" not in str(unavailable.value).lower().replace("usable answer: http", "")

    assert world.calls_of(read) == tries
    (outcome,) = world.system.write([write_of("a", person, title="CTO")])
    assert outcome.status == RETRY_LATER


@pytest.mark.parametrize("kind", [FaultKind.DOWN, FaultKind.HTML, FaultKind.TIMEOUT_AFTER_COMMIT])
def test_identity_has_weather_too(world: World, kind: FaultKind) -> None:
    world.fault(kind, path="/identity/", times=1)

    assert world.system.read(["1"])[0].deleted


def test_when_the_day_is_spent_nothing_is_called_before_midnight_in_chicago(world: World) -> None:
    world.caught_up()
    world.desk("usage", calls=60_000)

    with pytest.raises(BudgetSpent) as spent:
        world.system.read(["1"])
    midnight = int(datetime(2026, 11, 22, 6, tzinfo=UTC).timestamp() * 1000)
    assert spent.value.retry_after_ms == midnight - world.clock.now()
    usage = world.system.usage()
    assert usage is not None
    assert usage.used >= usage.allowed == 50_000

    def refused() -> None:
        with pytest.raises(BudgetSpent):
            world.system.write([write_of("a", "1", title="x")])

    assert world.calls_of(refused) == 0
    world.clock.advance(spent.value.retry_after_ms)
    assert world.system.read(["1"])[0].deleted


@pytest.mark.parametrize(("code", "seen"), [("607", "MARKETO.607"), ("603", "MARKETO.ACCESS_DENIED")])
def test_what_was_written_before_the_door_closed_is_told(world: World, code: str, seen: str) -> None:
    world.caught_up()
    world.fault(FaultKind.THROTTLE, code=code, path="/rest/v1/leads.json", skip=1)
    writes = [write_of(f"lead_{n}", email=f"n{n}@example.com") for n in range(301)]

    outcomes = world.system.write(writes)

    assert {outcome.status for outcome in outcomes[:300]} == {CREATED}
    assert (outcomes[300].status, outcomes[300].code) == (RETRY_LATER, seen)


def test_a_call_that_fails_as_a_whole_concerns_its_own_writes_only(world: World) -> None:
    ids = [world.add(f"p{n}@example.com") for n in range(700)]
    world.caught_up()
    world.fault(FaultKind.DOWN, path="/rest/v1/leads.json", skip=1, times=4)

    outcomes = world.system.write([write_of("a", key, title="CTO") for key in ids])

    expected = [UPDATED] * 300 + [RETRY_LATER] * 300 + [UPDATED] * 100
    assert [outcome.status for outcome in outcomes] == expected


def test_a_heavy_call_is_halved_after_patience(world: World) -> None:
    ids = [world.add(f"p{n}@example.com") for n in range(8)]
    world.caught_up()
    world.fault(FaultKind.THROTTLE, code="611", path="/rest/v1/leads.json", times=4)

    outcomes = world.system.write([write_of("a", key, title="CTO") for key in ids])

    assert {outcome.status for outcome in outcomes} == {UPDATED}


def test_a_system_that_is_really_down_is_not_hammered_by_halving(world: World) -> None:
    ids = [world.add(f"p{n}@example.com") for n in range(300)]
    world.caught_up()
    world.fault(FaultKind.THROTTLE, code="611", path="/rest/v1/leads.json")
    outcomes = []

    calls = world.calls_of(
        lambda: outcomes.extend(world.system.write([write_of("a", key, title="CTO") for key in ids]))
    )

    assert calls == 4 + 2
    assert {(outcome.status, outcome.code) for outcome in outcomes} == {(RETRY_LATER, "MARKETO.611")}


def test_what_salesforce_would_refuse_is_rejected_with_its_code(world: World) -> None:
    person = world.add("ada@example.com")
    world.site.faults.turn_on(Fault(kind=FaultKind.ROW_ERROR, code="1021"))

    (outcome,) = world.system.write([write_of("a", person, title="CTO")])

    assert (outcome.status, outcome.code) == (REJECTED, "MARKETO.1021")
    assert "CTO" not in outcome.message


@pytest.mark.parametrize("code", ["713", "719"])
def test_a_record_may_be_skipped_for_now(world: World, code: str) -> None:
    person = world.add("ada@example.com")
    world.fault(FaultKind.ROW_ERROR, code=code, times=1)

    (outcome,) = world.system.write([write_of("a", person, title="CTO")])

    assert (outcome.status, outcome.code) == (RETRY_LATER, f"MARKETO.{code}")


def test_a_long_list_of_ids_goes_as_a_form(world: World) -> None:
    ids = [str(10**18 + n) for n in range(300)]

    records = world.system.read(ids)

    assert all(record.deleted for record in records)
    assert world.site.calls["POST /rest/v1/leads.json"] == 1


def test_no_call_of_a_write_begins_after_two_minutes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [world.add(f"p{n}@example.com") for n in range(1200)]
    session = world.session()
    monkeypatch.setattr(world, "session", lambda: session)
    world.system = world.connect()
    world.caught_up()
    sent_at = []

    def slow(*_answer: object, **_options: object) -> None:
        sent_at.append(world.clock.now())
        world.clock.advance(50_000)

    session.hooks["response"].append(slow)
    outcomes = world.system.write([write_of("a", key, title="CTO") for key in ids])

    assert len(sent_at) == 3
    assert [outcome.status for outcome in outcomes] == [UPDATED] * 900 + [RETRY_LATER] * 300
    assert outcomes[-1].code == "MARKETO.NO_TIME"
    assert world.system.read(ids[:1])[0].values["title"] == "CTO"


def test_nobody_waits_for_a_try_that_would_begin_too_late(world: World) -> None:
    ids = [world.add(f"p{n}@example.com") for n in range(1200)]
    world.caught_up()
    world.fault(FaultKind.THROTTLE, code="606", path="/rest/v1/leads.json")
    began = world.clock.now()

    outcomes = world.system.write([write_of("a", key, title="CTO") for key in ids])

    assert {(outcome.status, outcome.code) for outcome in outcomes} == {(RETRY_LATER, "MARKETO.606")}
    assert world.clock.now() - began == 100_000


def test_a_megabyte_goes_in_several_calls(world: World) -> None:
    world = World({"email": "email", "address": "text"})
    ids = [world.add(f"p{n}@example.com") for n in range(100)]
    world.caught_up()
    outcomes = []

    calls = world.calls_of(
        lambda: outcomes.extend(world.system.write([write_of("a", key, address="x" * 20_000) for key in ids]))
    )

    assert calls == 3
    assert {outcome.status for outcome in outcomes} == {UPDATED}


def test_no_more_than_fifty_calls_in_twenty_seconds(world: World) -> None:
    world.settings(rate_calls=50)
    for _ in range(120):
        world.system.read(["1"])

    assert world.clock.now() - START == 40_000
    assert sum(world.pauses) == 40


def test_a_figure_that_cannot_be_had_does_not_hold_up_a_pull(world: World) -> None:
    world.fault(FaultKind.DOWN, path="/rest/v1/stats/")
    person = world.add("ada@example.com")

    records, position = world.pull()

    assert [record.remote_id for record in records] == [person]
    assert (world.pauses, world.system.usage()) == ([], None)
    assert world.calls_of(lambda: world.pull(position)) == 3


def test_the_vendor_is_asked_for_the_days_figure_every_250_calls(world: World) -> None:
    world.desk("usage", calls=1000)
    for _ in range(251):
        world.system.read(["1"])

    assert world.site.calls["GET /rest/v1/stats/usage.json"] == 1
    usage = world.system.usage()
    assert usage is not None
    assert (usage.used, usage.allowed) == (1251, 50_000)
    world.clock.advance(DAY)
    usage = world.system.usage()
    assert usage is not None
    assert usage.used == 0
