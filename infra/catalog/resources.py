"""Where things are kept and how work travels: tables, queues, buckets, secrets, keys, bus, mail, users."""

from typing import Final

from infra.catalog.names import DAY_S, MINUTE_S
from infra.catalog_types import Bucket, Bus, BusRule, Key, LoginPages, Mail, Queue, Secret, Table, Users

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

LOGIN: Final = LoginPages(
    name="login",
    client_variable="LOGIN_CLIENT_ID",
    url_variable="LOGIN_URL",
    back_path="/console/login/callback",
    out_path="/console/login",
)
