"""The raw archive in S3: one object per request, under a key that sorts by time of receipt. Never deletes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.adapters.archived_request import key_of, pack, prefix_of, unpack
from shared.adapters.failures import error_code, later
from shared.contracts.intake import InboundRequest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3RawArchive:
    """Requests as objects. S3 is strongly consistent: an object is there for everybody when ``put`` returns."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, request: InboundRequest, delivery_id: str) -> str:
        """Store a request; returns its key.

        Raises:
            StoreUnavailable: not now; nothing may be accepted.
        """
        key = key_of(request.received_at, delivery_id)
        with later("archive.put"):
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=pack(request), ContentType="application/octet-stream"
            )
        return key

    def get(self, key: str) -> InboundRequest:
        """Read a request back.

        Raises:
            KeyError: it is gone (its retention ended, or its person was erased).
            StoreUnavailable: not now.
        """
        try:
            with later("archive.get"):
                return unpack(self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        except ClientError as error:
            if error_code(error) in ("NoSuchKey", "404"):
                raise KeyError(key) from error
            raise

    def keys_since(self, received_at: int) -> Iterator[str]:
        """Keys of requests received at or after an instant, oldest first."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix="requests/", StartAfter=prefix_of(received_at)
        )
        for page in pages:
            for item in page.get("Contents", []):
                yield item["Key"]
