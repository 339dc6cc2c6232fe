"""How work travels: queues with their dead-letter queues, the bus of facts, and the topic that alarms speak through."""

import json
from collections.abc import Iterable

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.aws.permissions import Arns
from infra.catalog import DEAD_LETTER_QUEUES_VARIABLE, INSTALLATION_VARIABLE
from infra.catalog_types import BusRule, Catalog, Queue, pascal

KEY_REUSE = Duration.hours(1)
DELIVERY_ATTEMPTS = 185
DELIVERY_AGE_S = 86_400


class Messaging(Construct):
    """Queues, bus, rules and the alarm topic of the catalog. ``names`` maps variables to physical names."""

    def __init__(self, scope: Construct, construct_id: str, *, catalog: Catalog, key: kms.Key, arns: Arns) -> None:
        super().__init__(scope, construct_id)
        self.names: dict[str, str] = {}
        self._catalog, self._key, self._arns = catalog, key, arns
        self.queues: dict[str, sqs.Queue] = {}
        for queue in sorted(catalog.queues, key=lambda q: not q.is_dead_letter):
            self._queue(queue)
        self.bus = events.CfnEventBus(self, "Bus", name=f"{Aws.STACK_NAME}-{catalog.bus.source}")
        self.names[catalog.bus.variable] = self.bus.ref
        arns.resources[catalog.bus.name] = self.bus.attr_arn
        for rule in catalog.rules:
            self._rule(rule)
        self.topic = sns.Topic(self, "AlarmTopic", master_key=key, enforce_ssl=True, display_name="Leadspine alarms")
        self._allow_alarms()

    def told(self) -> dict[str, str]:
        """Variable → JSON of the queues that some functions are told of."""
        every, dead = self._catalog.queues, self._catalog.dead_letter_queues()
        paid = json.dumps(self._catalog.paid_monthly())
        return {
            DEAD_LETTER_QUEUES_VARIABLE: self._names_json(dead),
            INSTALLATION_VARIABLE: f'{{"queues":{self._names_json(every)},"paid_monthly":{paid}}}',
        }

    def _names_json(self, queues: Iterable[Queue]) -> str:
        """Physical name → catalog name. No token can be the key of an object that CDK renders; in a string it can."""
        pairs = {self.queues[q.name].queue_name: q.name for q in queues}
        return "{" + ",".join(f'"{physical}":{json.dumps(name)}' for physical, name in pairs.items()) + "}"

    def _queue(self, queue: Queue) -> None:
        dead_letters = (
            sqs.DeadLetterQueue(queue=self.queues[queue.dlq], max_receive_count=queue.max_receive or 1)
            if queue.dlq
            else None
        )
        made = sqs.Queue(
            self,
            f"{pascal(queue.name)}Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self._key,
            data_key_reuse=KEY_REUSE,
            enforce_ssl=True,
            retention_period=Duration.seconds(queue.retention_s),
            visibility_timeout=Duration.seconds(queue.visibility_s),
            dead_letter_queue=dead_letters,
        )
        self.queues[queue.name] = made
        self._arns.resources[queue.name] = made.queue_arn
        if queue.variable:
            self.names[queue.variable] = made.queue_url

    def _rule(self, rule: BusRule) -> None:
        pattern: dict[str, object] = {"source": [self._catalog.bus.source]}
        if rule.facts:
            pattern["detail-type"] = list(rule.facts)
        if rule.where:
            pattern["detail"] = {"data": {name: list(values) for name, values in rule.where}}
        made = events.CfnRule(
            self,
            f"{pascal(rule.name)}Rule",
            event_bus_name=self.bus.ref,
            event_pattern=pattern,
            targets=[
                events.CfnRule.TargetProperty(
                    id=pascal(rule.target),
                    arn=self.queues[rule.target].queue_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self.queues[rule.dlq].queue_arn),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_retry_attempts=DELIVERY_ATTEMPTS, maximum_event_age_in_seconds=DELIVERY_AGE_S
                    ),
                )
            ],
        )
        for queue in (rule.target, rule.dlq):
            self.queues[queue].add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal("events.amazonaws.com")],
                    actions=["sqs:SendMessage"],
                    resources=[self.queues[queue].queue_arn],
                    conditions={"ArnEquals": {"aws:SourceArn": made.attr_arn}},
                )
            )

    def _allow_alarms(self) -> None:
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
