"""What the functions that call vendors have in common. Knows no vendor: the caller brings the class of its system."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.parked_records import DynamoParkedRecords
from shared.adapters.dynamodb.sync_store import DynamoSyncStore
from shared.adapters.dynamodb.table import Table
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.s3.record_archive import S3RecordArchive
from shared.adapters.secrets.credentials import vendor_credentials
from shared.adapters.secrets.identity_key import IdentityKey, secret_bytes
from shared.adapters.sqs.changes_queue import SqsChangesQueue
from shared.app.pull_records import Pulling
from shared.app.push_records import Pushing
from shared.domain.lead.rules import compile_rules
from shared.domain.sync.policy_model import SyncPolicy
from shared.policies.compiled import load_compiled
from shared.ports.clock import Clock
from shared.ports.sync import OutQueue, RemoteSystem
from shared.runtime.clients import client
from shared.runtime.clock import RandomIds, SystemClock
from shared.runtime.patience import pause


class MakeSystem(Protocol):
    """The class of a vendor's system."""

    def __call__(
        self,
        *,
        credentials: Callable[[], Mapping[str, str]],
        policy: SyncPolicy,
        clock: Clock,
        session: Callable[[], Any] | None,
        pause: Callable[[float], None],
    ) -> RemoteSystem:
        """A system; nothing is called before it is used."""


class VendorSettings(Protocol):
    """What every function that calls a vendor has to know."""

    @property
    def sync_table_name(self) -> str:
        """Links, positions, claims."""

    @property
    def ops_table_name(self) -> str:
        """Parked records."""

    @property
    def policies_file(self) -> str:
        """Compiled policies."""


class PullSettings(VendorSettings, Protocol):
    """What a pull has to know beside its vendor's secret."""

    @property
    def raw_bucket_name(self) -> str:
        """Where pages of records go."""

    @property
    def remote_changes_queue_url(self) -> str:
        """Where references to them go."""


class PushSettings(VendorSettings, Protocol):
    """What a writer has to know beside its vendor's secret."""

    @property
    def leads_table_name(self) -> str:
        """Heads, pointers, outbox."""

    @property
    def ledger_table_name(self) -> str:
        """Named because a decision's transaction knows it; nothing is written there."""

    @property
    def identity_secret_arn(self) -> str:
        """The key of identifier digests."""


def pulling_from(make: MakeSystem, secret_arn: str, settings: PullSettings, out: OutQueue) -> Pulling:
    """A pull from a vendor, on AWS."""
    clock = SystemClock()
    policy = load_compiled(Path(settings.policies_file)).sync
    return Pulling(
        system=_system(make, secret_arn, policy, clock),
        store=DynamoSyncStore(Table(client("dynamodb"), settings.sync_table_name)),
        archive=S3RecordArchive(client("s3"), settings.raw_bucket_name),
        queue=SqsChangesQueue(client("sqs"), settings.remote_changes_queue_url),
        out=out,
        policy=policy,
        clock=clock,
        parked=DynamoParkedRecords(Table(client("dynamodb"), settings.ops_table_name)),
    )


def pushing_from(make: MakeSystem, secret_arn: str, settings: PushSettings) -> Pushing:
    """Writing into a vendor's system, on AWS."""
    clock = SystemClock()
    policies = load_compiled(Path(settings.policies_file))
    dynamodb = client("dynamodb")
    secret = secret_bytes(client("secretsmanager"), settings.identity_secret_arn, clock)
    # Nothing is sealed here, so the table of data keys is neither named nor granted.
    tables = Tables(settings.leads_table_name, settings.ledger_table_name, "")
    return Pushing(
        system=_system(make, secret_arn, policies.sync, clock),
        store=DynamoLeadStore(dynamodb, tables, identity=IdentityKey(secret), clock=clock),
        sync=DynamoSyncStore(Table(dynamodb, settings.sync_table_name)),
        parked=DynamoParkedRecords(Table(dynamodb, settings.ops_table_name)),
        rules=compile_rules(policies.scoring, policies.lifecycle, policies.version),
        policy=policies.sync,
        clock=clock,
        ids=RandomIds(),
        pause=pause,
    )


def _system(make: MakeSystem, secret_arn: str, policy: SyncPolicy, clock: Clock) -> RemoteSystem:
    credentials = vendor_credentials(client("secretsmanager"), secret_arn, clock)
    return make(credentials=credentials, policy=policy, clock=clock, session=None, pause=time.sleep)
