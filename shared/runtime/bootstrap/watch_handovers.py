"""The collaborators of watch_handovers."""

from pathlib import Path
from typing import Protocol

from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.secrets.identity_key import IdentityKey, secret_bytes
from shared.app.decide_person import Deciding
from shared.domain.lead.rules import compile_rules
from shared.policies.compiled import load_compiled
from shared.runtime.clients import client
from shared.runtime.clock import RandomIds, SystemClock
from shared.runtime.patience import pause


class Settings(Protocol):
    """What the function has to know."""

    @property
    def leads_table_name(self) -> str:
        """Heads, timers and outbox."""

    @property
    def ledger_table_name(self) -> str:
        """Named with every decision; nothing is written there."""

    @property
    def identity_secret_arn(self) -> str:
        """The key of identifier digests."""

    @property
    def policies_file(self) -> str:
        """Compiled policies."""


def deciding(settings: Settings) -> Deciding:
    """Everything on AWS. A hand-over that is overdue says nothing about consent, so there is no ledger."""
    clock = SystemClock()
    policies = load_compiled(Path(settings.policies_file))
    secret = secret_bytes(client("secretsmanager"), settings.identity_secret_arn, clock)
    tables = Tables(settings.leads_table_name, settings.ledger_table_name, "")
    return Deciding(
        store=DynamoLeadStore(client("dynamodb"), tables, identity=IdentityKey(secret), clock=clock),
        ledger=None,
        rules=compile_rules(policies.scoring, policies.lifecycle, policies.version),
        clock=clock,
        ids=RandomIds(),
        pause=pause,
    )
