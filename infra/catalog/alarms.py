"""What wakes somebody up. Each has a page of its own, docs/runbooks/<name>.md."""

from typing import Final

from infra.catalog.names import METRICS_NAMESPACE, METRICS_SERVICE, MINUTE_S
from infra.catalog.resources import QUEUES
from infra.catalog_types import Alarm


def _backlog(queue: str, after_s: int) -> Alarm:
    return Alarm(
        name=f"{queue}-backlog",
        metric="AWS/SQS/ApproximateAgeOfOldestMessage",
        resource=queue,
        statistic="Maximum",
        threshold=after_s,
        period_s=MINUTE_S,
        periods=5,
        summary=f"messages of {queue} wait longer than {after_s // MINUTE_S} minutes",
    )


def _not_drained(queue: str) -> Alarm:
    return Alarm(
        name=f"{queue}-not-drained",
        metric="AWS/SQS/ApproximateNumberOfMessagesVisible",
        resource=queue,
        statistic="Maximum",
        threshold=1,
        period_s=MINUTE_S,
        periods=5,
        summary=f"dead letters stay in {queue}: the drain does not work",
    )


def _parked(name: str, metric: str, summary: str) -> Alarm:
    return Alarm(
        name=name,
        metric=f"{METRICS_NAMESPACE}/{metric}",
        resource=METRICS_SERVICE,
        statistic="Sum",
        threshold=1,
        period_s=5 * MINUTE_S,
        periods=1,
        summary=summary,
    )


def _silent(function: str, within_s: int) -> Alarm:
    return Alarm(
        name=f"{function.replace('_', '-')}-silent",
        metric="AWS/Lambda/Invocations",
        resource=function,
        statistic="Sum",
        threshold=1,
        period_s=within_s,
        periods=1,
        comparison="<",
        missing="breaching",
        summary=f"{function} has not run for {within_s // MINUTE_S} minutes",
    )


ALARMS: Final = (
    _backlog("signals", 5 * MINUTE_S),
    _backlog("lake", 30 * MINUTE_S),
    _backlog("remote-changes", 15 * MINUTE_S),
    _backlog("salesforce-first", 10 * MINUTE_S),
    _backlog("salesforce-out", 60 * MINUTE_S),
    _backlog("marketo-first", 10 * MINUTE_S),
    _backlog("marketo-out", 60 * MINUTE_S),
    _backlog("messages", 15 * MINUTE_S),
    _backlog("mail-events", 15 * MINUTE_S),
    *(_not_drained(queue.name) for queue in QUEUES if queue.is_dead_letter),
    _parked("dead-letters-parked", "RecordsParked", "something failed every time and was parked"),
    _parked("signals-parked", "SignalsParked", "signals could not be understood and were parked"),
    _parked("records-refused", "RecordsRefused", "another system refuses records for good; they are parked"),
    _parked("sync-refused", "SyncRefused", "another system refuses us: credentials or rights are wrong"),
    _parked("messages-refused", "MessagesRefused", "the mail service refuses messages for good"),
    _parked("facts-parked", "FactsParked", "facts could not be published and were parked"),
    Alarm(
        name="api-failing",
        metric="AWS/ApiGateway/5xx",
        resource="api",
        statistic="Sum",
        threshold=5,
        period_s=5 * MINUTE_S,
        periods=1,
        summary="the doors or the API answer 5xx: vendors have to repeat",
    ),
    Alarm(
        name="outbox-lagging",
        metric="AWS/Lambda/IteratorAge",
        resource="relay_outbox",
        statistic="Maximum",
        threshold=5 * MINUTE_S * 1000,
        period_s=MINUTE_S,
        periods=5,
        summary="facts leave more than five minutes after their decision",
    ),
    Alarm(
        name="leads-throttled",
        metric="AWS/DynamoDB/WriteThrottleEvents",
        resource="leads",
        statistic="Sum",
        threshold=10,
        period_s=5 * MINUTE_S,
        periods=1,
        summary="DynamoDB refuses writes of decisions",
    ),
    _silent("sweep_outbox", 10 * MINUTE_S),
    _silent("pull_salesforce", 15 * MINUTE_S),
    _silent("pull_marketo", 15 * MINUTE_S),
    _silent("watch_handovers", 10 * MINUTE_S),
    _silent("build_reports", 30 * MINUTE_S),
)
