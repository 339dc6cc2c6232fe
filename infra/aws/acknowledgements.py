"""The one table of AwsSolutions findings that are meant, each with its reason.

A finding is acknowledged on exactly the constructs it was made for, so the same rule still speaks everywhere else.
tests/infrastructure proves that every row is still needed and that a new violation is found.
"""

from typing import Final, NamedTuple

from aws_cdk import Acknowledgment, Validations
from constructs import Construct


class Meant(NamedTuple):
    """A rule that these constructs (paths below the stack) break on purpose."""

    rule: str
    reason: str
    constructs: tuple[str, ...]


ACKNOWLEDGED: Final = (
    Meant(
        "AwsSolutions-APIG4",
        "Vendors and browsers cannot log in here: each request proves its origin by its signature or write key, "
        "which the door checks on the raw bytes before anything is stored.",
        (
            "Doors/ReceiveWebhookGetRoute",
            "Doors/ReceiveWebhookHeadRoute",
            "Doors/ReceiveWebhookPostRoute",
            "Doors/CollectEventsPostRoute",
            "Doors/ReceiveCostsPostRoute",
        ),
    ),
    Meant(
        "AwsSolutions-APIG4",
        "Whoever got a mail must be able to unsubscribe without logging in (RFC 8058): the token in the address is "
        "signed, only POST changes anything, and the answer tells nothing.",
        (
            "Doors/AcceptUnsubscribeGetRoute",
            "Doors/AcceptUnsubscribeHeadRoute",
            "Doors/AcceptUnsubscribePostRoute",
        ),
    ),
    Meant(
        "AwsSolutions-APIG4",
        "The console logs people in itself and keeps a signed cookie, which an authorizer of this API does not see; "
        "without it there is the login page and nothing else.",
        (
            "Doors/ServeConsoleGetRoute",
            "Doors/ServeConsoleGetRoute2",
            "Doors/ServeConsoleAnyRoute",
        ),
    ),
    Meant(
        "AwsSolutions-SQS3",
        "It is a dead-letter queue: of a stream, of asynchronous runs or of the bus, which name it as destination "
        "instead of by redrive policy. The drain empties it into parked records and an alarm watches it.",
        ("Messaging/StreamDlqQueue", "Messaging/SchedulesDlqQueue", "Messaging/BusDlqQueue"),
    ),
    Meant(
        "AwsSolutions-SMG4",
        "Secrets of sources belong to vendors and are replaced by listing the new one beside the old one.",
        ("Storage/SourcesSecret",),
    ),
    Meant(
        "AwsSolutions-SMG4",
        "A new key would change every identifier pointer, so that known people came back as strangers.",
        ("Storage/IdentitySecret",),
    ),
    Meant(
        "AwsSolutions-SMG4",
        "Off by default (an empty token); who turns it on for a machine replaces it with that machine.",
        ("Storage/ApiTokenSecret",),
    ),
    Meant(
        "AwsSolutions-SMG4",
        "Credentials of another system belong to that system and are replaced there and here together.",
        ("Storage/SalesforceSecret", "Storage/MarketoSecret"),
    ),
    Meant(
        "AwsSolutions-SMG4",
        "Links in mails must work for ever, and a new digest key would forget every suppressed address: a new signing "
        "key is listed beside the old ones.",
        ("Storage/LinksSecret",),
    ),
    Meant(
        "AwsSolutions-SMG4",
        "A new key logs everybody out of the console: it is replaced by hand, when that is wanted.",
        ("Storage/ConsoleSecret",),
    ),
    Meant(
        "AwsSolutions-COG8",
        "The plus plan is priced per user and guards public sign-up; this pool has none, and a second factor is "
        "required of everybody.",
        ("Users/Pool",),
    ),
    Meant(
        "AwsSolutions-L1",
        "Python 3.13 on purpose: the runtime whose ARM wheels of every locked dependency are installed and tested.",
        (
            "Compute/ReceiveWebhook",
            "Compute/CollectEvents",
            "Compute/ReceiveCosts",
            "Compute/ProcessSignals",
            "Compute/RelayOutbox",
            "Compute/SweepOutbox",
            "Compute/DrainDeadLetters",
            "Compute/WriteLake",
            "Compute/BuildReports",
            "Compute/ServeApi",
            "Compute/ServeConsole",
            "Compute/AuthorizeRequest",
            "Compute/PullSalesforce",
            "Compute/PullMarketo",
            "Compute/ReconcileRecords",
            "Compute/PushSalesforce",
            "Compute/PushMarketo",
            "Compute/WatchHandovers",
            "Compute/SendMessage",
            "Compute/AcceptUnsubscribe",
            "Compute/ReceiveFeedback",
        ),
    ),
    Meant(
        "AwsSolutions-IAM5[Resource::<StorageRawBucketBBD9BDC5.Arn>/*]",
        "Object keys are made from the time of receipt; the bucket holds nothing else, and the actions are exact.",
        (
            "Compute/ReceiveWebhookRole",
            "Compute/CollectEventsRole",
            "Compute/ProcessSignalsRole",
            "Compute/SendMessageRole",
            "Compute/AcceptUnsubscribeRole",
            "Compute/ReceiveFeedbackRole",
        ),
    ),
    Meant(
        "AwsSolutions-IAM5[Resource::<StorageRawBucketBBD9BDC5.Arn>/records/*]",
        "Keys are made from time and content; below this prefix there is nothing else, and the actions are exact.",
        ("Compute/PullSalesforceRole", "Compute/PullMarketoRole", "Compute/ReconcileRecordsRole"),
    ),
    Meant(
        "AwsSolutions-IAM5[Resource::<StorageLakeBucketAD1898C0.Arn>/costs/*]",
        "Keys of costs are made from their content; there is nothing else below this prefix, and the action is exact.",
        ("Compute/ServeApiRole", "Compute/ReceiveCostsRole"),
    ),
    Meant(
        "AwsSolutions-IAM5[Resource::<StorageLakeBucketAD1898C0.Arn>/*]",
        "Object keys are made from date and content; the bucket holds nothing else, and the actions are exact.",
        ("Compute/WriteLakeRole", "Compute/BuildReportsRole", "Compute/ServeApiRole", "Compute/ServeConsoleRole"),
    ),
)


def acknowledge(stack: Construct, table: tuple[Meant, ...]) -> None:
    """Enter the table into the stack.

    Raises:
        KeyError: a row names a construct that is not there any more.
    """
    for meant in table:
        for path in meant.constructs:
            Validations.of(_construct(stack, path)).acknowledge(Acknowledgment(id=meant.rule, reason=meant.reason))


def _construct(stack: Construct, path: str) -> Construct:
    found: Construct | None = stack
    for part in path.split("/"):
        found = found.node.try_find_child(part) if found else None  # type: ignore[assignment]
    if found is None:
        raise KeyError(path)
    return found
