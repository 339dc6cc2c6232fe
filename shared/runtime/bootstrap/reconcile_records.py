"""The collaborators of reconcile_records."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from shared.adapters.dynamodb.consent_ledger import DynamoConsentLedger
from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.parked_records import DynamoParkedRecords
from shared.adapters.dynamodb.sync_store import DynamoSyncStore
from shared.adapters.dynamodb.table import Table
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.kms.key_ring import KmsKeyRing
from shared.adapters.s3.record_archive import S3RecordArchive
from shared.adapters.sealing import Sealer
from shared.adapters.secrets.identity_key import IdentityKey, secret_bytes
from shared.adapters.sqs.changes_queue import SqsChangesQueue
from shared.adapters.sqs.out_queue import SqsOutQueue
from shared.app.reconcile_records import Reconciling
from shared.domain.lead.rules import compile_rules
from shared.domain.sync.model import MARKETO, SALESFORCE
from shared.policies.compiled import load_compiled
from shared.ports.sync import Changes
from shared.runtime.batch import QueueMessage, report
from shared.runtime.clients import client
from shared.runtime.clock import RandomIds, SystemClock
from shared.runtime.patience import pause


class Settings(Protocol):
    """What the function has to know."""

    @property
    def sync_table_name(self) -> str:
        """Links and their shadows."""

    @property
    def raw_bucket_name(self) -> str:
        """Pages of records."""

    @property
    def leads_table_name(self) -> str:
        """Heads, history and outbox."""

    @property
    def ledger_table_name(self) -> str:
        """Consent events."""

    @property
    def keys_table_name(self) -> str:
        """Wrapped data keys."""

    @property
    def ops_table_name(self) -> str:
        """Parked records."""

    @property
    def data_key_arn(self) -> str:
        """The KMS key that wraps data keys."""

    @property
    def identity_secret_arn(self) -> str:
        """The key of identifier digests."""

    @property
    def remote_changes_queue_url(self) -> str:
        """Where pages come from, and go back to."""

    @property
    def salesforce_first_queue_url(self) -> str:
        """What cannot wait, for Salesforce."""

    @property
    def salesforce_out_queue_url(self) -> str:
        """The rest for Salesforce."""

    @property
    def marketo_first_queue_url(self) -> str:
        """What cannot wait, for Marketo."""

    @property
    def marketo_out_queue_url(self) -> str:
        """The rest for Marketo."""

    @property
    def policies_file(self) -> str:
        """Compiled policies."""

    @property
    def tenant(self) -> str:
        """Whose ledger this is."""


def reconciling(settings: Settings) -> Reconciling:
    """Everything on AWS; policies compiled once."""
    clock = SystemClock()
    policies = load_compiled(Path(settings.policies_file))
    dynamodb = client("dynamodb")
    tables = Tables(settings.leads_table_name, settings.ledger_table_name, settings.keys_table_name)
    keys = KmsKeyRing(client("kms"), settings.data_key_arn, tenant=settings.tenant, clock=clock)
    secret = secret_bytes(client("secretsmanager"), settings.identity_secret_arn, clock)
    return Reconciling(
        store=DynamoLeadStore(dynamodb, tables, identity=IdentityKey(secret), clock=clock),
        sync=DynamoSyncStore(Table(dynamodb, settings.sync_table_name)),
        ledger=DynamoConsentLedger(
            Table(dynamodb, tables.ledger), Table(dynamodb, tables.data_keys), Sealer(keys, tenant=settings.tenant)
        ),
        archive=S3RecordArchive(client("s3"), settings.raw_bucket_name),
        queue=SqsChangesQueue(client("sqs"), settings.remote_changes_queue_url),
        out=SqsOutQueue(
            client("sqs"),
            {
                (SALESFORCE, True): settings.salesforce_first_queue_url,
                (SALESFORCE, False): settings.salesforce_out_queue_url,
                (MARKETO, True): settings.marketo_first_queue_url,
                (MARKETO, False): settings.marketo_out_queue_url,
            },
        ),
        parked=DynamoParkedRecords(Table(dynamodb, settings.ops_table_name)),
        rules=compile_rules(policies.scoring, policies.lifecycle, policies.version),
        policy=policies.sync,
        clock=clock,
        ids=RandomIds(),
        pause=pause,
    )


def changes_in(messages: Sequence[QueueMessage]) -> tuple[list[tuple[str, Changes]], frozenset[str]]:
    """The pages that messages name, with the ids of their messages; and ids of messages that name none.

    Those are left to the queue, which moves them to its dead letters, where they are parked.
    """
    pages: list[tuple[str, Changes]] = []
    unreadable: set[str] = set()
    for message in messages:
        try:
            pages.append((message.message_id, Changes.of_message(message.json())))
        except (ValueError, KeyError, TypeError) as error:
            report(error, message.message_id)
            unreadable.add(message.message_id)
    return pages, frozenset(unreadable)
