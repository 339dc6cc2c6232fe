"""Addresses by digest, read from heads. Small: a door loads it. Never a look-up by address."""

from collections.abc import Callable
from typing import Final

from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.items import from_item, unpack
from shared.adapters.dynamodb.lead_codec import decode_lead
from shared.adapters.dynamodb.table import Table
from shared.domain.identity.model import EMAIL
from shared.domain.lead.model import Lead

_MAX_CHAIN: Final = 32


class DynamoContactPoints:
    """``digest`` makes the digests that are asked for."""

    def __init__(self, leads: Table, digest: Callable[[str], str]) -> None:
        self._leads = leads
        self._digest = digest

    def address_of(self, lead_id: str, digest: str) -> str | None:
        """The person's address of that digest; the lead itself first, then its root and the root's other parts."""
        seen: set[str] = set()
        wanted = [lead_id]
        while wanted and len(seen) < _MAX_CHAIN * 4:
            rows = self._leads.get_many([keys.head(one) for one in wanted])
            seen.update(wanted)
            leads: list[Lead] = [decode_lead(unpack(from_item("head", row)["body"])) for row in rows.values()]
            for lead in leads:
                for identifier in lead.identifiers:
                    if identifier.kind == EMAIL and self._digest(identifier.value) == digest:
                        return str(identifier.value)
            related = {one for lead in leads for one in (*lead.members, *filter(None, (lead.merged_into,)))}
            wanted = sorted(related - seen)
        return None
