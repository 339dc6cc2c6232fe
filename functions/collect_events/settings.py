"""Environment of this function."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where it writes, and where it finds its sources and their secrets."""

    raw_bucket_name: str
    signals_queue_url: str
    sources_secret_arn: str
    policies_file: str = "policies.json"
