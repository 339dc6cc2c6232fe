"""Suppressions in table ``ledger``: a row per address, scope and reason, read by key, written by put, never deleted."""

from collections.abc import Iterable

from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.items import from_item, sort_key, to_item
from shared.adapters.dynamodb.table import Table
from shared.adapters.failures import later
from shared.domain.engagement.model import ALL, BOUNCED, COMPLAINED, UNSUBSCRIBED, Suppression
from shared.domain.engagement.policy_model import MARKETING


class DynamoSuppressions:
    """``purposes`` are those that can be unsubscribed from: rows are read by key, so their names have to be known."""

    def __init__(self, ledger: Table, purposes: Iterable[str] = ()) -> None:
        self._ledger = ledger
        self._known = ((ALL, BOUNCED), (MARKETING, COMPLAINED), *((purpose, UNSUBSCRIBED) for purpose in purposes))

    def of(self, address: str) -> tuple[Suppression, ...]:
        """Everything that stands against an address."""
        rows = self._ledger.get_many([keys.suppression(address, *known) for known in self._known])
        found = []
        for row in rows.values():
            scope, _, reason = sort_key(row).partition("#")
            found.append(Suppression(scope, reason, int(from_item("suppression", row)["since"])))
        return tuple(sorted(found))

    def suppress(self, address: str, suppression: Suppression) -> None:
        """From now on this stands; the last statement counts."""
        key = keys.suppression(address, suppression.scope, suppression.reason)
        with later("write suppression"):
            self._ledger.client.put_item(
                TableName=self._ledger.name, Item=to_item("suppression", key, since=suppression.since)
            )
