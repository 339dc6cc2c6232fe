"""What watch_handovers has to be told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Names of tables, the key of identifier digests, compiled policies."""

    leads_table_name: str
    ledger_table_name: str
    identity_secret_arn: str
    policies_file: str = "policies.json"
