"""Which signals were counted already, as short digests. Owns no storage; a bucket row keeps them."""

import hashlib
from typing import Final

DIGEST_BYTES: Final = 8
"""64 bits: with a million signals of one lead, the chance that any two collide is 1 in 37 million."""

SEEN_BUCKET_SIZE: Final = 112
"""Digests per bucket row. 112 * 8 bytes plus keys stay below 1 KB: rewriting the open bucket costs one write unit."""


def signal_digest(signal_id: str) -> str:
    """The digest that stands for a signal in ``Known.seen``: 16 hexadecimal characters."""
    return hashlib.blake2b(signal_id.encode(), digest_size=DIGEST_BYTES).hexdigest()
