"""What finding a name costs in DynamoDB, counted: by the rare word of several, however common the other one is."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.bench.metering import MeteredClient
from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.name_rows import ROWS_LOOKED_AT, name_items
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.secrets.identity_key import IdentityKey
from shared.domain.lead.decision import NameWrite
from tests.conformance.worlds import REGION, create_table

COMMON = 2 * ROWS_LOOKED_AT
RARE = 40
IDENTITY = IdentityKey.fixed(b"identity")


@pytest.fixture(scope="module")
def aws() -> Iterator[Any]:
    """Thousands of Annas, and forty of them called Kowalska."""
    with mock_aws():
        client = boto3.client("dynamodb", REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
        create_table(client, "leads")
        changes = [
            NameWrite(f"lead_{n:026d}", ("anna", "kowalska") if n % (COMMON // RARE) == 0 else ("anna", f"n{n}"), ())
            for n in range(COMMON)
        ]
        rows = [row for change in changes for row in name_items(change, IDENTITY, 0)]
        for start in range(0, len(rows), 25):
            puts: Any = [{"PutRequest": {"Item": row}} for row in rows[start : start + 25]]
            client.batch_write_item(RequestItems={"leads": puts})
        yield client


@pytest.fixture
def client(aws: Any) -> MeteredClient:
    return MeteredClient(aws)


def store(client: Any) -> DynamoLeadStore:
    return DynamoLeadStore(client, Tables("leads", "ledger", "keys"), identity=IDENTITY, clock=MemoryClock())


def test_one_word_reads_the_rows_of_one_page(client: MeteredClient) -> None:
    page = store(client).find_by_name(["anna"])

    assert (len(page.lead_ids), client.usage.read_requests) == (50, 1)
    assert client.usage.read_units <= 3


def test_two_words_read_at_most_once_from_each_list_when_one_of_them_is_rare(client: MeteredClient) -> None:
    page = store(client).find_by_name(["anna", "kowalska"])

    assert (len(page.lead_ids), page.after) == (RARE, None)
    assert client.usage.read_requests <= 2


def test_a_word_that_nobody_is_called_ends_the_search_at_once(client: MeteredClient) -> None:
    page = store(client).find_by_name(["anna", "zielinska"])

    assert page.lead_ids == ()
    assert client.usage.read_requests <= 2
