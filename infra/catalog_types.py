"""The words of the catalog: what a function, a queue, a grant … is. The list itself is infra/catalog.

It refuses to know how anything is deployed, and imports nothing of this project.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Group = Literal["core", "analytics"]
Capability = Literal["intake", "decisions", "consent", "sync", "messages", "insights", "access", "operations"]
Method = Literal["GET", "HEAD", "POST", "ANY"]
Role = Literal["marketer", "sales", "privacy", "operator"]

ROLES: Final[tuple[Role, ...]] = ("marketer", "sales", "privacy", "operator")
"""Groups of the user pool; the authorizer passes them on, the API decides by them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A DynamoDB table with string keys `pk` and `sk`, on demand, encrypted, with point-in-time recovery."""

    name: str
    variable: str
    purpose: str
    recovery_days: int
    personal_data: bool
    ttl_attribute: str | None = None
    stream: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A standard queue and its dead-letter queue, or (``max_receive`` is None) a dead-letter queue on its own.

    A dead-letter queue keeps messages longer than its source does, because a message's age counts from its first send.
    """

    name: str
    purpose: str
    retention_s: int
    visibility_s: int
    variable: str | None = None
    dlq: str | None = None
    max_receive: int | None = None

    @property
    def is_dead_letter(self) -> bool:
        """True for the queues that the drain empties."""
        return self.dlq is None

    @property
    def output(self) -> str:
        """The stack output that carries the queue's URL."""
        return pascal(self.variable or f"{self.name}_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A private bucket: encrypted, TLS only. ``expire_days`` deletes objects; None keeps them."""

    name: str
    variable: str
    purpose: str
    personal_data: bool
    expire_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret. ``initial`` is a harmless start value that operators replace; None lets AWS generate a random one."""

    name: str
    variable: str
    purpose: str
    initial: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A KMS key with yearly rotation. ``variable`` is None when no code addresses the key itself."""

    name: str
    purpose: str
    variable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """The EventBridge bus that facts are published on."""

    name: str
    variable: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BusRule:
    """Facts that go from the bus to a queue. An empty ``facts`` means every fact there is and will be.

    ``where`` narrows them by fields of their data: (name, values that match).
    """

    name: str
    target: str
    dlq: str
    facts: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[str | bool, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The e-mail service: a configuration set whose delivery events go to the queue ``events``.

    ``sender`` is the address that mail comes from; its domain is the identity that the stack asks SES to verify.
    """

    name: str
    variable: str
    sender_variable: str
    sender: str
    events: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """The user pool of people who log in to the API and the console."""

    name: str
    pool_variable: str
    client_variable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPages:
    """The user pool's pages where people log in to the console, and the app client that the pages know it by.

    ``back_path`` and ``out_path`` are where they lead back to after login and logout.
    """

    name: str
    client_variable: str
    url_variable: str
    back_path: str
    out_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route of the HTTP API. ``auth`` puts it behind the authorizer."""

    method: Method
    path: str
    function: str
    auth: bool
    rate_per_s: int
    burst: int

    @property
    def key(self) -> str:
        """The route key as API Gateway writes it."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A function that runs at a rate. Its failures end in the dead-letter queue ``dlq``."""

    name: str
    function: str
    rate: str
    dlq: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTrigger:
    """Messages of a queue, with partial batch responses."""

    queue: str
    batch_size: int
    window_s: int
    max_concurrency: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTrigger:
    """New rows of a table whose `pk` starts with ``prefix``, with partial batch responses and bisection."""

    table: str
    prefix: str
    batch_size: int
    window_s: int
    retries: int
    dlq: str


@dataclass(frozen=True, slots=True)
class Grant:
    """Exact IAM actions (without the service) on one named resource.

    ``leading_keys`` narrows a table grant to partitions that match one of these patterns; ``prefix`` a bucket grant to
    keys below it. What the encryption of the resource needs is added by the stack, usable through that service only.
    """

    resource: str
    actions: tuple[str, ...]
    leading_keys: tuple[str, ...] = ()
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBudget:
    """What importing a handler may load: at most so many modules, and none of the denied packages."""

    max_modules: int
    denied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A Lambda. Its folder is `functions/<name>`, its role has exactly ``grants`` and what its triggers need.

    ``knows`` are resources whose names it needs without a right to touch them. ``dynamic`` are packages that it imports
    by name at run time, which reading its import statements cannot show. ``policies`` puts the compiled policies into
    its asset, ``browser`` the scripts that its pages load. ``watches`` lets it ask every queue how much waits in it and
    tells it what the installation is made of. ``storage_mb`` is the room for files while it runs.
    """

    name: str
    purpose: str
    capability: Capability
    group: Group
    memory_mb: int
    timeout_s: int
    storage_mb: int = 512
    import_budget: ImportBudget
    grants: tuple[Grant, ...] = ()
    triggers: tuple[QueueTrigger | StreamTrigger, ...] = ()
    knows: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    policies: bool = False
    browser: bool = False
    watches: bool = False
    reserved_concurrency: int | None = None
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def handler(self) -> str:
        """The same dotted path in tests, on the laptop and in Lambda."""
        return f"functions.{self.name}.handler.lambda_handler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A CloudWatch alarm; `docs/runbooks/<name>.md` says what to do. ``resource`` is the catalog name it watches.

    ``metric`` is `<namespace>/<name>`. ``missing`` says what no data means.
    """

    name: str
    metric: str
    resource: str
    statistic: Literal["Sum", "Maximum", "Minimum"]
    threshold: float
    period_s: int
    periods: int
    summary: str
    comparison: Literal[">=", "<"] = ">="
    missing: Literal["notBreaching", "breaching"] = "notBreaching"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Everything there is, with look-ups by name."""

    tables: tuple[Table, ...]
    queues: tuple[Queue, ...]
    buckets: tuple[Bucket, ...]
    secrets: tuple[Secret, ...]
    keys: tuple[Key, ...]
    bus: Bus
    rules: tuple[BusRule, ...]
    mail: Mail
    users: Users
    login: LoginPages
    functions: tuple[Function, ...]
    routes: tuple[Route, ...]
    schedules: tuple[Schedule, ...]
    authorizer: str
    drain: str
    gateway: str
    console: str
    alarms: tuple[Alarm, ...]

    def function(self, name: str) -> Function:
        """The function of this name."""
        return {function.name: function for function in self.functions}[name]

    def queue(self, name: str) -> Queue:
        """The queue of this name."""
        return {queue.name: queue for queue in self.queues}[name]

    def dead_letter_queues(self) -> tuple[Queue, ...]:
        """Every queue that the drain has to empty."""
        return tuple(queue for queue in self.queues if queue.is_dead_letter)

    def triggers_of(self, function: Function) -> tuple[QueueTrigger | StreamTrigger, ...]:
        """Triggers as listed, and for the drain one per dead-letter queue."""
        if function.name != self.drain:
            return function.triggers
        drained = (QueueTrigger(queue=q.name, batch_size=10, window_s=1) for q in self.dead_letter_queues())
        return (*function.triggers, *drained)

    def variables_of(self, function: Function) -> dict[str, str]:
        """Environment variables of a function that name resources: variable → catalog name."""
        names = [grant.resource for grant in function.grants] + list(function.knows)
        return dict(sorted(pair for name in names for pair in self.variables(name)))

    def variables(self, resource: str) -> Iterator[tuple[str, str]]:
        """The variables that carry a resource's physical name: (variable, catalog name)."""
        if resource == self.users.name:
            yield self.users.pool_variable, resource
            yield self.users.client_variable, resource
            return
        if resource == self.login.name:
            yield self.users.pool_variable, self.users.name
            yield self.login.client_variable, resource
            yield self.login.url_variable, resource
            return
        if resource == self.mail.name:
            yield self.mail.sender_variable, resource
        for named in self.named():
            if named.name == resource and named.variable:
                yield named.variable, resource

    def named(self) -> tuple[Table | Queue | Bucket | Secret | Key | Bus | Mail, ...]:
        """Every resource that a grant can name."""
        return (*self.tables, *self.queues, *self.buckets, *self.secrets, *self.keys, self.bus, self.mail)

    def paid_monthly(self) -> dict[str, int]:
        """How many there are of what is paid every month whatever the traffic, by name of the price."""
        return {
            "key": len(self.keys),
            "secret": len(self.secrets),
            "alarm": len(self.alarms),
            "dashboard": len({function.capability for function in self.functions}),
        }

    def output_names(self) -> dict[str, str]:
        """Stack outputs that name resources: variable → output key (`LEADS_TABLE_NAME` → `LeadsTableName`)."""
        names = [*(resource.name for resource in self.named()), self.users.name, self.login.name]
        return {variable: pascal(variable) for name in names for variable, _ in self.variables(name)}


def pascal(name: str) -> str:
    """`signals-dlq`, `process_signals` or `LEADS_TABLE_NAME` in the spelling of CloudFormation."""
    return "".join(part.capitalize() for part in name.replace("-", "_").split("_"))
