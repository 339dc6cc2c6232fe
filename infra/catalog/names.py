"""Names and durations that several parts of the catalog use."""

from typing import Final

STACK_NAME: Final = "Leadspine"
METRICS_NAMESPACE: Final = "Leadspine"
METRICS_SERVICE: Final = "leadspine"
"""The dimension `service` of every metric that our own code counts."""

LOG_RETENTION_DAYS: Final = 30
DEAD_LETTER_QUEUES_VARIABLE: Final = "DEAD_LETTER_QUEUES"
"""Told to the drain only: JSON of physical queue name (the end of its ARN) → name in this catalog."""

INSTALLATION_VARIABLE: Final = "INSTALLATION"
"""Told to functions that watch: JSON of ``queues`` (physical name → name in this catalog) and ``paid_monthly``."""

PUBLIC_URL: Final = "PUBLIC_URL"
"""The address of the HTTP API, where links in mails and the login pages lead: told to the gateway and the console."""

OUTBOX_PREFIX: Final = "OUTBOX#"
"""How partition keys of outbox rows start: the stream filter, and the only rows that the relay may delete."""

TIMER_PREFIX: Final = "TIMER#"
"""How partition keys of timers start: the only rows that the watch of hand-overs may delete."""

SUPPRESSION_PREFIX: Final = "SUPP#"
"""How partition keys of suppressions start: what unsubscribe links and delivery events may write into the ledger."""

MINUTE_S: Final = 60
HOUR_S: Final = 60 * MINUTE_S
DAY_S: Final = 24 * HOUR_S
