"""Messages in table ``engagement``: one row each, listed per lead. Facts about them leave through the outbox."""

from dataclasses import replace
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.items import Item, from_item, key_item, pack, to_item, unpack
from shared.adapters.dynamodb.table import Table
from shared.adapters.failures import error_code, later
from shared.contracts.envelope import envelope
from shared.domain.engagement.model import PERMITTED, MessageRecord
from shared.domain.instant import Instant
from shared.domain.lead.decision import Fact
from shared.ports.failures import StoreUnavailable

ABSENT: Final = "attribute_not_exists(pk)"
LISTED: Final = 500
_LOST: Final = frozenset({"ConditionalCheckFailed", "TransactionConflict", "DuplicateItem"})
_HAPPENED: Final = "happened_"


class DynamoMessages:
    """``leads`` is only needed where facts are told: by the gateway, not by whoever notes what became of a message."""

    def __init__(self, engagement: Table, leads: str = "") -> None:
        self._engagement = engagement
        self._leads = leads

    def get(self, message_id: str) -> MessageRecord | None:
        """One message."""
        row = self._engagement.get(keys.message(message_id))
        return record_of(row) if row else None

    def refuse(self, record: MessageRecord, fact: Fact) -> bool:
        """Record a denial with its fact; False when it is recorded already."""
        puts = [put(self._engagement.name, item, ABSENT) for item in record_items(record)]
        return self._transact([*puts, outbox_put(self._leads, fact)])

    def settle(self, record: MessageRecord, fact: Fact | None = None) -> bool:
        """Write how an attempt ended; False when that is known already. What became of the mail since is kept."""
        names = {"#state": "state"}
        values = {
            ":state": {"S": record.state},
            ":reason": {"S": record.reason},
            ":provider": {"S": record.provider_id},
            ":permitted": {"S": PERMITTED},
            ":attempt": {"N": str(record.attempt)},
        }
        update: dict[str, Any] = {
            "TableName": self._engagement.name,
            "Key": key_item(keys.message(record.message_id)),
            "UpdateExpression": "SET #state = :state, reason = :reason, provider_id = :provider",
            "ConditionExpression": "#state = :permitted AND attempt = :attempt",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        return self._transact([{"Update": update}, *([outbox_put(self._leads, fact)] if fact else [])])

    def happened(self, message_id: str, what: str, at: Instant) -> None:
        """Remember what became of a message, once per kind."""
        try:
            with later("note about a message"):
                self._engagement.client.update_item(
                    TableName=self._engagement.name,
                    Key=key_item(keys.message(message_id)),
                    UpdateExpression="SET #what = if_not_exists(#what, :at)",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeNames={"#what": _HAPPENED + what},
                    ExpressionAttributeValues={":at": {"N": str(at)}},
                )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise

    def of_lead(self, lead_id: str) -> tuple[MessageRecord, ...]:
        """All messages about a lead, newest first."""
        pk = keys.message_listed(lead_id, 0, "").pk
        rows = list(self._engagement.query_newest(pk, limit=LISTED))
        found = (self.get(str(from_item("message_listed", row)["message_id"])) for row in rows)
        return tuple(record for record in found if record is not None)

    def _transact(self, items: list[dict[str, Any]]) -> bool:
        return transact(self._engagement, items, "write message")


def transact(table: Table, items: list[Any], what: str) -> bool:
    """All of it, or nothing: False when a condition failed or somebody else is writing the same rows.

    Raises:
        StoreUnavailable: not now.
    """
    try:
        with later(what):
            table.client.transact_write_items(TransactItems=items)
    except ClientError as error:
        if error_code(error) != "TransactionCanceledException":
            raise
        reasons: Any = error.response.get("CancellationReasons", ())
        if any(reason.get("Code") in _LOST for reason in reasons):
            return False
        raise StoreUnavailable(f"{what}: cancelled") from None
    return True


def put(table: str, item: Item, condition: str = "", values: dict[str, Any] | None = None) -> dict[str, Any]:
    """A put of a transaction."""
    body: dict[str, Any] = {"TableName": table, "Item": item}
    if condition:
        body["ConditionExpression"] = condition
    if values:
        body["ExpressionAttributeValues"] = values
    return {"Put": body}


def outbox_put(leads: str, fact: Fact) -> dict[str, Any]:
    """A fact into the outbox. Its name is its event id, so that the same fact is one row."""
    key = keys.message_outbox(fact.recorded_at, fact.lead_id, fact.event_id)
    return put(leads, to_item("outbox", key, body=pack([envelope(fact)])))


def record_items(record: MessageRecord) -> tuple[Item, Item]:
    """The row of a message and the row that lists it."""
    about = {
        "lead_id": record.lead_id,
        "message": record.message,
        "message_class": record.message_class,
        "purpose": record.purpose,
        "channel": record.channel,
        "at": record.at,
        "cause": record.cause,
        "address": record.address,
        "language": record.language,
        "permitted_at": record.permitted_at,
        "evidence": list(record.evidence),
    }
    row = to_item(
        "message",
        keys.message(record.message_id),
        id=record.message_id,
        state=record.state,
        reason=record.reason,
        attempt=record.attempt,
        provider_id=record.provider_id,
        body=pack(about),
        **{_HAPPENED + what: at for what, at in record.happened.items()},
    )
    listed = keys.message_listed(record.lead_id, record.at, record.message_id)
    return row, to_item("message_listed", listed, message_id=record.message_id)


def record_of(item: Item) -> MessageRecord:
    """The message in a row."""
    attributes = from_item("message", item)
    about = unpack(attributes["body"])
    happened = {name.removeprefix(_HAPPENED): int(at) for name, at in attributes.items() if name.startswith(_HAPPENED)}
    record = MessageRecord(
        message_id=attributes["id"],
        state=attributes["state"],
        reason=attributes["reason"],
        attempt=attributes["attempt"],
        provider_id=attributes["provider_id"],
        **{**about, "evidence": tuple(about["evidence"])},
    )
    return replace(record, happened=happened)
