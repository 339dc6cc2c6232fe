"""Objects of the lake bucket. Moves bytes and knows nothing of what is in them.

Every call raises shared.ports.failures.StoreUnavailable when S3 refuses for now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.adapters.failures import error_code, later

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client

_LOST_RACE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409"})
_DELETE_BATCH = 1000


class S3Objects:
    """One bucket. Encryption at rest is the bucket's own default."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def names(self, prefix: str) -> list[str]:
        """Keys below a prefix, in order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with later("list objects"):
            return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Bytes and the tag of this version; None when there is no such object."""
        try:
            with later("get object"):
                response = self._client.get_object(Bucket=self._bucket, Key=name)
                return response["Body"].read(), response["ETag"]
        except self._client.exceptions.NoSuchKey:
            return None

    def put(self, name: str, body: bytes) -> None:
        """Write an object, whatever was there."""
        with later("put object"):
            self._client.put_object(Bucket=self._bucket, Key=name, Body=body)

    def put_if(self, name: str, body: bytes, tag: str | None) -> bool:
        """Write an object only if its version is still ``tag`` (None: only if it does not exist); False: it is not."""
        condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        try:
            with later("put object"):
                self._client.put_object(Bucket=self._bucket, Key=name, Body=body, **condition)  # type: ignore[arg-type]
        except ClientError as error:
            if error_code(error) in _LOST_RACE:
                return False
            raise
        return True

    def remove(self, names: Sequence[str]) -> None:
        """Delete objects; those already gone are no error."""
        for start in range(0, len(names), _DELETE_BATCH):
            keys = [{"Key": name} for name in names[start : start + _DELETE_BATCH]]
            with later("delete objects"):
                self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})  # type: ignore[typeddict-item]
