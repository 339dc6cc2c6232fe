"""What the functions around messages share. Small: a door loads it."""

from collections.abc import Callable

from shared.adapters.dynamodb.contact_points import DynamoContactPoints
from shared.adapters.dynamodb.table import Table
from shared.adapters.s3.raw_archive import S3RawArchive
from shared.adapters.secrets.identity_key import secret_bytes
from shared.adapters.sqs.signal_queue import SqsSignalQueue
from shared.app.record_withdrawal import Recording
from shared.app.unsubscribe_token import LinkKeys
from shared.runtime.clients import client
from shared.runtime.clock import RandomIds, SystemClock


def link_keys(links_secret_arn: str) -> LinkKeys:
    """Keys of links and digests, from their secret."""
    return LinkKeys(secret_bytes(client("secretsmanager"), links_secret_arn, SystemClock()))


def recording(
    *, raw_bucket_name: str, signals_queue_url: str, leads_table_name: str, digest: Callable[[str], str]
) -> Recording:
    """How signals of our own are written down."""
    return Recording(
        archive=S3RawArchive(client("s3"), raw_bucket_name),
        queue=SqsSignalQueue(client("sqs"), signals_queue_url),
        contacts=DynamoContactPoints(Table(client("dynamodb"), leads_table_name), digest),
        ids=RandomIds(),
    )
