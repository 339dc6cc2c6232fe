"""Permits in DynamoDB: one transaction over leads, ledger and engagement, conditional on everything that was read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.consent_ledger import head_of
from shared.adapters.dynamodb.items import from_item, key_item, pack, to_item, unpack
from shared.adapters.dynamodb.keys import Key
from shared.adapters.dynamodb.messages import ABSENT, outbox_put, put, record_items, transact
from shared.adapters.dynamodb.table import Table
from shared.domain.consent.chain import EMPTY_HEAD
from shared.domain.engagement.model import UNSENT, Cadence
from shared.ports.messages import Permit, PermitLost

CADENCE_KEPT: Final = 50
"""More messages than any cap counts."""


class DynamoPermits:
    """The only writer of permits. It has no way to delete one."""

    def __init__(self, leads: Table, ledger: Table, engagement: Table) -> None:
        self._leads = leads
        self._ledger = ledger
        self._engagement = engagement

    def heads(self, subjects: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Heads of chains, strongly consistent."""
        found = self._ledger.get_many([keys.ledger_head(subject) for subject in subjects])
        rows = {subject: found.get(keys.ledger_head(subject)) for subject in subjects}
        return {subject: head_of(row) if row else EMPTY_HEAD for subject, row in rows.items()}

    def cadence(self, address: str) -> Cadence:
        """When an address was written to."""
        row = self._engagement.get(keys.cadence(address))
        if row is None:
            return Cadence()
        attributes = from_item("cadence", row)
        return Cadence(int(attributes["version"]), tuple(unpack(attributes["body"])))

    def grant(self, permit: Permit) -> None:
        """Record a permit, its message and its fact, if nothing that was read has changed.

        Raises:
            PermitLost: something did; nothing was written.
        """
        if not transact(self._ledger, list(self._writes(permit)), "record permit"):
            raise PermitLost(permit.record.message_id)

    def _writes(self, permit: Permit) -> Iterator[dict[str, Any]]:
        record = permit.record
        version = {":v": {"N": str(permit.root_version)}}
        yield _check(self._leads, keys.head(permit.root_id), "version = :v", version)
        for subject, seq in permit.heads.items():
            key = keys.ledger_head(subject)
            yield _check(self._ledger, key, *(("seq = :s", {":s": {"N": str(seq)}}) if seq else (ABSENT, None)))
        for (scope, reason), since in permit.barriers.items():
            key = keys.suppression(record.address, scope, reason)
            unchanged = (ABSENT, None) if since is None else ("since = :t", {":t": {"N": str(since)}})
            yield _check(self._ledger, key, *unchanged)
        row = keys.permit(permit.subject, record.message_id, record.attempt)
        body = pack({"at": record.permitted_at, "evidence": list(record.evidence), **permit.details})
        yield put(self._ledger.name, to_item("permit", row, body=body), ABSENT)
        yield from self._message(permit)
        yield outbox_put(self._leads.name, permit.fact)

    def _message(self, permit: Permit) -> Iterator[dict[str, Any]]:
        record = permit.record
        item, listed = record_items(record)
        if record.attempt == 1:
            yield put(self._engagement.name, item, ABSENT)
        else:
            values = {":unsent": {"S": UNSENT}, ":before": {"N": str(record.attempt - 1)}}
            again = put(self._engagement.name, item, "#state = :unsent AND attempt = :before", values)
            again["Put"]["ExpressionAttributeNames"] = {"#state": "state"}
            yield again
        yield put(self._engagement.name, listed)
        if permit.cadence is not None:
            held, times = permit.cadence
            row = to_item(
                "cadence",
                keys.cadence(record.address),
                version=held + 1,
                body=pack([*times, record.permitted_at][-CADENCE_KEPT:]),
            )
            condition = ("version = :v", {":v": {"N": str(held)}}) if held else (ABSENT, None)
            yield put(self._engagement.name, row, *condition)


def _check(table: Table, key: Key, condition: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"TableName": table.name, "Key": key_item(key), "ConditionExpression": condition}
    if values:
        body["ExpressionAttributeValues"] = values
    return {"ConditionCheck": body}
