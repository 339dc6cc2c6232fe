"""Per-person data keys wrapped by one KMS key. KMS itself checks whom a wrapped key belongs to."""

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from shared.adapters.failures import error_code, later
from shared.ports.clock import Clock
from shared.ports.key_ring import WrongContext

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

KEPT_MS: Final = 300_000
"""A plain key lives in memory for five minutes at most: that bounds how long an erased key still works."""

KEPT_KEYS: Final = 1_000

_REFUSED: Final = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})


class KmsKeyRing:
    """Data keys bound by their encryption context to tenant, person and tier."""

    def __init__(self, client: "KMSClient", key_arn: str, *, tenant: str, clock: Clock) -> None:
        self._client = client
        self._key_arn = key_arn
        self._tenant = tenant
        self._clock = clock
        self._kept: OrderedDict[tuple[bytes, str, str], tuple[int, bytes]] = OrderedDict()

    def generate(self, subject_ref: str, tier: str) -> tuple[bytes, bytes]:
        """A new AES-256 key: plain and wrapped."""
        with later("generate data key"):
            answer = self._client.generate_data_key(
                KeyId=self._key_arn, KeySpec="AES_256", EncryptionContext=self._context(subject_ref, tier)
            )
        plain, wrapped = answer["Plaintext"], answer["CiphertextBlob"]
        self._keep((wrapped, subject_ref, tier), plain)
        return plain, wrapped

    def unwrap(self, wrapped: bytes, subject_ref: str, tier: str) -> bytes:
        """The plain key.

        Raises:
            WrongContext: the key was made for another tenant, person or tier, or was tampered with.
            shared.ports.failures.StoreUnavailable: KMS does not answer.
        """
        place = (wrapped, subject_ref, tier)
        kept = self._kept.get(place)
        if kept and self._clock.now() - kept[0] < KEPT_MS:
            return kept[1]
        try:
            with later("open data key"):
                plain = self._client.decrypt(
                    CiphertextBlob=wrapped, KeyId=self._key_arn, EncryptionContext=self._context(subject_ref, tier)
                )["Plaintext"]
        except ClientError as error:
            if error_code(error) in _REFUSED:
                raise WrongContext(f"tier {tier}") from None
            raise
        self._keep(place, plain)
        return plain

    def _context(self, subject_ref: str, tier: str) -> dict[str, str]:
        return {"tenant": self._tenant, "subject_ref": subject_ref, "tier": tier}

    def _keep(self, place: tuple[bytes, str, str], plain: bytes) -> None:
        self._kept[place] = (self._clock.now(), plain)
        self._kept.move_to_end(place)
        while len(self._kept) > KEPT_KEYS:
            self._kept.popitem(last=False)
