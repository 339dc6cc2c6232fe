"""The one typed list of functions, queues, schedules, tables, buckets, alarms and routes.

CDK, the laptop cloud, the generated docs and the tests read it. It owns *what* exists and who may do what; it refuses
to know how anything is deployed, and imports nothing of this project but its own words (infra/catalog_types.py).

Names are logical (`leads`, `signals-dlq`); physical names are left to CloudFormation. A function learns the physical
names of exactly those resources that it has a grant on, through the variables named beside them.
"""

from typing import Final

from infra.catalog_types import (
    Alarm,
    Bucket,
    Bus,
    BusRule,
    Catalog,
    Function,
    Grant,
    ImportBudget,
    Key,
    Queue,
    QueueTrigger,
    Route,
    Schedule,
    Secret,
    StreamTrigger,
    Table,
    Users,
)

STACK_NAME: Final = "Leadspine"
METRICS_NAMESPACE: Final = "Leadspine"
METRICS_SERVICE: Final = "leadspine"
"""The dimension `service` of every metric that our own code counts."""

LOG_RETENTION_DAYS: Final = 30
DEAD_LETTER_QUEUES_VARIABLE: Final = "DEAD_LETTER_QUEUES"
"""Told to the drain only: JSON of physical queue name (the end of its ARN) → name in this catalog."""

OUTBOX_PREFIX: Final = "OUTBOX#"
"""How partition keys of outbox rows start: the stream filter, and the only rows that the relay may delete."""

MINUTE_S: Final = 60
HOUR_S: Final = 60 * MINUTE_S
DAY_S: Final = 24 * HOUR_S

TABLES: Final = (
    Table(
        name="leads",
        variable="LEADS_TABLE_NAME",
        purpose="heads, identifier pointers, aliases, companies, history, outbox",
        recovery_days=7,
        personal_data=True,
        ttl_attribute="expires_at",
        stream=True,
    ),
    Table(
        name="ledger",
        variable="LEDGER_TABLE_NAME",
        purpose="consent events (ciphertext) and their heads; nobody may delete",
        recovery_days=35,
        personal_data=False,
    ),
    Table(
        name="keys",
        variable="KEYS_TABLE_NAME",
        purpose="wrapped per-person data keys; deleting one is how evidence is destroyed",
        recovery_days=7,
        personal_data=True,
    ),
    Table(
        name="ops",
        variable="OPS_TABLE_NAME",
        purpose="idempotency, locks, parked records",
        recovery_days=7,
        personal_data=False,
        ttl_attribute="expires_at",
    ),
)

QUEUES: Final = (
    Queue(
        name="signals",
        variable="SIGNALS_QUEUE_URL",
        purpose="references to archived deliveries, on their way to a decision",
        retention_s=7 * DAY_S,
        visibility_s=6 * MINUTE_S,
        dlq="signals-dlq",
        max_receive=5,
    ),
    Queue(
        name="lake",
        variable="LAKE_QUEUE_URL",
        purpose="facts, on their way to the lake",
        retention_s=7 * DAY_S,
        visibility_s=12 * MINUTE_S,
        dlq="lake-dlq",
        max_receive=5,
    ),
    Queue(name="signals-dlq", purpose="deliveries that failed five times", retention_s=14 * DAY_S, visibility_s=180),
    Queue(
        name="lake-dlq", purpose="facts that could not be written five times", retention_s=14 * DAY_S, visibility_s=180
    ),
    Queue(name="stream-dlq", purpose="where the outbox stream gave up", retention_s=14 * DAY_S, visibility_s=180),
    Queue(name="schedules-dlq", purpose="scheduled runs that failed", retention_s=14 * DAY_S, visibility_s=180),
    Queue(name="bus-dlq", purpose="facts that the bus could not hand over", retention_s=14 * DAY_S, visibility_s=180),
)

BUCKETS: Final = (
    Bucket(
        name="raw",
        variable="RAW_BUCKET_NAME",
        purpose="requests as they came, before anything was understood",
        personal_data=True,
        expire_days=30,
    ),
    Bucket(
        name="lake-bucket",
        variable="LAKE_BUCKET_NAME",
        purpose="facts as Parquet, and the state table made of them",
        personal_data=False,
    ),
)

