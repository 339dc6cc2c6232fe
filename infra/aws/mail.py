"""E-mail: the identity that mail comes from, the configuration set, and the way of delivery events into a queue.

SES reports to the default bus only; rules there hand the events of our configuration set to the queue. What names a
person (addresses, headers, the words of other mail servers) stays behind: a rule passes on type, time and our own tags.
Opens and clicks are not asked for: SES would put a picture into every mail and rewrite every link, the one that
unsubscribes too, and reading them needs a consent of its own (track.email).
"""

import json
from typing import Final, NamedTuple

from aws_cdk import Aws
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.aws.permissions import Arns
from infra.catalog_types import Catalog, Mail

DELIVERY_ATTEMPTS: Final = 185
DELIVERY_AGE_S: Final = 86_400


class _Events(NamedTuple):
    """Types of events, and what their own part adds to what is passed on: name → path."""

    name: str
    types: tuple[str, ...]
    part: str = ""
    fields: tuple[str, ...] = ()


EVENTS: Final = (
    _Events("MailReported", ("Delivery", "Reject")),
    _Events("MailBounced", ("Bounce",), "bounce", ("timestamp", "bounceType", "bounceSubType")),
    _Events("MailComplained", ("Complaint",), "complaint", ("timestamp",)),
)


class MailDelivery(Construct):
    """The mail service of the catalog. ``names`` maps variables to what functions are told."""

    def __init__(
        self, scope: Construct, construct_id: str, *, catalog: Catalog, queues: dict[str, sqs.Queue], arns: Arns
    ) -> None:
        super().__init__(scope, construct_id)
        mail = catalog.mail
        self._queues = queues
        domain = mail.sender.partition("@")[2]
        ses.CfnEmailIdentity(self, "Identity", email_identity=domain)
        self._set = ses.CfnConfigurationSet(
            self,
            "Set",
            name=f"{Aws.STACK_NAME}-{mail.name}",
            delivery_options=ses.CfnConfigurationSet.DeliveryOptionsProperty(tls_policy="REQUIRE"),
            reputation_options=ses.CfnConfigurationSet.ReputationOptionsProperty(reputation_metrics_enabled=True),
        )
        self._report()
        for kind in EVENTS:
            self._rule(kind, mail, catalog.queue(mail.events).dlq or mail.events)
        prefix = f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        # SES wants the right on both: the identity a mail comes from and the configuration set it names.
        arns.mail = (f"{prefix}:identity/{domain}", f"{prefix}:configuration-set/{self._set.ref}")
        self.names = {mail.variable: self._set.ref, mail.sender_variable: mail.sender}

    def _report(self) -> None:
        destination = ses.CfnConfigurationSetEventDestination
        bus = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:event-bus/default"
        destination(
            self,
            "Events",
            configuration_set_name=self._set.ref,
            event_destination=destination.EventDestinationProperty(
                name="default-bus",
                enabled=True,
                matching_event_types=["delivery", "bounce", "complaint", "reject"],
                event_bridge_destination=destination.EventBridgeDestinationProperty(event_bus_arn=bus),
            ),
        )

    def _rule(self, kind: _Events, mail: Mail, dlq: str) -> None:
        rule = events.CfnRule
        target, dead = self._queues[mail.events], self._queues[dlq]
        made = rule(
            self,
            f"{kind.name}Rule",
            event_pattern={
                "source": ["aws.ses"],
                "detail": {
                    "eventType": list(kind.types),
                    "mail": {"tags": {"ses:configuration-set": [self._set.ref]}},
                },
            },
            targets=[
                rule.TargetProperty(
                    id="MailEvents",
                    arn=target.queue_arn,
                    input_transformer=rule.InputTransformerProperty(
                        input_paths_map=_paths(kind), input_template=_template(kind)
                    ),
                    dead_letter_config=rule.DeadLetterConfigProperty(arn=dead.queue_arn),
                    retry_policy=rule.RetryPolicyProperty(
                        maximum_retry_attempts=DELIVERY_ATTEMPTS, maximum_event_age_in_seconds=DELIVERY_AGE_S
                    ),
                )
            ],
        )
        for queue in (target, dead):
            queue.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal("events.amazonaws.com")],
                    actions=["sqs:SendMessage"],
                    resources=[queue.queue_arn],
                    conditions={"ArnEquals": {"aws:SourceArn": made.attr_arn}},
                )
            )


def _paths(kind: _Events) -> dict[str, str]:
    own = {name: f"$.detail.{kind.part}.{name}" for name in kind.fields}
    return {
        "time": "$.time",
        "type": "$.detail.eventType",
        "message": "$.detail.mail.tags.message",
        "lead": "$.detail.mail.tags.lead",
        **own,
    }


def _template(kind: _Events) -> str:
    """The event as it is passed on, in the shape SES gives it. EventBridge quotes what it puts in for ``<name>``."""
    detail: dict[str, object] = {"eventType": "<type>", "mail": {"tags": {"message": "<message>", "lead": "<lead>"}}}
    if kind.part:
        detail[kind.part] = {name: f"<{name}>" for name in kind.fields}
    event = {"source": "aws.ses", "time": "<time>", "detail": detail}
    return json.dumps(event, separators=(",", ":")).replace('"<', "<").replace('>"', ">")
