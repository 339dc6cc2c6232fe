"""Whether the sync user can do what the policy needs, and nothing it must not.

It is judged by describe, which shows effective rights to everybody; tables of permissions need rights that a sync user
should not have, so what only they tell is reported as not verifiable rather than asked for.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from shared.connectors.salesforce.asking import Asker
from shared.connectors.salesforce.bodies import TASK_KEY
from shared.connectors.salesforce.client import Client, Part
from shared.connectors.salesforce.errors import CallRefused
from shared.connectors.salesforce.owners import Owners
from shared.connectors.salesforce.queries import Select, names_of
from shared.domain.sync.model import CONTACT, LEAD, SALESFORCE
from shared.domain.sync.policy_model import IN, SyncPolicy
from shared.ports.sync import Finding, RemoteUnavailable


class _Need(NamedTuple):
    """What the sync does with an object."""

    create: bool = False
    edit: bool = False


_NEEDS: Final[Mapping[str, _Need]] = {
    "Lead": _Need(create=True, edit=True),
    "Contact": _Need(edit=True),
    "Task": _Need(create=True, edit=True),
    "Account": _Need(),
    "Opportunity": _Need(),
    "OpportunityContactRole": _Need(),
    "User": _Need(),
    "Group": _Need(),
}
_MUST_NOT: Final = (
    "PermissionsViewAllData", "PermissionsModifyAllData", "PermissionsManageUsers", "PermissionsAuthorApex",
    "PermissionsCustomizeApplication",
)  # fmt: skip
_CANNOT_TELL: Final = "not verifiable with these rights; ask an administrator, do not give the sync user more"


class Preflight:
    """Looks."""

    def __init__(self, client: Client, asker: Asker, owners: Owners, policy: SyncPolicy) -> None:
        self._client = client
        self._asker = asker
        self._owners = owners
        self._policy = policy

    def findings(self) -> tuple[Finding, ...]:
        """Everything that was found, good and bad. It asks again for fields that queries have learnt to leave out."""
        dropped = self._asker.hidden()
        self._asker.forget()
        user = self._client.call("GET", "/services/oauth2/userinfo").body
        described = self._describe()
        return (
            self._version(),
            Finding(subject="user", ok=True, detail=f"logged in as {user.get('user_id', 'unknown')}"),
            *(finding for name, need in _NEEDS.items() for finding in _object(name, need, described.get(name))),
            *self._fields(described),
            _key("Lead", names_of(self._policy).leadspine, described),
            _key("Task", TASK_KEY, described),
            *(Finding(subject=name, ok=False, detail="left out of queries: it is hidden") for name in dropped),
            *self._owners_of_handovers(),
            *self._must_nots(str(user.get("user_id") or "")),
        )

    def _version(self) -> Finding:
        version = self._client.access.version
        offered = self._client.call("GET", "/services/data/").body
        known = {str(one.get("version")) for one in offered if isinstance(one, Mapping)}
        detail = f"version {version}" if version in known else f"version {version} is not offered: set api_version"
        return Finding(subject="api", ok=version in known, detail=detail)

    def _describe(self) -> dict[str, Mapping[str, Any]]:
        """Objects as our user sees them, in one call; one that is hidden is missing."""
        version = self._client.access.version
        requests = [{"method": "GET", "url": f"v{version}/sobjects/{name}/describe"} for name in _NEEDS]
        answer = self._client.call("POST", "composite/batch", {"batchRequests": requests})
        results = answer.body.get("results") if isinstance(answer.body, Mapping) else None
        if not isinstance(results, list) or len(results) != len(_NEEDS):
            raise RemoteUnavailable("a batch answer is not complete")
        return {
            name: one["result"]
            for name, one in zip(_NEEDS, results, strict=True)
            if one.get("statusCode") == 200 and isinstance(one.get("result"), Mapping)
        }

    def _fields(self, described: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
        for kind, name in ((LEAD, "Lead"), (CONTACT, "Contact")):
            seen = {str(one["name"]).lower(): one for one in described.get(name, {}).get("fields", ())}
            for mapped in self._policy.fields:
                remote = mapped.remote.get(f"{SALESFORCE}.{kind}")
                if remote is not None:
                    yield _field(f"{name}.{remote.name}", seen.get(remote.name.lower()), writes=remote.direction != IN)

    def _owners_of_handovers(self) -> Iterator[Finding]:
        handover = self._policy.handover
        names = dict.fromkeys(owner for territory in handover.territories for owner in territory.owners)
        names |= dict.fromkeys(owner for _, owner in handover.stages.values() if owner)
        self._owners.learn(names)
        for number, name in enumerate(names, 1):
            found = bool(self._owners.id_of(name))
            detail = "found" if found else "no active user or queue of that name: its hand-overs keep the sync user"
            yield Finding(subject=f"owner {number} of the policy", ok=found, detail=detail)

    def _must_nots(self, user_id: str) -> Iterator[Finding]:
        assigned = f"SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '{user_id}'"  # noqa: S608
        select = Select(source="PermissionSet", columns=("Id", *_MUST_NOT), where=f"Id IN ({assigned})")
        try:
            results, _ = self._client.composite([Part("GET", select.path())])
            rows = results[0].body.get("records") if results[0].refusal is None else None
        except CallRefused:
            rows = None
        for name in _MUST_NOT:
            right = name.removeprefix("Permissions")
            if not rows:
                yield Finding(subject=right, ok=None, detail=_CANNOT_TELL)
                continue
            has = any(row.get(name) is True for row in rows)
            detail = "granted: take it away, the sync does not need it" if has else "not granted"
            yield Finding(subject=right, ok=not has, detail=detail)


def _object(name: str, need: _Need, described: Mapping[str, Any] | None) -> Iterator[Finding]:
    if described is None:
        yield Finding(subject=name, ok=False, detail=f"not visible: permission set → Object Settings → {name} → Read")
        return
    lacking = [
        word
        for word, wanted, flag in (("Create", need.create, "createable"), ("Edit", need.edit, "updateable"))
        if wanted and described.get(flag) is not True
    ]
    if lacking:
        detail = f"missing: permission set → Object Settings → {name} → {', '.join(lacking)}"
        yield Finding(subject=name, ok=False, detail=detail)
        return
    granted = (("create", "createable", need.create), ("edit", "updateable", need.edit), ("delete", "deletable", False))
    more = [word for word, flag, wanted in granted if described.get(flag) is True and not wanted]
    yield Finding(subject=name, ok=True, detail=f"more than is needed: {', '.join(more)}" if more else "as needed")


def _field(name: str, seen: Mapping[str, Any] | None, *, writes: bool) -> Finding:
    where = f"permission set → Object Settings → Field Permissions → {name}"
    if seen is None:
        return Finding(subject=name, ok=False, detail=f"not visible: {where} → Read Access, or it does not exist")
    if writes and seen.get("updateable") is not True:
        return Finding(subject=name, ok=False, detail=f"cannot be written: {where} → Edit Access")
    return Finding(subject=name, ok=True, detail="readable and writable" if writes else "readable")


def _key(source: str, name: str, described: Mapping[str, Mapping[str, Any]]) -> Finding:
    fields = described.get(source, {}).get("fields", ())
    seen: Mapping[str, Any] = next((one for one in fields if str(one["name"]).lower() == name.lower()), {})
    good = seen.get("externalId") is True and seen.get("unique") is True
    detail = "external id, unique" if good else "make it a text field (64) that is an external id and unique"
    return Finding(subject=f"{source}.{name} as key", ok=good, detail=detail)
