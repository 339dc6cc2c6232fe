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
    Mail,
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

PUBLIC_URL: Final = "PUBLIC_URL"
"""Told to the gateway of messages only: the address of the HTTP API, where links in mails lead."""

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
        purpose="consent events (ciphertext) and their heads, permits, suppressions; nobody may delete",
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
        name="sync",
        variable="SYNC_TABLE_NAME",
        purpose="links to records of other systems and their shadows, positions of pulls, verdicts, claims",
        recovery_days=7,
        personal_data=True,
        ttl_attribute="expires_at",
    ),
    Table(
        name="engagement",
        variable="ENGAGEMENT_TABLE_NAME",
        purpose="messages and what became of them",
        recovery_days=7,
        personal_data=False,
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


def _work(name: str, purpose: str, visibility_s: int, *, dlq: str = "") -> Queue:
    return Queue(
        name=name,
        variable=f"{name.replace('-', '_').upper()}_QUEUE_URL",
        purpose=purpose,
        retention_s=7 * DAY_S,
        visibility_s=visibility_s,
        dlq=dlq or f"{name}-dlq",
        max_receive=5,
    )


def _dead(name: str, purpose: str) -> Queue:
    return Queue(name=name, purpose=purpose, retention_s=14 * DAY_S, visibility_s=3 * MINUTE_S)


QUEUES: Final = (
    _work("signals", "references to archived deliveries, on their way to a decision", 6 * MINUTE_S),
    _work("lake", "facts, on their way to the lake", 12 * MINUTE_S),
    _work("remote-changes", "pages of records that changed in another system", 6 * MINUTE_S),
    _work("salesforce-first", "opt-outs and hand-overs for Salesforce", 18 * MINUTE_S, dlq="salesforce-dlq"),
    _work("salesforce-out", "people whose Salesforce record may have to change", 18 * MINUTE_S, dlq="salesforce-dlq"),
    _work("marketo-first", "opt-outs for Marketo", 18 * MINUTE_S, dlq="marketo-dlq"),
    _work("marketo-out", "people whose Marketo record may have to change", 18 * MINUTE_S, dlq="marketo-dlq"),
    _work("messages", "facts that may be a reason for a message", 3 * MINUTE_S),
    _work("mail-events", "what became of messages, as the mail service tells it", 3 * MINUTE_S),
    _dead("signals-dlq", "deliveries that failed five times"),
    _dead("lake-dlq", "facts that could not be written five times"),
    _dead("stream-dlq", "where the outbox stream gave up"),
    _dead("schedules-dlq", "scheduled runs that failed"),
    _dead("remote-changes-dlq", "pages that could not be reconciled five times"),
    _dead("salesforce-dlq", "wishes that Salesforce could not be asked for"),
    _dead("marketo-dlq", "wishes that Marketo could not be asked for"),
    _dead("messages-dlq", "facts whose message could not be decided on"),
    _dead("mail-events-dlq", "delivery events that could not be taken in"),
    _dead("bus-dlq", "facts that the bus could not hand over"),
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
        purpose="facts as Parquet, the state table made of them, and costs",
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
        name="salesforce",
        variable="SALESFORCE_SECRET_ARN",
        purpose='how to reach Salesforce: {"base_url", "client_id", "client_secret"}; empty means off',
        initial="{}",
    ),
    Secret(
        name="marketo",
        variable="MARKETO_SECRET_ARN",
        purpose='how to reach Marketo: {"base_url", "client_id", "client_secret"}; empty means off',
        initial="{}",
    ),
    Secret(name="links", variable="LINKS_SECRET_ARN", purpose="signs unsubscribe links, digests suppressed addresses"),
    Secret(name="console", variable="CONSOLE_SECRET_ARN", purpose="signs the sessions of the console"),
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
MAIL: Final = Mail(
    name="mail",
    variable="MAIL_CONFIGURATION_SET",
    sender_variable="MAIL_SENDER",
    sender="hello@mail.example.com",
    events="mail-events",
)

_PERSON_CHANGED: Final = (
    "LeadCaptured", "LeadMerged", "LeadUnmerged", "ProfileChanged", "CompanyLinked", "ConsentGiven", "StageChanged",
    "RemoteLinked",
)  # fmt: skip
"""Facts after which a record in another system may be out of date."""

RULES: Final = (
    BusRule(name="facts-to-lake", target="lake", dlq="bus-dlq"),
    BusRule(
        name="urgent-to-salesforce",
        target="salesforce-first",
        dlq="salesforce-dlq",
        facts=("HandoverRequested", "ConsentWithdrawn"),
    ),
    BusRule(name="changes-to-salesforce", target="salesforce-out", dlq="salesforce-dlq", facts=_PERSON_CHANGED),
    BusRule(
        name="bands-to-salesforce",
        target="salesforce-out",
        dlq="salesforce-dlq",
        facts=("ScoreChanged",),
        where=(("grade_changed", (True,)),),
    ),
    BusRule(name="urgent-to-marketo", target="marketo-first", dlq="marketo-dlq", facts=("ConsentWithdrawn",)),
    BusRule(name="changes-to-marketo", target="marketo-out", dlq="marketo-dlq", facts=_PERSON_CHANGED),
    BusRule(
        name="bands-to-marketo",
        target="marketo-out",
        dlq="marketo-dlq",
        facts=("ScoreChanged",),
        where=(("grade_changed", (True,)),),
    ),
    BusRule(
        name="facts-to-messages",
        target="messages",
        dlq="messages-dlq",
        facts=("ConsentGiven", "HandoverRequested", "HandoverOverdue"),
    ),
)
USERS: Final = Users(name="users", pool_variable="USER_POOL_ID", client_variable="USER_POOL_CLIENT_ID")

READ_ROWS: Final = ("GetItem", "BatchGetItem", "Query")
PARK: Final = Grant("ops", ("GetItem", "PutItem"))
REMOVE_SENT: Final = Grant("leads", ("BatchWriteItem",), leading_keys=(f"{OUTBOX_PREFIX}*",))

SYNC_ROWS: Final = Grant("sync", (*READ_ROWS, "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"))
"""Links, positions and claims are the working memory of synchronisation: whoever takes part in it writes them."""

TIMER_PREFIX: Final = "TIMER#"
"""How partition keys of timers start: the only rows that the watch of hand-overs may delete."""

SUPPRESSION_PREFIX: Final = "SUPP#"
"""How partition keys of suppressions start: what unsubscribe links and delivery events may write into the ledger."""

VENDOR_DENIED: Final = ("pydantic", "yaml", "duckdb", "jwt")
"""What the functions that call vendors never load at their start."""

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

REDRIVEN: Final = (
    "signals", "lake", "remote-changes", "salesforce-out", "marketo-out", "messages", "mail-events",
)  # fmt: skip
"""Queues that take up again what died in them."""

DESK_GRANTS: Final = (
    Grant("ops", ("GetItem", "Query", "PutItem", "DeleteItem")),
    Grant("lake-bucket", ("ListBucket", "GetObject")),
    Grant("identity", ("GetSecretValue",)),
    SYNC_ROWS,
    Grant("engagement", ("GetItem", "Query")),
    *(Grant(queue, ("SendMessage",)) for queue in REDRIVEN),
)
"""What reading, pausing and re-driving need: the API and the console do it alike."""

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
    *(
        Function(
            name=f"pull_{system}",
            purpose=f"reads what changed in {title} and hands it on in pages",
            capability="sync",
            group="core",
            memory_mb=512,
            timeout_s=300,
            import_budget=ImportBudget(max_modules=900, denied=VENDOR_DENIED),
            grants=(
                SYNC_ROWS,
                Grant("raw", ("PutObject",), prefix="records/"),
                Grant("remote-changes", ("SendMessage",)),
                Grant(f"{system}-first", ("SendMessage",)),
                Grant(f"{system}-out", ("SendMessage",)),
                Grant(system, ("GetSecretValue",)),
                PARK,
            ),
            policies=True,
        )
        for system, title in (("salesforce", "Salesforce"), ("marketo", "Marketo"))
    ),
    Function(
        name="reconcile_records",
        purpose="compares records of other systems with people, field by field, and decides who is right",
        capability="sync",
        group="core",
        memory_mb=1024,
        timeout_s=60,
        import_budget=ImportBudget(max_modules=900, denied=VENDOR_DENIED),
        grants=(
            SYNC_ROWS,
            Grant("raw", ("GetObject", "PutObject"), prefix="records/"),
            Grant("remote-changes", ("SendMessage",)),
            Grant("leads", (*READ_ROWS, "PutItem")),
            Grant("ledger", ("BatchGetItem", "PutItem")),
            Grant("keys", ("BatchGetItem", "PutItem")),
            Grant("data", ("GenerateDataKey", "Decrypt")),
            Grant("identity", ("GetSecretValue",)),
            Grant("salesforce-first", ("SendMessage",)),
            Grant("salesforce-out", ("SendMessage",)),
            Grant("marketo-first", ("SendMessage",)),
            Grant("marketo-out", ("SendMessage",)),
            PARK,
        ),
        triggers=(QueueTrigger(queue="remote-changes", batch_size=5, window_s=0, max_concurrency=5),),
        policies=True,
    ),
    *(
        Function(
            name=f"push_{system}",
            purpose=f"brings people's records in {title} up to date, bundled to the vendor's maximum",
            capability="sync",
            group="core",
            memory_mb=1024,
            timeout_s=170,
            import_budget=ImportBudget(max_modules=900, denied=VENDOR_DENIED),
            grants=(
                SYNC_ROWS,
                Grant("leads", (*READ_ROWS, "PutItem")),
                Grant("identity", ("GetSecretValue",)),
                Grant(system, ("GetSecretValue",)),
                PARK,
            ),
            knows=("ledger",),
            triggers=(
                QueueTrigger(queue=f"{system}-first", batch_size=200, window_s=1, max_concurrency=2),
                QueueTrigger(queue=f"{system}-out", batch_size=1000, window_s=20, max_concurrency=2),
            ),
            policies=True,
        )
        for system, title in (("salesforce", "Salesforce"), ("marketo", "Marketo"))
    ),
    Function(
        name="watch_handovers",
        purpose="tells of hand-overs that nobody answered in time",
        capability="decisions",
        group="core",
        memory_mb=512,
        timeout_s=60,
        import_budget=ImportBudget(max_modules=800, denied=("pydantic", "yaml", "duckdb", "requests")),
        grants=(
            Grant("leads", (*READ_ROWS, "PutItem")),
            Grant("leads", ("BatchWriteItem",), leading_keys=(f"{TIMER_PREFIX}*",)),
            Grant("identity", ("GetSecretValue",)),
        ),
        knows=("ledger",),
        policies=True,
    ),
    Function(
        name="send_message",
        purpose="the only door out: decides whether a message may be sent, records the permit, sends it",
        capability="messages",
        group="core",
        memory_mb=512,
        timeout_s=30,
        import_budget=ImportBudget(max_modules=800, denied=("pydantic", "yaml", "duckdb", "requests")),
        grants=(
            Grant("leads", (*READ_ROWS, "ConditionCheckItem")),
            Grant("leads", ("PutItem",), leading_keys=(f"{OUTBOX_PREFIX}*",)),
            Grant("ledger", ("GetItem", "BatchGetItem", "PutItem", "ConditionCheckItem")),
            Grant("engagement", ("GetItem", "PutItem", "UpdateItem")),
            Grant("identity", ("GetSecretValue",)),
            Grant("links", ("GetSecretValue",)),
            Grant("mail", ("SendEmail",)),
            # It makes up for withdrawals whose writer was killed after the suppression.
            *DOOR_GRANTS[:2],
        ),
        triggers=(QueueTrigger(queue="messages", batch_size=10, window_s=1, max_concurrency=5),),
        policies=True,
    ),
    Function(
        name="accept_unsubscribe",
        purpose="shows the unsubscribe page; takes a withdrawal by one click, at once and for good",
        capability="messages",
        group="core",
        memory_mb=512,
        timeout_s=10,
        import_budget=ImportBudget(max_modules=520, denied=DOOR_DENIED),
        grants=(
            *DOOR_GRANTS[:2],
            Grant("leads", ("BatchGetItem",)),
            Grant("ledger", ("PutItem",), leading_keys=(f"{SUPPRESSION_PREFIX}*",)),
            Grant("links", ("GetSecretValue",)),
        ),
    ),
    Function(
        name="receive_feedback",
        purpose="turns deliveries, bounces and complaints into signals and suppressions",
        capability="messages",
        group="core",
        memory_mb=512,
        timeout_s=30,
        import_budget=ImportBudget(max_modules=520, denied=BEHIND_DENIED),
        grants=(
            *DOOR_GRANTS[:2],
            Grant("leads", ("BatchGetItem",)),
            Grant("ledger", ("PutItem",), leading_keys=(f"{SUPPRESSION_PREFIX}*",)),
            Grant("engagement", ("GetItem", "UpdateItem")),
            Grant("links", ("GetSecretValue",)),
        ),
        triggers=(QueueTrigger(queue="mail-events", batch_size=10, window_s=1, max_concurrency=2),),
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
            *DESK_GRANTS,
            Grant("lake-bucket", ("PutObject",), prefix="costs/"),
        ),
        knows=("ledger",),
        policies=True,
    ),
    Function(
        name="serve_console",
        purpose="the console: pages for marketers, sales, privacy and operators",
        capability="access",
        group="analytics",
        memory_mb=1024,
        timeout_s=29,
        import_budget=ImportBudget(max_modules=760, denied=("yaml", "duckdb", "phonenumbers")),
        grants=(
            Grant("leads", READ_ROWS),
            *DESK_GRANTS,
            Grant("console", ("GetSecretValue",)),
            Grant("api-token", ("GetSecretValue",)),
        ),
        knows=("ledger",),
        policies=True,
        browser=True,
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

CATALOG: Final = Catalog(
    tables=TABLES,
    queues=QUEUES,
    buckets=BUCKETS,
    secrets=SECRETS,
    keys=KEYS,
    bus=BUS,
    rules=RULES,
    mail=MAIL,
    users=USERS,
    functions=FUNCTIONS,
    routes=ROUTES,
    schedules=SCHEDULES,
    authorizer="authorize_request",
    drain="drain_dead_letters",
    gateway="send_message",
    alarms=ALARMS,
)
