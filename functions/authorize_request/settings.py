"""What authorize_request needs to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Names of resources; every field is an environment variable in upper case."""

    api_token_secret_arn: str
    user_pool_id: str = ""
    user_pool_client_id: str = ""
    aws_region: str = "eu-central-1"
