"""The Lambdas, with exactly the rights each of them has."""

from typing import Final

from infra.catalog.names import OUTBOX_PREFIX, SUPPRESSION_PREFIX, TIMER_PREFIX
from infra.catalog_types import Function, Grant, ImportBudget, QueueTrigger, StreamTrigger

READ_ROWS: Final = ("GetItem", "BatchGetItem", "Query")
PARK: Final = Grant("ops", ("GetItem", "PutItem"))
REMOVE_SENT: Final = Grant("leads", ("BatchWriteItem",), leading_keys=(f"{OUTBOX_PREFIX}*",))

SYNC_ROWS: Final = Grant("sync", (*READ_ROWS, "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"))
"""Links, positions and claims are the working memory of synchronisation: whoever takes part in it writes them."""

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
        name="receive_costs",
        purpose="takes in files of what marketing cost, signed",
        capability="insights",
        group="analytics",
        memory_mb=1024,
        timeout_s=29,
        import_budget=ImportBudget(max_modules=620, denied=("yaml", "duckdb", "phonenumbers", "cryptography", "jwt")),
        grants=(
            # What is known already lies beside what is new; the right to list is one of the whole bucket.
            Grant("lake-bucket", ("ListBucket", "GetObject", "PutObject"), prefix="costs/"),
            Grant("sources", ("GetSecretValue",)),
        ),
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
        purpose="keeps one row per person and every touch, folded from the facts in the lake",
        capability="insights",
        group="analytics",
        memory_mb=3008,
        timeout_s=300,
        storage_mb=4096,
        import_budget=ImportBudget(max_modules=550, denied=("pydantic", "yaml", "phonenumbers")),
        grants=(Grant("lake-bucket", ("ListBucket", "GetObject", "PutObject", "DeleteObject")),),
    ),
    Function(
        name="serve_api",
        purpose="the JSON API of the console",
        capability="access",
        group="analytics",
        memory_mb=1769,
        timeout_s=29,
        storage_mb=2048,
        import_budget=ImportBudget(max_modules=730, denied=("yaml", "duckdb", "phonenumbers")),
        grants=(
            Grant("leads", (*READ_ROWS, "PutItem")),
            *DESK_GRANTS,
            Grant("lake-bucket", ("PutObject",), prefix="costs/"),
        ),
        knows=("ledger",),
        policies=True,
        watches=True,
    ),
    Function(
        name="serve_console",
        purpose="the console: pages for marketers, sales, privacy and operators",
        capability="access",
        group="analytics",
        memory_mb=1769,
        timeout_s=29,
        storage_mb=2048,
        import_budget=ImportBudget(max_modules=810, denied=("yaml", "duckdb", "phonenumbers")),
        grants=(
            Grant("leads", READ_ROWS),
            *DESK_GRANTS,
            Grant("console", ("GetSecretValue",)),
            Grant("api-token", ("GetSecretValue",)),
        ),
        knows=("ledger", "login"),
        policies=True,
        watches=True,
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
