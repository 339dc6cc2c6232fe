"""What process_signals needs to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Variables of the function, upper-cased in the environment."""

    raw_bucket_name: str
    leads_table_name: str
    ledger_table_name: str
    keys_table_name: str
    ops_table_name: str
    data_key_arn: str
    identity_secret_arn: str
    policies_file: str = "policies.json"
    tenant: str = "leadspine"
