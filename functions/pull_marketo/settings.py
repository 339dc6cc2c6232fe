"""What pull_marketo needs to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Names of resources; every field is an environment variable in upper case."""

    sync_table_name: str
    raw_bucket_name: str
    remote_changes_queue_url: str
    marketo_first_queue_url: str
    marketo_out_queue_url: str
    marketo_secret_arn: str
    ops_table_name: str
    policies_file: str = "policies.json"
