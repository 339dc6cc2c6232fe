"""Alarms of the catalog. Each speaks through one topic and names its runbook."""

from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.aws.dashboards import DIMENSIONS, Names
from infra.catalog_types import Alarm, Catalog, pascal

RUNBOOKS: Final = "docs/runbooks"
OPERATORS: Final = {">=": "GreaterThanOrEqualToThreshold", "<": "LessThanThreshold"}


class Alarms(Construct):
    """One CloudWatch alarm per entry of the catalog."""

    def __init__(self, scope: Construct, construct_id: str, *, catalog: Catalog, names: Names, topic: str) -> None:
        super().__init__(scope, construct_id)
        for alarm in catalog.alarms:
            self._alarm(alarm, names, topic)

    def _alarm(self, alarm: Alarm, names: Names, topic: str) -> None:
        namespace, _, metric = alarm.metric.rpartition("/")
        dimension = cloudwatch.CfnAlarm.DimensionProperty(
            name=DIMENSIONS[namespace], value=names[namespace, alarm.resource]
        )
        cloudwatch.CfnAlarm(
            self,
            pascal(alarm.name),
            alarm_description=f"{alarm.summary}. What to do: {RUNBOOKS}/{alarm.name}.md",
            namespace=namespace,
            metric_name=metric,
            dimensions=[dimension],
            statistic=alarm.statistic,
            comparison_operator=OPERATORS[alarm.comparison],
            threshold=alarm.threshold,
            period=alarm.period_s,
            evaluation_periods=alarm.periods,
            treat_missing_data=alarm.missing,
            alarm_actions=[topic],
            ok_actions=[topic],
        )
