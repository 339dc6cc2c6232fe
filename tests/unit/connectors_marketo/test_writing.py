"""One bad record among good ones, when the vendor lets the whole call fail for it."""

from collections.abc import Mapping
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory.clock import MemoryClock
from shared.connectors.marketo.client import MarketoClient, Unanswered
from shared.connectors.marketo.failures import Refused, TooBig, fields_named
from shared.connectors.marketo.reading import PeopleReader
from shared.connectors.marketo.writing import PeopleWriter
from shared.domain.sync.model import REJECTED, RETRY_LATER, UPDATED, WriteOutcome
from tests.unit.connectors_marketo.world import policy, write_of


class Picky:
    """Fails a call as a whole while a record of it has the poison."""

    def __init__(self, failure: Exception) -> None:
        self.failure = failure
        self.calls = 0

    def post(self, path: str, body: Mapping[str, Any], *, patient: bool = True, **_more: Any) -> Mapping[str, Any]:
        self.calls += 1
        if any("poison" in record for record in body["input"]):
            raise self.failure
        return {"success": True, "result": [{"id": row["id"], "status": "updated"} for row in body["input"]]}


def outcomes_with(failure: Exception, count: int, bad: set[int]) -> tuple[list[WriteOutcome], Picky]:
    client = Picky(failure)
    marketo = cast("MarketoClient", client)
    writer = PeopleWriter(marketo, PeopleReader(marketo, policy(), MemoryClock()))
    values = {n: {"poison": "1"} if n in bad else {"title": "CTO"} for n in range(count)}
    writes = [write_of(f"lead_{n}", str(n + 1), **values[n]) for n in range(count)]
    return list(writer.write(writes)), client


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (Unanswered("611"), RETRY_LATER, "MARKETO.611"),
        (Unanswered("604"), RETRY_LATER, "MARKETO.604"),
        (Refused("1001", "Invalid value '1'. Required of type 'Integer'"), REJECTED, "MARKETO.1001"),
        (TooBig(), REJECTED, "MARKETO.413"),
    ],
)
@given(place=st.integers(0, 299))
def test_one_bad_record_is_found_by_halving(failure: Exception, status: str, code: str, place: int) -> None:
    outcomes, client = outcomes_with(failure, 300, {place})

    assert (outcomes[place].status, outcomes[place].code) == (status, code)
    assert {outcome.status for n, outcome in enumerate(outcomes) if n != place} == {UPDATED}
    assert client.calls <= 1 + 2 * 9


@given(bad=st.sets(st.integers(0, 19)), code=st.sampled_from(["502", "611", "604", "TIMEOUT"]))
def test_every_write_has_its_own_outcome_whatever_fails(bad: set[int], code: str) -> None:
    outcomes, client = outcomes_with(Unanswered(code), 20, bad)

    assert {outcomes[n].status for n in bad} <= {RETRY_LATER}
    assert {outcome.status for outcome in outcomes} <= {UPDATED, RETRY_LATER}
    assert all(outcome.remote_id == str(n + 1) for n, outcome in enumerate(outcomes) if outcome.status == UPDATED)
    assert client.calls <= 1 + 2 * 5


@given(bad=st.sets(st.integers(0, 19)))
def test_an_unknown_field_of_a_call_is_the_failure_of_the_records_that_have_it(bad: set[int]) -> None:
    outcomes, client = outcomes_with(Refused("1006", "Field 'poison' not found"), 20, bad)

    assert {n for n, outcome in enumerate(outcomes) if outcome.status == REJECTED} == bad
    assert all(outcomes[n].fields == ("poison",) for n in bad)
    assert client.calls <= 2


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Invalid value 'O'Brien'. Required of type 'Integer'", ("lastName",)),
        ("Field 'title' is read only", ("title",)),
        ("Value of field 'title' is longer than 255", ("title",)),
        ("Lead 'nobody' is strange", ()),
        ("", ()),
    ],
)
def test_the_fields_of_a_refusal(text: str, named: tuple[str, ...]) -> None:
    assert fields_named(text, {"title": "CTO", "lastName": "O'Brien"}) == named
