"""The collaborators of process_signals."""

import json
from pathlib import Path
from typing import Protocol

from shared.adapters.dynamodb.consent_ledger import DynamoConsentLedger
from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.parked_records import DynamoParkedRecords
from shared.adapters.dynamodb.table import Table
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.kms.key_ring import KmsKeyRing
from shared.adapters.s3.raw_archive import S3RawArchive
from shared.adapters.sealing import Sealer
from shared.adapters.secrets.identity_key import IdentityKey, secret_bytes
from shared.app.normalise import signals_of
from shared.app.process_signals import Processing
from shared.connectors.registry import connector_of
from shared.contracts.intake import Delivery, InboundRequest, Rejected, Source
from shared.domain.intake.signal import Signal
from shared.domain.lead.rules import compile_rules
from shared.policies.compiled import load_compiled
from shared.runtime.batch import QueueMessage, report
from shared.runtime.clients import client
from shared.runtime.clock import RandomIds, SystemClock
from shared.runtime.patience import pause


class Settings(Protocol):
    """What the function has to know."""

    @property
    def raw_bucket_name(self) -> str:
        """The archive of requests."""

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
    def policies_file(self) -> str:
        """Compiled policies."""

    @property
    def tenant(self) -> str:
        """Whose ledger this is."""


def processing(settings: Settings) -> Processing:
    """Everything on AWS; policies compiled once."""
    clock = SystemClock()
    policies = load_compiled(Path(settings.policies_file))
    dynamodb = client("dynamodb")
    tables = Tables(settings.leads_table_name, settings.ledger_table_name, settings.keys_table_name)
    keys = KmsKeyRing(client("kms"), settings.data_key_arn, tenant=settings.tenant, clock=clock)
    secret = secret_bytes(client("secretsmanager"), settings.identity_secret_arn, clock)
    return Processing(
        archive=S3RawArchive(client("s3"), settings.raw_bucket_name),
        store=DynamoLeadStore(dynamodb, tables, identity=IdentityKey(secret), clock=clock),
        ledger=DynamoConsentLedger(
            Table(dynamodb, tables.ledger), Table(dynamodb, tables.data_keys), Sealer(keys, tenant=settings.tenant)
        ),
        parked=DynamoParkedRecords(Table(dynamodb, settings.ops_table_name)),
        sources=policies.sources,
        parse=read_signals,
        rules=compile_rules(policies.scoring, policies.lifecycle, policies.version),
        clock=clock,
        ids=RandomIds(),
        pause=pause,
    )


def read_signals(
    request: InboundRequest, source: Source, archive_key: str, correlation_id: str
) -> tuple[list[Signal], list[Rejected]]:
    """What a request says, by the connector of its source."""
    parse = connector_of(source.vendor).parse
    return signals_of(request, source, parse=parse, archive_key=archive_key, correlation_id=correlation_id)


def delivery_in(message: QueueMessage) -> Delivery | None:
    """The delivery in a message; None when it is none, so that the queue moves it to its dead letters."""
    try:
        return Delivery.of_message(json.loads(message.body))
    except (ValueError, KeyError, TypeError) as error:
        report(error, message.message_id)
        return None
