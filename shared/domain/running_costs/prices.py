"""List prices of what the template uses, in US dollars, without free tiers and discounts. Checked by nobody but people.

Prices are those of AWS's public price pages for Europe (Frankfurt), eu-central-1, as known on the date below. They were
written down by hand and are an approximation: look at the page named beside a price before quoting a figure made of
it. Nothing is fetched when a figure is computed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

REGION: Final = "eu-central-1"
AS_OF: Final = "2026-11"
MILLION: Final = 1_000_000
GIGABYTE: Final = 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars for ``per`` of a unit. ``service`` groups prices as a bill does; ``source`` is where to look it up."""

    service: str
    unit: str
    dollars: float
    per: float
    source: str

    @property
    def each(self) -> float:
        """Dollars for one unit."""
        return self.dollars / self.per


def _price(service: str, unit: str, dollars: float, per: float, source: str) -> Price:
    return Price(service=service, unit=unit, dollars=dollars, per=per, source=f"aws.amazon.com/{source}")


USAGE: Final[Mapping[str, Price]] = {
    "http_request": _price("API Gateway", "HTTP API request up to 512 KB", 1.20, MILLION, "api-gateway/pricing"),
    "invocation": _price("Lambda", "invocation", 0.20, MILLION, "lambda/pricing"),
    "gb_second": _price("Lambda", "GB-second on ARM", 0.0000133334, 1, "lambda/pricing"),
    "sqs_request": _price("SQS", "request to a standard queue, up to 64 KB", 0.40, MILLION, "sqs/pricing"),
    "write_unit": _price("DynamoDB", "write request unit, on demand", 0.7625, MILLION, "dynamodb/pricing/on-demand"),
    "read_unit": _price("DynamoDB", "read request unit, on demand", 0.1525, MILLION, "dynamodb/pricing/on-demand"),
    "s3_put": _price("S3", "PUT", 0.0054, 1_000, "s3/pricing"),
    "s3_get": _price("S3", "GET", 0.00043, 1_000, "s3/pricing"),
    "bus_event": _price("EventBridge", "custom event up to 64 KB", 1.00, MILLION, "eventbridge/pricing"),
    "kms_request": _price("KMS", "request with a symmetric key", 0.03, 10_000, "kms/pricing"),
    "log_gigabyte": _price("CloudWatch", "GB of logs taken in", 0.63, 1, "cloudwatch/pricing"),
}
"""What grows with traffic."""

STORAGE: Final[Mapping[str, Price]] = {
    "table_gigabyte": _price("DynamoDB", "GB-month, standard class", 0.306, 1, "dynamodb/pricing/on-demand"),
    "recovery_gigabyte": _price(
        "DynamoDB", "GB-month of point-in-time recovery", 0.2448, 1, "dynamodb/pricing/on-demand"
    ),
    "bucket_gigabyte": _price("S3", "GB-month, standard class", 0.0245, 1, "s3/pricing"),
}
"""What grows with history, per month."""

FIXED: Final[Mapping[str, Price]] = {
    "key": _price("KMS", "key and month", 1.00, 1, "kms/pricing"),
    "secret": _price("Secrets Manager", "secret and month", 0.40, 1, "secrets-manager/pricing"),
    "alarm": _price("CloudWatch", "alarm and month", 0.10, 1, "cloudwatch/pricing"),
    "dashboard": _price("CloudWatch", "dashboard and month", 3.00, 1, "cloudwatch/pricing"),
    "metric": _price("CloudWatch", "custom metric and month", 0.30, 1, "cloudwatch/pricing"),
}
"""What is paid every month, whatever the traffic."""
