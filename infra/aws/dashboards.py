"""A dashboard per capability, as a table: what a person on call looks at first."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from aws_cdk import Aws, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.catalog import CATALOG, METRICS_NAMESPACE, METRICS_SERVICE
from infra.catalog_types import Capability

LAMBDA: Final = "AWS/Lambda"
DYNAMODB: Final = "AWS/DynamoDB"
SQS: Final = "AWS/SQS"
API: Final = "AWS/ApiGateway"
OWN: Final = METRICS_NAMESPACE
DIMENSIONS: Final = {
    LAMBDA: "FunctionName",
    DYNAMODB: "TableName",
    SQS: "QueueName",
    API: "ApiId",
    OWN: "service",
}
Names = Mapping[tuple[str, str], str]
"""(namespace, catalog name) → value of the dimension."""

WIDTH: Final = 12
HEIGHT: Final = 6
PERIOD_S: Final = 300
AGE: Final = "ApproximateAgeOfOldestMessage"
VISIBLE: Final = "ApproximateNumberOfMessagesVisible"
WRITES: Final = "ConsumedWriteCapacityUnits"
READS: Final = "ConsumedReadCapacityUnits"


class Widget(NamedTuple):
    """One graph: these metrics of these resources."""

    title: str
    statistic: str
    namespace: str
    metrics: tuple[str, ...]
    resources: tuple[str, ...]


def _of(capability: Capability) -> tuple[str, ...]:
    return tuple(f.name for f in CATALOG.functions if f.capability == capability)


def _functions(capability: Capability) -> tuple[Widget, ...]:
    names = _of(capability)
    return (
        Widget(f"Runs and errors of {capability}", "Sum", LAMBDA, ("Invocations", "Errors"), names),
        Widget(f"Duration of {capability} (ms)", "p99", LAMBDA, ("Duration",), names),
    )


FUNCTIONS: Final = tuple(f.name for f in CATALOG.functions)
TABLES: Final = tuple(t.name for t in CATALOG.tables)
WORKING: Final = tuple(q.name for q in CATALOG.queues if not q.is_dead_letter)
DEAD: Final = tuple(q.name for q in CATALOG.dead_letter_queues())
HERE: Final = (METRICS_SERVICE,)
PARKED: Final = ("SignalsParked", "FactsParked", "RecordsParked")
DECIDED: Final = ("SignalsDecided", "DecisionsCommitted", "DecisionsUnchanged", "DecisionsRetried")
RELAYED: Final = ("FactsPublished", "OutboxRowsFailed", "OutboxRowsSwept")

DASHBOARDS: Final[Mapping[str, tuple[Widget, ...]]] = {
    "intake": (
        Widget("Requests", "Sum", API, ("Count", "4xx", "5xx"), ("api",)),
        Widget("Latency (ms)", "p99", API, ("Latency", "IntegrationLatency"), ("api",)),
        *_functions("intake"),
        Widget("Signals waiting", "Maximum", SQS, (VISIBLE, AGE), ("signals",)),
        Widget("Dead letters", "Maximum", SQS, (VISIBLE,), DEAD),
    ),
    "decisions": (
        Widget("Signals and decisions", "Sum", OWN, DECIDED, HERE),
        Widget("Parked", "Sum", OWN, PARKED, HERE),
        *_functions("decisions"),
        Widget("Facts leaving", "Sum", OWN, RELAYED, HERE),
        Widget("Delay of facts (ms)", "Maximum", LAMBDA, ("IteratorAge",), ("relay_outbox",)),
        Widget("Writes of leads", "Sum", DYNAMODB, (WRITES, "WriteThrottleEvents"), ("leads",)),
    ),
    "consent": (
        Widget("Writes of ledger and keys", "Sum", DYNAMODB, (WRITES,), ("ledger", "keys")),
        Widget("Reads of ledger and keys", "Sum", DYNAMODB, (READS,), ("ledger", "keys")),
        Widget("Conflicts on the ledger", "Sum", DYNAMODB, ("TransactionConflict",), ("ledger",)),
        *_functions("access"),
    ),
    "insights": (
        *_functions("insights"),
        Widget("Facts waiting for the lake", "Maximum", SQS, (VISIBLE, AGE), ("lake",)),
        Widget("Facts handed to the lake", "Sum", SQS, ("NumberOfMessagesSent",), ("lake",)),
    ),
    "cost": (
        Widget("Milliseconds of functions", "Sum", LAMBDA, ("Duration",), FUNCTIONS),
        Widget("Runs of functions", "Sum", LAMBDA, ("Invocations",), FUNCTIONS),
        Widget("Write units", "Sum", DYNAMODB, (WRITES,), TABLES),
        Widget("Read units", "Sum", DYNAMODB, (READS,), TABLES),
        Widget("Messages", "Sum", SQS, ("NumberOfMessagesSent", "NumberOfEmptyReceives"), WORKING),
        Widget("Requests", "Sum", API, ("Count",), ("api",)),
    ),
}


class Dashboards(Construct):
    """One CloudWatch dashboard per entry of the table."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names) -> None:
        super().__init__(scope, construct_id)
        for title, widgets in DASHBOARDS.items():
            body = {"widgets": [_rendered(widget, index, names) for index, widget in enumerate(widgets)]}
            cloudwatch.CfnDashboard(
                self,
                title.capitalize(),
                dashboard_name=f"{Aws.STACK_NAME}-{title}",
                dashboard_body=Stack.of(self).to_json_string(body),
            )


def _rendered(widget: Widget, index: int, names: Names) -> dict[str, Any]:
    space, dimension = widget.namespace, DIMENSIONS[widget.namespace]
    metrics = [
        [space, metric, dimension, names[space, resource], {"label": f"{resource} {metric}"}]
        for metric in widget.metrics
        for resource in widget.resources
    ]
    properties = {
        "title": widget.title,
        "metrics": metrics,
        "stat": widget.statistic,
        "period": PERIOD_S,
        "region": Aws.REGION,
        "view": "timeSeries",
    }
    place = {"x": index % 2 * WIDTH, "y": index // 2 * HEIGHT, "width": WIDTH, "height": HEIGHT}
    return {"type": "metric", **place, "properties": properties}
