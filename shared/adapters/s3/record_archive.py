"""Pages of records in S3, beside the raw requests and under the same 30 days. Never deletes."""

from collections.abc import Callable, Sequence
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from shared.adapters.archived_records import key_of, pack, unpack
from shared.adapters.failures import error_code, later
from shared.domain.instant import Instant
from shared.domain.sync.model import RemoteRecord

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NAME_BYTES: Final = 12


def _by_chance() -> str:
    return token_hex(_NAME_BYTES)


class S3RecordArchive:
    """Pages as objects. S3 is strongly consistent: an object is there for everybody when ``put`` returns."""

    def __init__(self, client: "S3Client", bucket: str, *, name: Callable[[], str] = _by_chance) -> None:
        self._client = client
        self._bucket = bucket
        self._name = name

    def put(self, records: Sequence[RemoteRecord], *, now: Instant) -> str:
        """Store a page; returns its key, which is chance and time and therefore no personal data.

        Raises:
            StoreUnavailable: not now; the position must not move on.
        """
        key = key_of(now, self._name())
        with later("records.put"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=pack(records), ContentType="application/gzip")
        return key

    def get(self, key: str) -> tuple[RemoteRecord, ...]:
        """Read a page.

        Raises:
            KeyError: it is gone (its retention ended).
            StoreUnavailable: not now.
        """
        try:
            with later("records.get"):
                return unpack(self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        except ClientError as error:
            if error_code(error) in ("NoSuchKey", "404"):
                raise KeyError(key) from error
            raise
