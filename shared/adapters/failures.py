"""AWS errors in the words of the ports: what may work later becomes StoreUnavailable, the rest stays as it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own name

from shared.ports.failures import StoreUnavailable

PASSING: Final = frozenset(
    {
        "InternalServerError",
        "InternalFailure",
        "InternalException",
        "KMSInternalException",
        "DependencyTimeoutException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
"""Codes that say: not now. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html"""


def error_code(error: ClientError) -> str:
    """The code of an AWS error."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def later(what: str) -> Iterator[None]:
    """Turn passing failures of a call into StoreUnavailable. The message says what was called, never with which data.

    Raises:
        StoreUnavailable: throttled, timed out, unreachable; after a timeout the call may have taken effect.
    """
    try:
        yield
    except ClientError as error:
        if error_code(error) in PASSING:
            raise StoreUnavailable(f"{what}: {error_code(error)}") from None
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise StoreUnavailable(f"{what}: {type(error).__name__}") from None
