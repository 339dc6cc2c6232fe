"""Who may do what: exactly the catalog's grants, and a few things that must hold whatever the catalog says."""

import json
from collections import defaultdict
from typing import Any

import pytest

from infra.catalog import CATALOG
from infra.catalog_types import Bucket, Function, Grant, Mail, QueueTrigger
from tests.infrastructure.template import Template, target

FUNCTIONS = pytest.mark.parametrize("function", CATALOG.functions, ids=lambda f: f.name)
SERVICE = {
    "Table": "dynamodb",
    "Queue": "sqs",
    "Bucket": "s3",
    "Secret": "secretsmanager",
    "Key": "kms",
    "Bus": "events",
    "Mail": "ses",
}
Rights = dict[str, set[str]]
MAIL = tuple(
    f"arn:AWS::Partition:ses:AWS::Region:AWS::AccountId:{resource}"
    for resource in (f"identity/{CATALOG.mail.sender.partition('@')[2]}", f"configuration-set/{CATALOG.mail.name}")
)
"""What sending is a right on: the identity and the configuration set."""


def rights(template: Template, role: str) -> Rights:
    """What a role may do: resource → actions, without the use of the storage key."""
    found: Rights = defaultdict(set)
    for statement in template.statements(template.roles()[role]):
        for resource in statement["Resource"]:
            if target(resource) != "storage key":
                found[target(resource)].update(statement["Action"])
    return dict(found)


def wanted(function: Function) -> Rights:
    found: Rights = defaultdict(set)
    for grant in function.grants:
        for resource, action in granted(grant):
            found[resource].add(action)
    for trigger in CATALOG.triggers_of(function):
        if isinstance(trigger, QueueTrigger):
            actions = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
            found[trigger.queue].update(f"sqs:{action}" for action in actions)
        else:
            actions = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")
            found[f"{trigger.table} stream"].update(f"dynamodb:{action}" for action in actions)
            found[trigger.dlq].add("sqs:SendMessage")
    for queue in CATALOG.queues if function.watches else ():
        found[queue.name].add("sqs:GetQueueAttributes")
    for schedule in CATALOG.schedules:
        if schedule.function == function.name:
            found[schedule.dlq].add("sqs:SendMessage")
    found[f"{function.name} logs"].update({"logs:CreateLogStream", "logs:PutLogEvents"})
    return dict(found)


def granted(grant: Grant) -> list[tuple[str, str]]:
    resource = next(r for r in CATALOG.named() if r.name == grant.resource)
    service = SERVICE[type(resource).__name__]
    if isinstance(resource, Mail):
        return [(arn, f"ses:{action}") for arn in MAIL for action in grant.actions]
    name = "data key" if service == "kms" else grant.resource
    return [
        (f"{name}/{grant.prefix}*" if action != "ListBucket" and isinstance(resource, Bucket) else name, right)
        for action in grant.actions
        for right in (f"{service}:{action}",)
    ]


@FUNCTIONS
def test_a_role_may_do_exactly_what_the_catalog_grants(template: Template, function: Function) -> None:
    assert rights(template, function.name) == wanted(function)


def test_every_function_has_a_role_of_its_own(template: Template) -> None:
    roles = [json.dumps(f["Role"]) for f in template.properties("Lambda::Function").values()]

    assert len(set(roles)) == len(CATALOG.functions)
    assert len(template.roles()) == len(CATALOG.functions) + len(CATALOG.schedules)


def test_no_role_has_a_wildcard_but_for_keys_of_objects(template: Template) -> None:
    for name, role in template.roles().items():
        assert "ManagedPolicyArns" not in role["Properties"], name
        for statement in template.statements(role):
            assert not [action for action in statement["Action"] if "*" in action], name
            stars = {target(r) for r in statement["Resource"] if "*" in target(r)}
            below = ("", "records/", "costs/")
            assert stars <= {f"{bucket.name}/{p}*" for bucket in CATALOG.buckets for p in below}, name


def test_there_are_no_policies_beside_those_of_the_roles(template: Template) -> None:
    assert not template.of_type("IAM::Policy")
    assert not template.of_type("IAM::ManagedPolicy")


def test_the_storage_key_is_used_through_services_only(template: Template) -> None:
    for name, role in template.roles().items():
        for statement in template.statements(role):
            if "storage key" in map(target, statement["Resource"]):
                (condition,) = statement["Condition"]["StringEquals"].items()
                assert condition[0] == "kms:ViaService", name


