"""What starts functions from outside: routes of the HTTP API, and schedules."""

from typing import Final

from infra.catalog_types import Route, Schedule

ROUTES: Final = (
    Route(method="GET", path="/in/{source}", function="receive_webhook", auth=False, rate_per_s=100, burst=200),
    Route(method="HEAD", path="/in/{source}", function="receive_webhook", auth=False, rate_per_s=100, burst=200),
    Route(method="POST", path="/in/{source}", function="receive_webhook", auth=False, rate_per_s=1000, burst=2000),
    Route(method="POST", path="/in/costs", function="receive_costs", auth=False, rate_per_s=10, burst=20),
    Route(method="POST", path="/v1/{type}", function="collect_events", auth=False, rate_per_s=1000, burst=2000),
    Route(method="GET", path="/u/{token}", function="accept_unsubscribe", auth=False, rate_per_s=100, burst=200),
    Route(method="HEAD", path="/u/{token}", function="accept_unsubscribe", auth=False, rate_per_s=100, burst=200),
    Route(method="POST", path="/u/{token}", function="accept_unsubscribe", auth=False, rate_per_s=100, burst=200),
    Route(method="ANY", path="/api/{proxy+}", function="serve_api", auth=True, rate_per_s=100, burst=200),
    # The console logs people in itself: a browser sends a cookie, which the authorizer does not know.
    Route(method="GET", path="/console", function="serve_console", auth=False, rate_per_s=50, burst=100),
    Route(method="GET", path="/console/", function="serve_console", auth=False, rate_per_s=50, burst=100),
    Route(method="ANY", path="/console/{proxy+}", function="serve_console", auth=False, rate_per_s=50, burst=100),
)

SCHEDULES: Final = (
    Schedule(name="sweep-outbox", function="sweep_outbox", rate="rate(1 minute)", dlq="schedules-dlq"),
    Schedule(name="pull-salesforce", function="pull_salesforce", rate="rate(5 minutes)", dlq="schedules-dlq"),
    Schedule(name="pull-marketo", function="pull_marketo", rate="rate(5 minutes)", dlq="schedules-dlq"),
    Schedule(name="watch-handovers", function="watch_handovers", rate="rate(1 minute)", dlq="schedules-dlq"),
    Schedule(name="build-reports", function="build_reports", rate="rate(5 minutes)", dlq="schedules-dlq"),
)
