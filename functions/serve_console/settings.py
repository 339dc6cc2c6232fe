"""What serve_console needs to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Names of resources; every field is an environment variable in upper case."""

    leads_table_name: str
    ledger_table_name: str
    ops_table_name: str
    sync_table_name: str
    engagement_table_name: str
    lake_bucket_name: str
    signals_queue_url: str
    lake_queue_url: str
    remote_changes_queue_url: str
    salesforce_out_queue_url: str
    marketo_out_queue_url: str
    messages_queue_url: str
    mail_events_queue_url: str
    identity_secret_arn: str
    console_secret_arn: str
    api_token_secret_arn: str
    policies_file: str = "policies.json"
    installation: str = "{}"
    browser_folder: str = "browser"
    user_pool_id: str = ""
    login_url: str = ""
    login_client_id: str = ""
    public_url: str = ""
    aws_region: str = "eu-central-1"
    aws_endpoint_url: str = ""
