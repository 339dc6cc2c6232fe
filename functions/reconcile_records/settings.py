"""What reconcile_records needs to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Names of resources; every field is an environment variable in upper case."""

    sync_table_name: str
    raw_bucket_name: str
    leads_table_name: str
    ledger_table_name: str
    keys_table_name: str
    ops_table_name: str
    data_key_arn: str
    identity_secret_arn: str
    remote_changes_queue_url: str
    salesforce_first_queue_url: str
    salesforce_out_queue_url: str
    marketo_first_queue_url: str
    marketo_out_queue_url: str
    policies_file: str = "policies.json"
    tenant: str = "leadspine"