DECIDERS = {"process_signals", "reconcile_records"}
PUSHERS = {"push_salesforce", "push_marketo"}
SUPPRESSORS = {"send_message", "accept_unsubscribe", "receive_feedback"}
"""Who records permits or suppressions in the ledger, and writes down withdrawals as signals."""


def who_may(template: Template, action: str, resource: str) -> set[str]:
    return {role for role in template.roles() if action in rights(template, role).get(resource, ())}


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("kms:Decrypt", "data key", DECIDERS),
        ("kms:GenerateDataKey", "data key", DECIDERS),
        ("dynamodb:PutItem", "ledger", DECIDERS | SUPPRESSORS),
        ("dynamodb:PutItem", "leads", DECIDERS | PUSHERS | {"serve_api", "watch_handovers", "send_message"}),
        ("dynamodb:PutItem", "keys", DECIDERS),
        ("dynamodb:DeleteItem", "keys", set()),
        ("dynamodb:BatchWriteItem", "leads", {"relay_outbox", "sweep_outbox", "watch_handovers"}),
        ("events:PutEvents", "bus", {"relay_outbox", "sweep_outbox"}),
        ("s3:GetObject", "raw/*", {"process_signals"}),
        ("s3:PutObject", "raw/*", {"receive_webhook", "collect_events"} | SUPPRESSORS),
        ("s3:DeleteObject", "raw/*", set()),
        ("secretsmanager:GetSecretValue", "sources", {"receive_webhook", "collect_events", "receive_costs"}),
        ("s3:PutObject", "lake-bucket/costs/*", {"serve_api", "receive_costs"}),
        (
            "secretsmanager:GetSecretValue",
            "identity",
            DECIDERS | PUSHERS | {"serve_api", "serve_console", "watch_handovers", "send_message"},
        ),
        ("secretsmanager:GetSecretValue", "links", SUPPRESSORS),
        ("secretsmanager:GetSecretValue", "salesforce", {"pull_salesforce", "push_salesforce"}),
        ("secretsmanager:GetSecretValue", "marketo", {"pull_marketo", "push_marketo"}),
        ("secretsmanager:GetSecretValue", "api-token", {"authorize_request", "serve_console"}),
        ("secretsmanager:GetSecretValue", "console", {"serve_console"}),
    ],
)
def test_sensitive_rights_belong_to_few(template: Template, action: str, resource: str, allowed: set[str]) -> None:
    assert who_may(template, action, resource) == allowed


LEDGER_RIGHTS = {"GetItem", "BatchGetItem", "Query", "PutItem", "ConditionCheckItem"}


def test_nobody_deletes_from_the_ledger(template: Template) -> None:
    for role in template.roles():
        for action in rights(template, role).get("ledger", ()):
            assert action.removeprefix("dynamodb:") in LEDGER_RIGHTS, role


def test_exactly_one_role_may_send_mail(template: Template) -> None:
    found = {
        role: {action for many in rights(template, role).values() for action in many if action.startswith("ses:")}
        for role in template.roles()
    }

    assert {role: actions for role, actions in found.items() if actions} == {CATALOG.gateway: {"ses:SendEmail"}}


@pytest.mark.parametrize("role", ["accept_unsubscribe", "receive_feedback"])
def test_who_takes_unsubscriptions_writes_suppressions_only(template: Template, role: str) -> None:
    for statement in template.statements(template.roles()[role]):
        if "ledger" in map(target, statement["Resource"]):
            assert statement["Action"] == ["dynamodb:PutItem"]
            assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["SUPP#*"]}}


def test_the_relay_touches_outbox_rows_only(template: Template) -> None:
    for role in ("relay_outbox", "sweep_outbox"):
        for statement in template.statements(template.roles()[role]):
            if "leads" in map(target, statement["Resource"]):
                assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["OUTBOX#*"]}}


def test_key_policies_let_in_the_account_and_named_services_only(template: Template) -> None:
    for name, key in template.named("KMS::Key").items():
        for statement in key["Properties"]["KeyPolicy"]["Statement"]:
            principal: dict[str, Any] = statement["Principal"]
            if "Service" in principal:
                assert name == "storage key"
                assert statement["Condition"]
            else:
                assert target(principal["AWS"]).endswith(":root")


def test_schedules_may_start_their_function_and_nothing_else(template: Template) -> None:
    for schedule in CATALOG.schedules:
        role = next(r for r in template.roles() if schedule.name.replace("-", "") in r.lower() and "Schedule" in r)
        assert rights(template, role) == {
            schedule.function: {"lambda:InvokeFunction"},
            schedule.dlq: {"sqs:SendMessage"},
        }
