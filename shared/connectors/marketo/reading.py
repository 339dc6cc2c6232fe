"""People as Marketo holds them now. The log says who changed; values are always read from the person itself.

A value in the log may be old by the time it is read. ``references`` of a person: ``leadspine_id``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from shared.connectors.marketo.client import MarketoClient
from shared.connectors.marketo.failures import INVALID, Refused, TooBig, unknown_field
from shared.domain.instant import SECOND, Instant
from shared.domain.sync.canonical import canonical
from shared.domain.sync.model import MARKETO, PERSON, RemoteRecord
from shared.domain.sync.policy_model import SyncPolicy
from shared.ports.clock import Clock

PEOPLE: Final = "/rest/v1/leads.json"
BATCH: Final = 300
LEADSPINE_ID: Final = "leadspineId"
EMAIL: Final = "email"
TYPE_KEY: Final = f"{MARKETO}.{PERSON}"
_SYSTEM_FIELDS: Final = ("id", "createdAt", "updatedAt")
_MOST_PAGES: Final = 10
"""Of one look-up: more than a thousand matches are refused by the vendor anyway."""

Row = Mapping[str, Any]


class PeopleReader:
    """Reads people by id or by another field, 300 at a time."""

    def __init__(self, client: MarketoClient, policy: SyncPolicy, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self.kinds: Mapping[str, str] = mapped(policy)
        """Mapped field to canonical type."""
        self.missing: set[str] = set()
        """Fields that the subscription turned out not to have."""

    def watched(self) -> tuple[str, ...]:
        """Fields whose changes matter: the mapped ones, and the address that finds people."""
        return tuple(sorted({*self.kinds, EMAIL} - self.missing))

    def drop_unknown(self, refused: Refused) -> bool:
        """Go on without the field that a call was refused for; False when that was not the reason."""
        name = unknown_field(refused)
        if not name or name in self.missing:
            return False
        self.missing.add(name)
        return True

    def now(self, remote_ids: Iterable[str]) -> dict[str, RemoteRecord]:
        """These people as they are now, by id; who is gone is not in it."""
        wanted = list(dict.fromkeys(remote_id for remote_id in remote_ids if remote_id.isdecimal()))
        found: dict[str, RemoteRecord] = {}
        for start in range(0, len(wanted), BATCH):
            read_at = self._clock.now()
            for row in self.rows("id", wanted[start : start + BATCH]):
                found[str(row["id"])] = self._record(row, read_at)
        return found

    def rows(self, field: str, values: Sequence[str], names: Sequence[str] | None = None) -> list[Row]:
        """People with one of at most 300 values in a field; when that is too long, or too many match, in halves.

        ``names`` are the fields to read, all mapped ones unless given.
        """
        try:
            return self._pages(field, values, names)
        except Refused as refused:
            if self.drop_unknown(refused):
                return self.rows(field, values, names)
            if refused.code != INVALID or len(values) < 2:
                raise
        except TooBig:
            if len(values) < 2:
                raise
        half = len(values) // 2
        return [*self.rows(field, values[:half], names), *self.rows(field, values[half:], names)]

    def _pages(self, field: str, values: Sequence[str], names: Sequence[str] | None) -> list[Row]:
        asked = {*_SYSTEM_FIELDS, *((*self.kinds, EMAIL, LEADSPINE_ID) if names is None else names)} - self.missing
        params = {"filterType": field, "filterValues": ",".join(values), "fields": ",".join(sorted(asked))}
        found: list[Row] = []
        for _ in range(_MOST_PAGES):
            answer = self._client.get(PEOPLE, seconds=60.0, **params)
            found += answer.get("result") or []
            token = answer.get("nextPageToken")
            if not token:
                break
            params["nextPageToken"] = str(token)
        return found

    def _record(self, row: Row, read_at: Instant) -> RemoteRecord:
        readable = {name: kind for name, kind in self.kinds.items() if name not in self.missing}
        ours = as_text(row.get(LEADSPINE_ID))
        created = instant(row.get("createdAt"))
        return RemoteRecord(
            system=MARKETO,
            object=PERSON,
            remote_id=str(row["id"]),
            stamp=max(created, instant(row.get("updatedAt"))),
            read_at=read_at,
            created_at=created,
            values={name: canonical(kind, as_text(row.get(name))) for name, kind in readable.items()},
            references={"leadspine_id": ours} if ours else {},
        )


def mapped(policy: SyncPolicy) -> dict[str, str]:
    """The fields of a person that the policy maps, with their types."""
    return {field.remote[TYPE_KEY].name: field.type for field in policy.fields if TYPE_KEY in field.remote}


def gone(remote_id: str, *, at: Instant, read_at: Instant, merged_into: str | None = None) -> RemoteRecord:
    """A person who is no longer there."""
    return RemoteRecord(
        system=MARKETO,
        object=PERSON,
        remote_id=remote_id,
        stamp=at,
        read_at=read_at,
        deleted=True,
        merged_into=merged_into,
    )


def as_text(value: Any) -> str:
    """A JSON value as plain text; null is ``""``, a whole number has no fraction."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def instant(text: Any) -> Instant:
    """Milliseconds of one of Marketo's times (``…Z``, ``…+0000``, ``…-08:00``); 0 when it is none."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return 0
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * SECOND


def timestamp(at: Instant) -> str:
    """A time as Marketo's parameters want it: seconds, UTC."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
