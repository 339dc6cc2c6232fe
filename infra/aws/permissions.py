"""Grants of the catalog as IAM statements: exact actions, exact resources, and the use of the storage key they imply.

Nothing else in this app writes an IAM policy for a function.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from infra.catalog_types import (
    Bucket,
    Bus,
    Catalog,
    Function,
    Grant,
    Key,
    Mail,
    Queue,
    QueueTrigger,
    Secret,
    StreamTrigger,
    Table,
)

SERVICES: Final[Mapping[type, str]] = {
    Table: "dynamodb",
    Queue: "sqs",
    Bucket: "s3",
    Secret: "secretsmanager",
    Key: "kms",
    Bus: "events",
    Mail: "ses",
}

# What a service does with the storage key on behalf of a caller. An action that is not listed needs no key.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
_READ: Final = frozenset({"kms:Decrypt"})
_READ_ROWS: Final = frozenset({"kms:Decrypt", "kms:DescribeKey"})
_WRITE: Final = frozenset({"kms:Decrypt", "kms:GenerateDataKey"})
_WRITE_ROWS: Final = _READ_ROWS | {"kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
KEY_USE: Final[Mapping[str, frozenset[str]]] = {
    "dynamodb:GetItem": _READ_ROWS,
    "dynamodb:BatchGetItem": _READ_ROWS,
    "dynamodb:Query": _READ_ROWS,
    "dynamodb:ConditionCheckItem": _READ_ROWS,
    "dynamodb:GetRecords": _READ_ROWS,
    "dynamodb:PutItem": _WRITE_ROWS,
    "dynamodb:UpdateItem": _WRITE_ROWS,
    "dynamodb:BatchWriteItem": _WRITE_ROWS,
    "dynamodb:DeleteItem": _WRITE_ROWS,
    "sqs:ReceiveMessage": _READ,
    "sqs:SendMessage": _WRITE,
    "s3:GetObject": _READ,
    "s3:PutObject": _WRITE,
    "secretsmanager:GetSecretValue": _READ,
}

CONSUME_QUEUE: Final = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
)
READ_STREAM: Final = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)
WRITE_LOGS: Final = ("logs:CreateLogStream", "logs:PutLogEvents")


@dataclass(slots=True)
class Arns:
    """ARNs of deployed resources by catalog name; ``streams`` are those of tables, ``mail`` what sending needs."""

    resources: dict[str, str] = field(default_factory=dict)
    streams: dict[str, str] = field(default_factory=dict)
    storage_key: str = ""
    mail: tuple[str, ...] = ()


def statements_of(function: Function, catalog: Catalog, arns: Arns, *, log_group: str) -> list[iam.PolicyStatement]:
    """Everything that a function's role may do."""
    grants = [statement for grant in function.grants for statement in _grant(grant, catalog, arns)]
    triggers = [statement for trigger in catalog.triggers_of(function) for statement in _trigger(trigger, arns)]
    watched = [arns.resources[queue.name] for queue in catalog.queues] if function.watches else []
    watching = [_allow(("sqs:GetQueueAttributes",), watched)] if watched else []
    failures = [
        _allow(("sqs:SendMessage",), [arns.resources[dlq]]) for dlq in sorted(_failure_queues(function, catalog))
    ]
    logs = _allow(WRITE_LOGS, [log_group])
    return [*grants, *triggers, *watching, *failures, *_key_use([*grants, *triggers, *failures], arns), logs]


def via_service(service: str) -> dict[str, str]:
    """The condition that a key is used by a service for the caller, never by the caller itself."""
    return {"kms:ViaService": f"{service}.{Aws.REGION}.amazonaws.com"}


def _grant(grant: Grant, catalog: Catalog, arns: Arns) -> list[iam.PolicyStatement]:
    resource = next(r for r in catalog.named() if r.name == grant.resource)
    actions = [f"{SERVICES[type(resource)]}:{action}" for action in grant.actions]
    if isinstance(resource, Mail):
        return [_allow(actions, list(arns.mail))]
    arn = arns.resources[grant.resource]
    if isinstance(resource, Bucket):
        listing = [_allow(["s3:ListBucket"], [arn])] if "s3:ListBucket" in actions else []
        return [*listing, _allow(set(actions) - {"s3:ListBucket"}, [f"{arn}/{grant.prefix}*"])]
    keys = {"dynamodb:LeadingKeys": list(grant.leading_keys)}
    return [_allow(actions, [arn], {"ForAllValues:StringLike": keys} if grant.leading_keys else None)]


def _trigger(trigger: QueueTrigger | StreamTrigger, arns: Arns) -> list[iam.PolicyStatement]:
    if isinstance(trigger, QueueTrigger):
        return [_allow(CONSUME_QUEUE, [arns.resources[trigger.queue]])]
    return [_allow(READ_STREAM, [arns.streams[trigger.table]])]


def _failure_queues(function: Function, catalog: Catalog) -> set[str]:
    streams = {t.dlq for t in function.triggers if not isinstance(t, QueueTrigger)}
    return streams | {s.dlq for s in catalog.schedules if s.function == function.name}


def _key_use(statements: Iterable[iam.PolicyStatement], arns: Arns) -> list[iam.PolicyStatement]:
    by_service: dict[str, set[str]] = {}
    for action in (action for statement in statements for action in statement.actions):
        if action in KEY_USE:
            by_service.setdefault(action.partition(":")[0], set()).update(KEY_USE[action])
    return [
        _allow(sorted(actions), [arns.storage_key], {"StringEquals": via_service(service)})
        for service, actions in sorted(by_service.items())
    ]


def _allow(
    actions: Iterable[str], resources: list[str], conditions: Mapping[str, object] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=sorted(actions), resources=resources, conditions=conditions)
