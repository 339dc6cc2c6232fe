"""What build_reports needs to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Names of resources; every field is an environment variable in upper case."""

    lake_bucket_name: str
