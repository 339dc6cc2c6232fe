"""The outbox rows of table ``leads``: written with each decision (see transaction.py), read and removed here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.items import from_item, key_of, unpack
from shared.adapters.dynamodb.table import Table
from shared.ports.outbox import OutboxRow


class DynamoOutbox:
    """Sixteen shards, each in order of time."""

    def __init__(self, leads: Table) -> None:
        self._leads = leads

    def pending(self, *, before: int, limit: int = 100) -> Iterable[OutboxRow]:
        """Rows written before an instant that are still there, the oldest of each shard.

        Every shard gets its share of the limit, so that no shard full of stuck rows keeps the others waiting.
        """
        share = max(1, limit // keys.OUTBOX_SHARDS)
        return [row for shard in range(keys.OUTBOX_SHARDS) for row in self._shard(shard, before, share)][:limit]

    def _shard(self, shard: int, before: int, limit: int) -> Iterator[OutboxRow]:
        bound = keys.outbox_before(before)
        rows = self._leads.query(keys.outbox_partition(shard), "sk < :before", limit=limit, before=bound)
        return map(outbox_row, rows)

    def remove(self, names: Sequence[str]) -> None:
        """Forget rows whose facts are all published. Rows that are gone already are no error."""
        self._leads.delete_many([keys.outbox_key(name) for name in dict.fromkeys(names)])


def outbox_row(item: Mapping[str, Any]) -> OutboxRow:
    """The outbox row in an item."""
    key = key_of(item)
    envelopes = unpack(from_item("outbox", item)["body"])
    return OutboxRow(keys.outbox_name(key), keys.outbox_written_at(key.sk), tuple(envelopes))


def is_outbox_row(item: Mapping[str, Any]) -> bool:
    """True for outbox rows; the stream's filter lets nothing else through."""
    return keys.is_outbox(key_of(item).pk)
