"""The collaborators of send_message."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import boto3
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.messages import DynamoMessages
from shared.adapters.dynamodb.permits import DynamoPermits
from shared.adapters.dynamodb.suppressions import DynamoSuppressions
from shared.adapters.dynamodb.table import Table
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.secrets.identity_key import IdentityKey, secret_bytes
from shared.adapters.ses.mail import SesMail
from shared.app.message_attempt import Sending
from shared.app.message_causes import cause_in
from shared.app.message_mail import Stationery
from shared.app.send_message import send_messages
from shared.domain.engagement.policy_model import MessagePolicy
from shared.domain.lead.rules import compile_rules
from shared.policies.compiled import load_compiled
from shared.runtime.batch import QueueMessage
from shared.runtime.bootstrap.messages import link_keys, recording
from shared.runtime.clients import client
from shared.runtime.clock import SystemClock
from shared.runtime.observability import metrics

_ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=2, read_timeout=10)
"""A mail is handed over once: a retry inside the SDK after a lost answer would send it twice."""


class Settings(Protocol):
    """What the function has to know."""

    @property
    def leads_table_name(self) -> str:
        """Heads and outbox."""

    @property
    def ledger_table_name(self) -> str:
        """Heads of chains, permits, suppressions."""

    @property
    def engagement_table_name(self) -> str:
        """Messages."""

    @property
    def raw_bucket_name(self) -> str:
        """The archive."""

    @property
    def signals_queue_url(self) -> str:
        """The queue of deliveries."""

    @property
    def identity_secret_arn(self) -> str:
        """The key of identifier digests."""

    @property
    def links_secret_arn(self) -> str:
        """Keys of links and of digests of addresses."""

    @property
    def mail_configuration_set(self) -> str:
        """Where SES is told to report to."""

    @property
    def mail_sender(self) -> str:
        """The address mail comes from."""

    @property
    def public_url(self) -> str:
        """The HTTP API's own address."""

    @property
    def links_url(self) -> str:
        """Another address of it, for links."""

    @property
    def staff_recipients(self) -> str:
        """JSON: group → addresses."""

    @property
    def policies_file(self) -> str:
        """Compiled policies."""


def sender(settings: Settings) -> Callable[[QueueMessage], object]:
    """A function of one queue message."""
    deps = sending(settings)
    return lambda message: send_messages(cause_in(message.body), deps)


def sending(settings: Settings) -> Sending:
    """The gateway on AWS."""
    clock, dynamodb = SystemClock(), client("dynamodb")
    policies = load_compiled(Path(settings.policies_file))
    policy = with_recipients(policies.messages, json.loads(settings.staff_recipients or "{}"))
    keys = link_keys(settings.links_secret_arn)
    identity = secret_bytes(client("secretsmanager"), settings.identity_secret_arn, clock)
    leads, ledger = Table(dynamodb, settings.leads_table_name), Table(dynamodb, settings.ledger_table_name)
    engagement = Table(dynamodb, settings.engagement_table_name)
    return Sending(
        # Nothing is sealed here, so the table of data keys is neither named nor granted.
        store=DynamoLeadStore(
            dynamodb, Tables(leads.name, ledger.name, ""), identity=IdentityKey(identity), clock=clock
        ),
        permits=DynamoPermits(leads, ledger, engagement),
        messages=DynamoMessages(engagement, leads.name),
        suppressions=DynamoSuppressions(ledger, sorted({m.purpose for m in policy.messages if m.purpose})),
        mail=SesMail(boto3.client("sesv2", config=_ONCE), settings.mail_configuration_set),
        recording=recording(
            raw_bucket_name=settings.raw_bucket_name,
            signals_queue_url=settings.signals_queue_url,
            leads_table_name=settings.leads_table_name,
            digest=keys.digest,
        ),
        paper=Stationery(
            sender=settings.mail_sender,
            url=(settings.links_url or settings.public_url).rstrip("/"),
            policy=policy,
            texts=policies.consent.texts,
            keys=keys,
        ),
        rules=compile_rules(policies.scoring, policies.lifecycle, policies.version),
        clock=clock,
        count=lambda outcome: metrics.add_metric(f"Messages{outcome.capitalize()}", MetricUnit.Count, 1),
    )


def with_recipients(policy: MessagePolicy, more: Mapping[str, object]) -> MessagePolicy:
    """The policy with further addresses in its groups of staff."""
    groups = dict(policy.recipients)
    for name, addresses in more.items():
        added = addresses if isinstance(addresses, list) else [addresses]
        groups[name] = tuple(dict.fromkeys((*groups.get(name, ()), *map(str, added))))
    return replace(policy, recipients=groups)
