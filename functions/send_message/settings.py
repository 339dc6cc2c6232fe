"""What send_message needs to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Variables of the function, upper-cased in the environment.

    ``public_url`` is the HTTP API's own address; ``links_url`` stands before it where there is a domain of one's own.
    ``staff_recipients`` (JSON: group → addresses) adds to those of messages.yaml.
    """

    leads_table_name: str
    ledger_table_name: str
    engagement_table_name: str
    raw_bucket_name: str
    signals_queue_url: str
    identity_secret_arn: str
    links_secret_arn: str
    mail_configuration_set: str
    mail_sender: str
    public_url: str = ""
    links_url: str = ""
    staff_recipients: str = "{}"
    policies_file: str = "policies.json"