SECRETS: Final = (
    Secret(
        name="sources",
        variable="SOURCES_SECRET_ARN",
        purpose='secrets of sources: {"<source>": ["newest", "previous"]}',
        initial="{}",
    ),
    Secret(name="identity", variable="IDENTITY_SECRET_ARN", purpose="HMAC key of identifier values in table keys"),
    Secret(
        name="api-token",
        variable="API_TOKEN_SECRET_ARN",
        purpose="service token of the API; empty means off",
        initial='{"token": "", "roles": []}',
    ),
)

KEYS: Final = (
    Key(name="storage", purpose="tables, queues, buckets, logs, secrets"),
    Key(name="data", variable="DATA_KEY_ARN", purpose="wraps the per-person data keys"),
)

BUS: Final = Bus(name="bus", variable="BUS_NAME", source="leadspine")
RULES: Final = (BusRule(name="facts-to-lake", target="lake", dlq="bus-dlq"),)
USERS: Final = Users(name="users", pool_variable="USER_POOL_ID", client_variable="USER_POOL_CLIENT_ID")

READ_ROWS: Final = ("GetItem", "BatchGetItem", "Query")
PARK: Final = Grant("ops", ("GetItem", "PutItem"))
REMOVE_SENT: Final = Grant("leads", ("BatchWriteItem",), leading_keys=(f"{OUTBOX_PREFIX}*",))

DOOR_DENIED: Final = (
    "aws_lambda_powertools", "pydantic", "yaml", "phonenumbers", "requests", "cryptography", "email_validator",
    "tldextract", "duckdb", "jwt",
)  # fmt: skip
"""What the doors never load: they answer a vendor that waits, everything else is behind the queue."""

BEHIND_DENIED: Final = ("pydantic", "yaml", "duckdb", "phonenumbers", "cryptography", "requests")
"""What the small functions behind the doors never load at their start."""

DOOR_GRANTS: Final = (
    Grant("raw", ("PutObject",)),
    Grant("signals", ("SendMessage",)),
    Grant("sources", ("GetSecretValue",)),
)

