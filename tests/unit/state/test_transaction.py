"""One decision as one transaction: what is written, under which condition, and what a refusal means."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import ANY, Stubber

from shared.adapters.dynamodb.items import MAX_TRANSACTION_ITEMS
from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.transaction import Tables, plan, request_token
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.consent_ledger import MemoryConsentLedger, MemoryKeyRing
from shared.adapters.memory.lead_store import count_items
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.sealing import Sealer
from shared.adapters.secrets.identity_key import IdentityKey
from shared.domain.lead.decision import NameWrite
from shared.ports.failures import StoreUnavailable
from shared.ports.leads import DecisionTooLarge, LeadConflict
from tests.conformance.builders import AT, EMAIL, a_consent, a_decision, a_fact, a_lead

TABLES = Tables("leads", "ledger", "keys")
IDENTITY = IdentityKey.fixed(b"identity")
LINKED = a_fact(n=1, name="CompanyLinked", company_id="b", domain=None, by="name", previous_company_id="a")


RENAMED = NameWrite("lead_1", ("anna", "maria", "kowalska"), ("nowak",))


def planned(decision: Any, sealed: Any = ()) -> Any:
    return plan(decision, sealed, tables=TABLES, identity=IDENTITY, now=AT)


def sealed_events() -> Any:
    ledger = MemoryConsentLedger(MemoryTables(), Sealer(MemoryKeyRing(tenant="acme"), tenant="acme"))
    return ledger.seal([a_consent(), a_consent(given=False, at=AT + 1), a_consent("subject_2")])


def test_the_twin_in_memory_counts_as_many_items_as_are_written() -> None:
    cases = [
        (a_decision(), ()),
        (a_decision(facts=(a_fact(), LINKED)), sealed_events()),
        (a_decision(names=(RENAMED,)), ()),
        (a_decision(phones=(("+1", "a"), ("+1", "a"), ("+1", "b")), pointers=((EMAIL, "a"), (EMAIL, "a"))), ()),
    ]

    for decision, sealed in cases:
        assert count_items(decision, sealed) == len(planned(decision, sealed))


def test_a_ledger_head_is_written_once_with_its_last_state_on_condition_of_its_first() -> None:
    heads = [write for write in planned(a_decision(), sealed_events()) if write.label == "ledger head"]

    assert [(write.item["pk"]["S"], write.item["seq"]["N"]) for write in heads] == [
        ("S#subject_1", "2"),
        ("S#subject_2", "1"),
    ]
    assert {write.condition for write in heads} == {"attribute_not_exists(pk)"}


def test_no_key_and_no_attribute_holds_a_readable_identifier() -> None:
    text = repr([write.item for write in planned(a_decision(names=(RENAMED,)))])

    assert "ada@example.com" not in text
    assert "48600100200" not in text
    assert not any(word in text for word in ("anna", "kowalska", "nowak"))


def test_a_word_that_left_a_name_has_a_row_that_removes_itself() -> None:
    rows = [write.item for write in planned(a_decision(names=(RENAMED,))) if write.label == "name of lead_1"]

    assert ["expires_at" in row for row in rows] == [False, False, False, True]
    assert all(row["sk"]["S"] == "LEAD#lead_1" for row in rows)
    assert all(len(row["words"]["S"].split()) == 2 for row in rows[:3])


def test_a_decision_only_puts_and_every_row_that_must_not_be_lost_has_a_condition() -> None:
    writes = planned(a_decision(facts=(a_fact(), LINKED), names=(RENAMED,)), sealed_events())

    assert all(set(write.request()) == {"Put"} for write in writes)
    free = {write.label.split()[0] for write in writes if not write.condition}
    assert free == {"phone", "name", "seen", "company"}


def test_facts_that_do_not_fit_one_row_take_several_and_all_are_in_them() -> None:
    facts = tuple(a_fact(n=n, name="ProfileChanged", fields=[f"{n:08d}" * 4]) for n in range(1000))

    rows = [write for write in planned(a_decision(facts=facts)) if write.label.startswith("outbox")]

    assert len(rows) == 4
    assert len({write.item["sk"]["S"] for write in rows}) == 4


def test_the_request_token_depends_on_the_content_only() -> None:
    one, same, other = planned(a_decision()), planned(a_decision()), planned(a_decision(a_lead(touch_count=1)))

    assert request_token(one) == request_token(same) != request_token(other)
    assert len(request_token(one)) == 36


def store_answering(code: str, reasons: Any = None) -> tuple[DynamoLeadStore, Stubber]:
    client = boto3.client("dynamodb", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    stub = Stubber(client)
    expected = {"TransactItems": ANY, "ClientRequestToken": ANY}
    meta = {"CancellationReasons": reasons} if reasons else {}
    stub.add_client_error("transact_write_items", code, "message", expected_params=expected, modeled_fields=meta)
    stub.activate()
    return DynamoLeadStore(client, TABLES, identity=IDENTITY, clock=MemoryClock()), stub


def reasons(*codes: str) -> list[dict[str, str]]:
    return [{"Code": code} for code in codes]


@pytest.mark.parametrize(
    ("code", "why", "error", "says"),
    [
        ("TransactionCanceledException", reasons("None", "ConditionalCheckFailed"), LeadConflict, "pointer of lead_1"),
        ("TransactionCanceledException", reasons("TransactionConflict", "None"), LeadConflict, "head lead_1"),
        ("TransactionCanceledException", reasons("None", "ThrottlingError"), StoreUnavailable, "Throttling"),
        ("TransactionCanceledException", reasons("ItemCollectionSizeLimitExceeded"), DecisionTooLarge, "Size"),
        ("TransactionCanceledException", reasons("ConditionalCheckFailed", "ThrottlingError"), LeadConflict, "head"),
        ("ProvisionedThroughputExceededException", None, StoreUnavailable, "Provisioned"),
        ("ThrottlingException", None, StoreUnavailable, "Throttling"),
        ("InternalServerError", None, StoreUnavailable, "Internal"),
        ("TransactionInProgressException", None, StoreUnavailable, "InProgress"),
    ],
)
def test_a_refusal_says_whether_to_decide_again_to_split_or_to_wait(
    code: str, why: Any, error: type[Exception], says: str
) -> None:
    store, _ = store_answering(code, why)

    with pytest.raises(error, match=says):
        store.commit(a_decision())


def test_a_programming_error_is_not_disguised_as_something_passing() -> None:
    store, _ = store_answering("AccessDeniedException")

    with pytest.raises(Exception, match="AccessDenied"):
        store.commit(a_decision())


@pytest.mark.parametrize(
    "error", [EndpointConnectionError(endpoint_url="http://x"), ReadTimeoutError(endpoint_url="http://x")], ids=str
)
def test_a_lost_connection_says_try_later(error: Exception) -> None:
    class Unreachable:
        def __getattr__(self, name: str) -> Any:
            def call(**_: Any) -> None:
                raise error

            return call

    client: Any = Unreachable()
    store = DynamoLeadStore(client, TABLES, identity=IDENTITY, clock=MemoryClock())

    for call in (lambda: store.commit(a_decision()), lambda: store.load([EMAIL]), lambda: store.get("lead_1")):
        with pytest.raises(StoreUnavailable):
            call()


def test_a_decision_may_have_a_hundred_items_because_dynamodb_says_so() -> None:
    assert MAX_TRANSACTION_ITEMS == 100
