"""What push_marketo needs to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Names of resources; every field is an environment variable in upper case."""

    sync_table_name: str
    leads_table_name: str
    ledger_table_name: str
    identity_secret_arn: str
    marketo_secret_arn: str
    ops_table_name: str
    policies_file: str = "policies.json"
