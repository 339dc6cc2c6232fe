"""What a signal costs in DynamoDB, counted on real rows: no clock, so these numbers hold on every machine."""

import pytest

from infra.bench import writes
from infra.bench.metering import MeteredClient, item_bytes

EXACT = {
    writes.SINGLE: (2, 2, 2, 9),
    writes.TEN_SINGLE: (20, 20, 20, 90),
    writes.TEN_FOLDED: (2, 2, 2, 14),
    writes.ONE_REQUEST: (2, 2, 2, 9),
    writes.ATTACHED: (3, 3, 2, 13),
    writes.FORM: (1, 1, 2, 21),
    writes.FORM_CONSENTS: (3, 3, 2, 29),
    writes.AGAIN: (4, 4, 2, 9),
    writes.AGAIN_CONSENTS: (6, 6, 2, 15),
}
"""Case → read requests, read units, write requests, write units, from the queue to the removed outbox row.

A form of a new person writes one row of two units per word of the name, once: by these the person is found.
"""

AT_MOST = {writes.HUNDRED: (4, 6, 3, 48), writes.TEN_ATTACHED: (3, 3, 2, 18)}
"""Rows of these end within a few bytes of a kilobyte: another compressor may save or cost a unit."""


@pytest.mark.parametrize("case", EXACT)
def test_a_signal_needs_exactly_these_requests_and_units(case: str) -> None:
    used = writes.spent(case).dynamodb

    assert (used.read_requests, used.read_units, used.write_requests, used.write_units) == EXACT[case]


@pytest.mark.parametrize("case", AT_MOST)
def test_a_large_fold_needs_at_most_these_requests_and_units(case: str) -> None:
    used = writes.spent(case).dynamodb
    found = (used.read_requests, used.read_units, used.write_requests, used.write_units)

    assert all(value <= bound for value, bound in zip(found, AT_MOST[case], strict=True)), found


def test_ten_folded_signals_cost_at_most_forty_per_cent_of_ten_single_ones() -> None:
    single, folded = writes.spent(writes.TEN_SINGLE), writes.spent(writes.TEN_FOLDED)

    assert (single.signals, folded.signals) == (10, 10)
    assert (single.decisions, folded.decisions) == (10, 1)
    assert folded.dynamodb.write_units <= 0.40 * single.dynamodb.write_units


def test_a_hundred_signals_of_one_person_are_two_decisions() -> None:
    spent = writes.spent(writes.HUNDRED)

    assert (spent.signals, spent.decisions) == (100, 2)


def test_counting_again_on_another_installation_finds_the_same() -> None:
    first = writes.spent(writes.FORM_CONSENTS)
    writes.spent.cache_clear()

    again = writes.spent(writes.FORM_CONSENTS)

    assert (again.dynamodb.write_units, again.dynamodb.read_units) == (
        first.dynamodb.write_units,
        first.dynamodb.read_units,
    )


def test_only_consent_needs_the_key_service_and_only_once_per_person() -> None:
    assert [writes.spent(case).kms_calls for case in (writes.FORM, writes.FORM_CONSENTS, writes.AGAIN_CONSENTS)] == [
        0,
        1,
        1,
    ]


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "a"}}, 3),
        ({"pk": {"S": "ż"}}, 4),
        ({"n": {"N": "7"}}, 3),
        ({"n": {"N": "-1700000000000"}}, 4),
        ({"n": {"N": "1234567"}}, 6),
        ({"body": {"B": b"12345"}}, 9),
    ],
)
def test_an_item_is_as_large_as_dynamodb_says(item: dict[str, dict[str, object]], size: int) -> None:
    assert item_bytes(item) == size


class Answers:
    """A client that stores nothing: it answers what it is told to."""

    def __init__(self, stored: dict[str, object] | None = None, items: tuple[dict[str, object], ...] = ()) -> None:
        self.stored, self.items = stored, items

    def get_item(self, **_: object) -> dict[str, object]:
        return {"Item": self.stored} if self.stored else {}

    def batch_get_item(self, **_: object) -> dict[str, object]:
        return {"Responses": {"leads": list(self.items)}}

    def query(self, **_: object) -> dict[str, object]:
        return {"Items": list(self.items)}

    def transact_write_items(self, **_: object) -> dict[str, object]:
        return {}

    def put_item(self, **_: object) -> dict[str, object]:
        return {}

    def update_item(self, **_: object) -> dict[str, object]:
        return {}

    def delete_item(self, **_: object) -> dict[str, object]:
        return {}

    def batch_write_item(self, **_: object) -> dict[str, object]:
        return {}


def row(size: int) -> dict[str, object]:
    """A row of exactly that many bytes."""
    return {"pk": {"S": "p"}, "sk": {"S": "s"}, "body": {"B": b"x" * (size - 10)}}


@pytest.mark.parametrize(
    ("old", "new", "units"), [(None, 1024, 2), (None, 1025, 4), (3000, 500, 6), (500, 3000, 6)], ids=str
)
def test_a_transactional_write_costs_two_units_per_kilobyte_of_the_larger_row(
    old: int | None, new: int, units: int
) -> None:
    client = MeteredClient(Answers(row(old) if old else None))

    client.transact_write_items(TransactItems=[{"Put": {"TableName": "leads", "Item": row(new)}}])

    assert (client.usage.write_units, client.usage.write_requests) == (units, 1)


def test_a_condition_on_another_row_costs_two_units_per_kilobyte_of_it() -> None:
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    client = MeteredClient(Answers(row(1500)))

    client.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "sync", "Item": row(100)}},
            {"ConditionCheck": {"TableName": "sync", "Key": key}},
        ]
    )

    assert (client.usage.write_units, client.usage.rows_written) == (4 + 4, 1)


def test_single_writes_cost_a_unit_per_kilobyte_of_the_larger_row() -> None:
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    client = MeteredClient(Answers(row(1500)))

    client.put_item(TableName="sync", Item=row(2500))
    client.update_item(TableName="sync", Key=key)
    client.delete_item(TableName="sync", Key=key)

    assert (client.usage.write_units, client.usage.write_requests) == (3 + 2 + 2, 3)


def test_reads_cost_a_unit_per_four_kilobytes_and_one_where_nothing_is() -> None:
    client = MeteredClient(Answers(items=(row(4097),)))

    client.batch_get_item(RequestItems={"leads": {"Keys": [{}, {}, {}]}})
    client.query()

    assert (client.usage.read_units, client.usage.read_requests) == (2 + 2 + 2, 2)


def test_removing_a_row_costs_its_size_and_at_least_one_unit() -> None:
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    removal = {"leads": [{"DeleteRequest": {"Key": key}}]}
    large, absent = MeteredClient(Answers(row(2000))), MeteredClient(Answers())

    large.batch_write_item(RequestItems=removal)
    absent.batch_write_item(RequestItems=removal)

    assert (large.usage.write_units, absent.usage.write_units) == (2, 1)
