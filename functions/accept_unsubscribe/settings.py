"""What accept_unsubscribe needs to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Variables of the function, upper-cased in the environment."""

    leads_table_name: str
    ledger_table_name: str
    raw_bucket_name: str
    signals_queue_url: str
    links_secret_arn: str
