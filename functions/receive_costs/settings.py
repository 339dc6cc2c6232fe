"""Environment of this function."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where costs are kept, and where it finds its source and its secret."""

    lake_bucket_name: str
    sources_secret_arn: str
    policies_file: str = "policies.json"