FUNCTIONS: Final = (
    Function(
        name="receive_webhook",
        purpose="takes in webhooks of vendors: verify, archive, hand over",
        capability="intake",
        group="core",
        memory_mb=512,
        timeout_s=10,
        import_budget=ImportBudget(max_modules=480, denied=DOOR_DENIED),
        grants=DOOR_GRANTS,
        dynamic=("shared.connectors",),
        policies=True,
    ),
    Function(
        name="collect_events",
        purpose="speaks the Segment protocol: verify, archive, hand over",
        capability="intake",
        group="core",
        memory_mb=512,
        timeout_s=10,
        import_budget=ImportBudget(max_modules=480, denied=DOOR_DENIED),
        grants=DOOR_GRANTS,
        dynamic=("shared.connectors",),
        policies=True,
    ),
    Function(
        name="process_signals",
        purpose="folds the signals of a person into one decision and one transaction",
        capability="decisions",
        group="core",
        memory_mb=1024,
        timeout_s=60,
        import_budget=ImportBudget(max_modules=800, denied=("pydantic", "yaml", "duckdb")),
        grants=(
            # Without the right to list, S3 answers "denied" where "not there" is meant.
            Grant("raw", ("GetObject", "ListBucket")),
            # A transaction needs no right of its own, only that of each write in it.
            Grant("leads", (*READ_ROWS, "PutItem")),
            Grant("ledger", ("BatchGetItem", "PutItem")),
            Grant("keys", ("BatchGetItem", "PutItem")),
            Grant("data", ("GenerateDataKey", "Decrypt")),
            Grant("identity", ("GetSecretValue",)),
            PARK,
        ),
        triggers=(QueueTrigger(queue="signals", batch_size=100, window_s=1, max_concurrency=20),),
        dynamic=("shared.connectors",),
        policies=True,
    ),
    Function(
        name="relay_outbox",
        purpose="publishes the facts of a decision as soon as it is written",
        capability="decisions",
        group="core",
        memory_mb=512,
        timeout_s=60,
        import_budget=ImportBudget(max_modules=520, denied=BEHIND_DENIED),
        grants=(
            REMOVE_SENT,
            Grant("bus", ("PutEvents",)),
            PARK,
        ),
        triggers=(
            StreamTrigger(
                table="leads", prefix=OUTBOX_PREFIX, batch_size=100, window_s=0, retries=10, dlq="stream-dlq"
            ),
        ),
    ),
    Function(
        name="sweep_outbox",
        purpose="publishes what the stream did not relay",
        capability="decisions",
        group="core",
        memory_mb=512,
        timeout_s=60,
        import_budget=ImportBudget(max_modules=520, denied=BEHIND_DENIED),
        grants=(
            Grant("leads", ("Query",), leading_keys=(f"{OUTBOX_PREFIX}*",)),
            REMOVE_SENT,
            Grant("bus", ("PutEvents",)),
            PARK,
        ),
    ),
    Function(
        name="drain_dead_letters",
        purpose="turns every dead letter into a parked record",
        capability="operations",
        group="core",
        memory_mb=256,
        timeout_s=30,
        import_budget=ImportBudget(max_modules=520, denied=BEHIND_DENIED),
        grants=(PARK,),
    ),
    Function(
        name="write_lake",
        purpose="writes facts to the lake as Parquet",
        capability="insights",
        group="analytics",
        memory_mb=1024,
        timeout_s=120,
        import_budget=ImportBudget(max_modules=620, denied=("yaml", "phonenumbers")),
        grants=(Grant("lake-bucket", ("PutObject",)), PARK),
        triggers=(QueueTrigger(queue="lake", batch_size=1000, window_s=5, max_concurrency=2),),
    ),
    Function(
        name="build_reports",
        purpose="builds the state table, one row per lead, from the facts in the lake",
        capability="insights",
        group="analytics",
        memory_mb=2048,
        timeout_s=300,
        import_budget=ImportBudget(max_modules=550, denied=("pydantic", "yaml", "phonenumbers")),
        grants=(Grant("lake-bucket", ("ListBucket", "GetObject", "PutObject", "DeleteObject")),),
    ),
    Function(
        name="serve_api",
        purpose="the JSON API of the console",
        capability="access",
        group="analytics",
        memory_mb=1024,
        timeout_s=29,
        import_budget=ImportBudget(max_modules=680, denied=("yaml", "duckdb", "phonenumbers")),
        grants=(
            Grant("leads", (*READ_ROWS, "PutItem")),
            Grant("ops", ("GetItem", "Query", "PutItem", "DeleteItem")),
            Grant("lake-bucket", ("ListBucket", "GetObject")),
            Grant("identity", ("GetSecretValue",)),
            Grant("signals", ("SendMessage",)),
            Grant("lake", ("SendMessage",)),
        ),
        knows=("ledger",),
        policies=True,
    ),
    Function(
        name="authorize_request",
        purpose="says who calls the API: a person of the user pool, or the service token",
        capability="access",
        group="core",
        memory_mb=256,
        timeout_s=10,
        import_budget=ImportBudget(max_modules=520, denied=BEHIND_DENIED),
        grants=(Grant("api-token", ("GetSecretValue",)),),
        knows=("users",),
    ),
)

ROUTES: Final = (
    Route(method="GET", path="/in/{source}", function="receive_webhook", auth=False, rate_per_s=100, burst=200),
    Route(method="HEAD", path="/in/{source}", function="receive_webhook", auth=False, rate_per_s=100, burst=200),
    Route(method="POST", path="/in/{source}", function="receive_webhook", auth=False, rate_per_s=1000, burst=2000),
    Route(method="POST", path="/v1/{type}", function="collect_events", auth=False, rate_per_s=1000, burst=2000),
    Route(method="ANY", path="/api/{proxy+}", function="serve_api", auth=True, rate_per_s=100, burst=200),
)

SCHEDULES: Final = (
    Schedule(name="sweep-outbox", function="sweep_outbox", rate="rate(1 minute)", dlq="schedules-dlq"),
    Schedule(name="build-reports", function="build_reports", rate="rate(5 minutes)", dlq="schedules-dlq"),
)


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
    *(_not_drained(queue.name) for queue in QUEUES if queue.is_dead_letter),
    _parked("dead-letters-parked", "RecordsParked", "something failed every time and was parked"),
    _parked("signals-parked", "SignalsParked", "signals could not be understood and were parked"),
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
    _silent("build_reports", 30 * MINUTE_S),
)

CATALOG: Final = Catalog(
    tables=TABLES,
    queues=QUEUES,
    buckets=BUCKETS,
    secrets=SECRETS,
    keys=KEYS,
    bus=BUS,
    rules=RULES,
    users=USERS,
    functions=FUNCTIONS,
    routes=ROUTES,
    schedules=SCHEDULES,
    authorizer="authorize_request",
    drain="drain_dead_letters",
    alarms=ALARMS,
)
