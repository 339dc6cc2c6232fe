"""The one typed list of functions, queues, schedules, tables, buckets, alarms and routes.

CDK, the laptop cloud, the generated docs and the tests read it. It owns *what* exists and who may do what; it refuses
to know how anything is deployed, and imports nothing of this project but its own words (infra/catalog_types.py).

Names are logical (`leads`, `signals-dlq`); physical names are left to CloudFormation. A function learns the physical
names of exactly those resources that it has a grant on, through the variables named beside them.
"""

from typing import Final

from infra.catalog.alarms import ALARMS
from infra.catalog.functions import FUNCTIONS
from infra.catalog.names import (
    DEAD_LETTER_QUEUES_VARIABLE,
    INSTALLATION_VARIABLE,
    LOG_RETENTION_DAYS,
    METRICS_NAMESPACE,
    METRICS_SERVICE,
    OUTBOX_PREFIX,
    PUBLIC_URL,
    STACK_NAME,
)
from infra.catalog.resources import BUCKETS, BUS, KEYS, LOGIN, MAIL, QUEUES, RULES, SECRETS, TABLES, USERS
from infra.catalog.ways_in import ROUTES, SCHEDULES
from infra.catalog_types import Catalog

__all__ = [
    "CATALOG",
    "DEAD_LETTER_QUEUES_VARIABLE",
    "INSTALLATION_VARIABLE",
    "LOG_RETENTION_DAYS",
    "MAIL",
    "METRICS_NAMESPACE",
    "METRICS_SERVICE",
    "OUTBOX_PREFIX",
    "PUBLIC_URL",
    "STACK_NAME",
]

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
    login=LOGIN,
    functions=FUNCTIONS,
    routes=ROUTES,
    schedules=SCHEDULES,
    authorizer="authorize_request",
    drain="drain_dead_letters",
    gateway="send_message",
    console="serve_console",
    alarms=ALARMS,
)
