"""Ids, SOQL, values and messages of the Salesforce connector."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.simulators.salesforce.ids import id18 as simulated_id18
from infra.local.simulators.salesforce.soql_text import Comparison, parse
from shared.connectors.salesforce.errors import DROP, LOCKED, Refusal, refusal_of, told
from shared.connectors.salesforce.ids import id18
from shared.connectors.salesforce.queries import (
    LIST_CHARACTERS,
    Select,
    after,
    columns_of,
    escaped,
    in_lists,
    listed,
    names_of,
)
from shared.connectors.salesforce.reading import domain_of, instant, missing, text
from tests.contracts.salesforce_world import a_policy

LETTERS = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


@pytest.mark.parametrize(
    ("short", "long"), [("001D000000IRFma", "001D000000IRFmaIAH"), ("003RO0000035WQg", "003RO0000035WQgYAM")]
)
def test_ids_of_the_documentation_get_their_checksum(short: str, long: str) -> None:
    assert (id18(short), id18(long), id18(""), id18("queue")) == (long, long, "", "queue")


@given(st.lists(LETTERS, min_size=15, max_size=15).map("".join))
def test_any_id_has_one_long_form(short: str) -> None:
    assert id18(short) == simulated_id18(short) == id18(id18(short))


@given(st.text())
def test_text_survives_a_soql_string(value: str) -> None:
    condition = parse(f"SELECT Id FROM Lead WHERE Email = '{escaped(value)}'").where  # noqa: S608
    assert isinstance(condition, Comparison)
    assert condition.value.value == value  # type: ignore[union-attr]


@given(st.lists(st.text(max_size=80)))
def test_lists_hold_every_value_once_and_fit_a_query(values: list[str]) -> None:
    groups = list(in_lists(values))
    assert [one for group in groups for one in group] == list(dict.fromkeys(values))
    for group in groups:
        path = Select(source="Lead", columns=("Id",), where=f"Email IN ({listed(group)})").path()
        assert len(group) == 1 or len(path) < 2 * LIST_CHARACTERS


def test_a_query_holds_each_column_once_and_goes_on_without_hidden_ones() -> None:
    columns = columns_of(a_policy())
    assert len({name.lower() for name in columns["lead"]}) == len(columns["lead"])
    assert {"Leadspine_Id__c", "Marketo_Lead_Id__c", "Lead_Score__c", "SystemModstamp"} <= set(columns["lead"])
    select = Select(source="Opportunity", columns=columns["opportunity"], where=after(1000, "", 0), children=True)
    assert select.text().endswith(
        "WHERE IsDeleted = false) FROM Opportunity WHERE SystemModstamp >= 1970-01-01T00:00:01Z"
    )
    bare = select.text(frozenset({"amount", "opportunitycontactroles"}))
    assert "Amount" not in bare
    assert "OpportunityContactRoles" not in bare


def test_keyset_conditions() -> None:
    assert after(0, "", 0) == ""
    assert after(1000, "00Q1", 5000) == (
        "((SystemModstamp = 1970-01-01T00:00:01Z AND Id > '00Q1') OR SystemModstamp > 1970-01-01T00:00:01Z)"
        " AND SystemModstamp <= 1970-01-01T00:00:05Z"
    )


def test_what_an_invalid_field_is_about() -> None:
    select = Select(source="Contact", columns=("Id", "Title", "Account.Name", "Account.Website", "Name"), children=True)
    assert select.lost_columns(("Title", "Contact"), "") == {"title"}
    assert select.lost_columns(("Name", "Account"), "") == {"account.name"}
    assert select.lost_columns(("Name", "Contact"), "") == {"name"}
    unknown = "Didn't understand relationship 'Account' in field path."
    assert select.lost_columns(None, unknown) == {"account.name", "account.website"}
    assert select.lost_columns(("Id", "Contact"), "") == frozenset()
    assert select.lost_columns(None, "something else") == frozenset()


def test_ids_come_from_the_policy_or_are_the_usual_ones() -> None:
    assert names_of(a_policy()) == ("Leadspine_Id__c", "Marketo_Lead_Id__c")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""), (True, "true"), (False, "false"), (12500.0, "12500"), (0.1, "0.1"), (7, "7"), (" x ", "x"),
        ("2026-01-31T10:20:30.000+0000", "2026-01-31T10:20:30.000Z"), ("2026-01-31", "2026-01-31"),
    ],
)  # fmt: skip
def test_json_becomes_text(value: object, expected: str) -> None:
    assert text(value) == expected


def test_stamps_are_milliseconds() -> None:
    assert instant("2026-01-31T10:20:30.000+0000") == 1_769_854_830_000
    assert instant(None) == instant("2026-01-31") == 0


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.Acme.example/x?y", "acme.example"), ("acme.example", "acme.example"), ("", ""), ("n/a", ""),
        ("http://[", ""), ("WWW.acme.co.uk:8080", "acme.co.uk"),
    ],
)  # fmt: skip
def test_the_domain_of_an_account(website: str, domain: str) -> None:
    assert domain_of(website) == domain


def test_a_missing_record_is_gone() -> None:
    assert (missing("00Q1", read_at=1).object, missing("0031", read_at=1).object) == ("lead", "contact")
    assert missing("0031", read_at=1).deleted


@pytest.mark.parametrize(
    "message",
    [
        "Email: invalid email address: ada@example.com",
        "Title: data value too large: Chief of ada (max length=128)",
        "bad value for restricted picklist field: ada@example.com",
        "Cannot deserialize instance of date from VALUE_STRING value ada or request may be missing a required field",
        "Rule says that Ada <ada@example.com> +49 30 1234567 is wrong",
        "LeadTrigger: execution of AfterUpdate caused by: ADA",
    ],
)
def test_messages_do_not_carry_values(message: str) -> None:
    shown = told(Refusal("X", message), ("ada", "", "a"))
    assert "ada" not in shown.lower().replace("data value", "")
    assert "1234567" not in shown
    assert len(shown) <= 200


@given(st.text(), st.lists(st.text(min_size=2, max_size=20)))
def test_a_message_is_bounded_whatever_it_is(message: str, values: list[str]) -> None:
    assert len(told(Refusal("X", message), values)) <= 200


def test_errors_are_found_in_every_shape() -> None:
    assert refusal_of([{"errorCode": "A", "message": "m", "fields": ["F"]}])[:3] == ("A", "m", ("F",))
    assert refusal_of({"success": False, "errors": [{"statusCode": "B"}]}).code == "B"
    assert refusal_of({"error": "invalid_grant", "error_description": "d"})[:2] == ("invalid_grant", "d")
    for nothing in (None, [], "text", [1], {"errors": []}):
        assert refusal_of(nothing).code == "UNKNOWN_EXCEPTION"


def test_a_lock_inside_a_trigger_is_a_lock() -> None:
    assert Refusal("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Trigger: UNABLE_TO_LOCK_ROW, unable …").meaning == LOCKED
    hidden = Refusal("INVALID_FIELD", "No such column 'Title' on sobject of type Lead")
    assert (hidden.meaning, hidden.refused_fields) == (DROP, ("Title",))
    assert Refusal("INACTIVE_OWNER_OR_USER", "").refused_fields == ("OwnerId",)
    duplicate = Refusal(
        "DUPLICATE_VALUE", "duplicate value found: X duplicates value on record with id: 00QD0000000001q"
    )
    assert duplicate.records_in_the_way() == (id18("00QD0000000001q"),)
