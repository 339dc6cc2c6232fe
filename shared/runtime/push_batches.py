"""What the push functions do with a batch of messages, whichever system they write to."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from shared.app.push_records import Pushing, push_people
from shared.runtime.batch import QueueMessage, Response, together
from shared.runtime.observability import metrics
from shared.runtime.wishes import wishes_in


def push(system: str, event: Mapping[str, Any], collaborators: Callable[[], Pushing]) -> Response:
    """Bring the people of a batch up to date in a system; name the messages that have to come again."""

    def work(messages: Sequence[QueueMessage]) -> Collection[str]:
        wishes, unreadable = wishes_in(messages)
        pushed = push_people(system, wishes, collaborators())
        metrics.add_metric("RecordsPushed", MetricUnit.Count, pushed.written)
        metrics.add_metric("RecordsRefused", MetricUnit.Count, pushed.parked)
        metrics.add_metric("PeopleWaiting", MetricUnit.Count, pushed.waiting)
        metrics.add_metric("VendorCalls", MetricUnit.Count, pushed.calls)
        return pushed.failed | unreadable

    return together(event, work)
