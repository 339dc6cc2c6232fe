"""sync.yaml: what ships, what a wrong line is told, and how the native profile is compiled."""

from pathlib import Path
from typing import NamedTuple

import pytest

from infra.local.simulators.marketo.fields import standard_fields
from infra.local.simulators.salesforce.schema import LEAD_STATUSES, OBJECTS
from infra.local.simulators.salesforce.seed import SALES_USERNAMES
from shared.domain.scoring.condition import Compare
from shared.domain.sync.policy_model import IN, SyncPolicy
from shared.policies.loader import RULES, load_directory
from tests.unit.policies.builders import FILES, errors_after, write_policies


@pytest.fixture(scope="module")
def shipped() -> SyncPolicy:
    return load_directory(RULES).sync


def test_every_mapped_field_exists_in_the_other_system_and_can_be_written_there(shipped: SyncPolicy) -> None:
    marketo = standard_fields()
    known = {
        "salesforce.lead": {field.name: field for field in OBJECTS["Lead"].fields},
        "salesforce.contact": {field.name: field for field in OBJECTS["Contact"].fields},
    }
    for field in shipped.fields:
        for record, spec in field.remote.items():
            if record == "marketo.person":
                assert not marketo[spec.name].company or spec.direction == IN
                assert not marketo[spec.name].read_only or spec.direction == IN
            else:
                assert spec.name in known[record]


def test_every_status_and_owner_that_is_named_exists(shipped: SyncPolicy) -> None:
    handover = shipped.handover
    statuses = {handover.status, *handover.answers, *(status for status, _ in handover.stages.values())}
    owners = {owner for territory in handover.territories for owner in territory.owners}

    assert statuses <= LEAD_STATUSES.keys()
    assert owners <= set(SALES_USERNAMES)
    assert {owner for _, owner in handover.stages.values()} == {"", "Inbound leads"}


def test_sales_gets_people_by_hand_over_only(shipped: SyncPolicy) -> None:
    assert shipped.create["salesforce"] == Compare("handover.state", "exists")


def test_the_native_profile_gives_its_rule_to_two_way_fields_but_never_to_opt_outs(tmp_path: Path) -> None:
    own = load_directory(write_policies(tmp_path)).sync
    native = load_directory(write_policies(tmp_path, sync="profile: native\n" + FILES["sync.yaml"])).sync

    assert [field.rule for field in own.fields] == [
        "latest", "latest", "owner:salesforce", "merge:least-permissive", "owner:leadspine",
    ]  # fmt: skip
    assert [field.rule for field in native.fields] == [
        "native", "native", "native", "merge:least-permissive", "owner:leadspine",
    ]  # fmt: skip
    assert own.version != native.version


class Wrong(NamedTuple):
    old: str
    new: str
    field: str
    says: str


FIELD = "fields[0]"
POINTS = "fields[4].remote.marketo.person"
LEAD = f"{FIELD}.remote.salesforce.lead"
PLACES = "handover.territories"
WRONG = [
    Wrong("tie: salesforce", "tie: salesfroce", "conflicts.tie", 'did you mean "salesforce"?'),
    Wrong("freeze_after: 3", "freeze_after: 1", "conflicts.freeze_after", "greater than or equal to 2"),
    Wrong("local: profile.email", "local: profile.e_mail", f"{FIELD}.local", 'did you mean "profile.email"?'),
    Wrong("local: profile.email", "local: profile.phone", "fields", "must map profile.email"),
    Wrong("local: name.last", "local: name.lost", "fields[1].local", 'did you mean "name.last"?'),
    Wrong("local: name.last", "local: consent.ad.sms.status", "fields[1].local", "unknown purpose"),
    Wrong("type: email", "type: e-mail", f"{FIELD}.type", 'did you mean "email"?'),
    Wrong("type: email", "type: email\n    rule: lastest", f"{FIELD}.rule", 'did you mean "latest"?'),
    Wrong("type: email", "type: email\n    rule: merge:sum", f"{FIELD}.rule", "is for fields of type number"),
    Wrong("rule: merge:least-permissive", "rule: latest", "fields[3].rule", "must be merge:least-permissive"),
    Wrong("type: flag", "type: text", "fields[3].type", "must be flag"),
    Wrong("name: leadScore, direction: out", "name: leadScore", f"{POINTS}.direction", "must be out"),
    Wrong("marketo.person: {name: email}", "marketo.people: {name: email}", f"{FIELD}.remote.marketo.people",
          'did you mean "marketo.person"?'),
    Wrong("name: Email}", "name: Company}", "fields[2].remote.salesforce.lead.name", "already mapped to email"),
    Wrong(", default: unknown", "", "fields[1].remote.salesforce.lead.default", "no lead without LastName"),
    Wrong("name: LastName", "name: Surname", "fields", "must map salesforce.lead LastName"),
    Wrong("name: Email}", "name: Email, direction: outwards}", f"{LEAD}.direction", "unknown value"),
    Wrong("name: Email}", "name: Email, direction: in, default: x}", f"{LEAD}.default",
          "only read"),
    Wrong("handover.state, op: exists", "handover.stat, op: exists", "create.salesforce.field",
          'did you mean "handover.state"?'),
    Wrong("value: given", "value: yep", "create.marketo.value", '"yep" never occurs in consent.processing'),
    Wrong("field: consent.processing", "field: consent.procesing", "create.marketo.field",
          'did you mean "consent.processing"?'),
    Wrong("field: consent.processing", "field: signal.kind", "create.marketo.field", "sync.yaml cannot read"),
    Wrong("Call {name}", "Call {nam}", "handover.task_subject", 'did you mean "{name}"?'),
    Wrong("      when: {field: profile.country, op: eq, value: PL}\n", "", f"{PLACES}[0].when", "required"),
    Wrong("owners: [sam@acme.test]", "owners: [sam@acme.test]\n      when: {field: known, op: eq, value: true}",
          "handover.territories[1].when", "must be left out in the last territory"),
    Wrong("owners: [sam@acme.test]", "owners: []", "handover.territories[1].owners", "must not be empty"),
    Wrong("name: rest", "name: poland", "handover.territories[1].name", '"poland" is used twice'),
    Wrong("Rejected: rejected:inquiry", "Rejected: rejected", "handover.answers.Rejected", "must be accepted or"),
    Wrong("Rejected: rejected:inquiry", "Rejected: rejected:inquery", "handover.answers.Rejected",
          'did you mean "inquiry"?'),
    Wrong("customer: {status", "costumer: {status", "handover.stages.costumer", 'did you mean "customer"?'),
    Wrong("  salesforce: {daily: 1000, careful: 0.7", "  salesforce: {daily: 1000, careful: 0.85",
          "budgets.salesforce.urgent_only", "must be above careful (0.85)"),
    Wrong("  marketo: {daily: 1000, careful: 0.7, urgent_only: 0.8, stop: 0.9}\n", "", "budgets.marketo", "required"),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.field} {wrong.new[:30]}")
def test_a_wrong_value_is_named_with_its_line_and_field(tmp_path: Path, wrong: Wrong) -> None:
    errors = errors_after(tmp_path, "sync.yaml", wrong.old, wrong.new)

    found = [error for error in errors if error.field == wrong.field]
    assert found, [str(error) for error in errors]
    assert any(wrong.says in error.message for error in found), str(found)
    assert {error.file for error in errors} == {"sync.yaml"}
    assert all(error.line > 0 for error in errors)
