"""Whether the API user can do what the policy needs, and no more: asked of Marketo itself, call by call.

Nothing is changed: the write right shows by an update of a person who cannot exist.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from shared.connectors.marketo.client import MarketoClient
from shared.connectors.marketo.failures import Refused
from shared.connectors.marketo.reading import EMAIL, LEADSPINE_ID, PEOPLE, TYPE_KEY, timestamp
from shared.domain.instant import DAY
from shared.domain.sync.model import Usage
from shared.domain.sync.policy_model import IN, OUT, RemoteField, SyncPolicy
from shared.ports.clock import Clock
from shared.ports.sync import Finding, RemoteRefused

_NOBODY: Final = 2_147_483_647
"""No subscription counts that far."""
_NATIVE: Final = "1018"
_DENIED: Final = "MARKETO.ACCESS_DENIED"

_RIGHTS: Final = "Admin, Users & Roles, the API role: "


class Preflight:
    """One run of all checks."""

    def __init__(self, client: MarketoClient, policy: SyncPolicy, clock: Clock, ask_usage: Callable[[], Usage]) -> None:
        self._client = client
        self._policy = policy
        self._clock = clock
        self._ask_usage = ask_usage

    def run(self) -> tuple[Finding, ...]:
        """Every finding, in the order in which a person would put things right.

        Raises:
            NotConfigured, RemoteUnavailable, BudgetSpent: it could not be asked.
        """
        try:
            return tuple(self._findings())
        except RemoteRefused as refused:
            if refused.code == _DENIED:
                return (Finding(subject="access", ok=False, detail=refused.detail),)
            return (Finding(subject="login", ok=False, detail=f"{refused.code}: {refused.detail}"),)

    def _findings(self) -> Iterator[Finding]:
        yield from self._fields()
        yield self._right("read people", "Read-Only Lead", self._read_nobody)
        yield self._right("write people", "Read-Write Lead", self._write_nobody)
        yield self._right("read the activity log", "Read-Only Activity", self._read_log)
        yield self._native_sync()
        yield self._no_right("schema", "Read-Write Schema Standard Field", "/rest/v1/leads/schema/fields.json")
        used, allowed = self._ask_usage()
        room = used < allowed if allowed else None
        yield Finding(subject="daily calls", ok=room, detail=f"{used} of {allowed or 'unknown'} used today")

    def _fields(self) -> Iterator[Finding]:
        try:
            rows = self._client.get("/rest/v1/leads/describe.json").get("result") or ()
        except RemoteRefused as refused:
            if refused.code != _DENIED:
                raise
            yield _lacking("login, describe", "Read-Only Lead")
            return
        yield Finding(subject="login, describe", ok=True, detail=f"{len(rows)} fields")
        writable = {row["rest"]["name"]: not row["rest"].get("readOnly") for row in rows if row.get("rest")}
        for remote in self._needed():
            yield _field(remote, writable)

    def _needed(self) -> Sequence[RemoteField]:
        found = {
            EMAIL: RemoteField(name=EMAIL, direction=IN),
            LEADSPINE_ID: RemoteField(name=LEADSPINE_ID, direction=OUT),
        }
        found |= {
            field.remote[TYPE_KEY].name: field.remote[TYPE_KEY]
            for field in self._policy.fields
            if TYPE_KEY in field.remote
        }
        return tuple(found.values())

    def _read_nobody(self) -> Mapping[str, Any]:
        return self._client.get(PEOPLE, filterType="id", filterValues=str(_NOBODY), fields="id")

    def _write_nobody(self) -> Mapping[str, Any]:
        body = {"action": "updateOnly", "lookupField": "id", "input": [{"id": _NOBODY}]}
        return self._client.post(PEOPLE, body)

    def _read_log(self) -> Mapping[str, Any]:
        since = timestamp(self._clock.now() - DAY)
        return self._client.get("/rest/v1/activities/pagingtoken.json", sinceDatetime=since)

    def _native_sync(self) -> Finding:
        """The vendor's own Salesforce sync must be off: two hubs would undo each other's work."""
        subject = "native Salesforce sync is off"
        body = {"action": "updateOnly", "dedupeBy": "dedupeFields", "input": [{"externalCompanyId": "leadspine-none"}]}
        try:
            rows = self._client.post("/rest/v1/companies.json", body).get("result") or ()
        except Refused as refused:
            codes = {refused.code}
        except RemoteRefused as refused:
            if refused.code != _DENIED:
                raise
            return Finding(subject=subject, ok=None, detail="cannot be seen without the right Read-Write Company")
        else:
            codes = {str(reason.get("code")) for row in rows for reason in row.get("reasons") or ()}
        if _NATIVE in codes:
            return Finding(subject=subject, ok=False, detail="switch it off: two hubs would undo each other's work")
        return Finding(subject=subject, ok=True, detail="companies are not owned by a CRM")

    def _right(self, subject: str, right: str, ask: Callable[[], object]) -> Finding:
        if self._may(ask):
            return Finding(subject=subject, ok=True, detail=right)
        return _lacking(subject, right)

    def _no_right(self, subject: str, right: str, path: str) -> Finding:
        if self._may(lambda: self._client.get(path, batchSize=1)):
            return Finding(
                subject=f"no {subject} right", ok=False, detail=f"{_RIGHTS}take away {right}, no call needs it"
            )
        return Finding(subject=f"no {subject} right", ok=True, detail=f"the role has no {right}")

    def _may(self, ask: Callable[[], object]) -> bool:
        try:
            ask()
        except Refused:
            # Refused for what was asked, not for who asks.
            return True
        except RemoteRefused as refused:
            if refused.code != _DENIED:
                raise
            return False
        return True


def _lacking(subject: str, right: str) -> Finding:
    return Finding(subject=subject, ok=False, detail=f"{_RIGHTS}add {right}")


def _field(remote: RemoteField, writable: Mapping[str, bool]) -> Finding:
    subject = f"field {remote.name}"
    if remote.name not in writable:
        return Finding(subject=subject, ok=False, detail="it is missing: create it in Field Management")
    if remote.direction != IN and not writable[remote.name]:
        return Finding(subject=subject, ok=False, detail="it is read only, the policy writes it")
    return Finding(subject=subject, ok=True, detail=remote.direction)
