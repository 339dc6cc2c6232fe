"""The Salesforce simulator: which path is answered by what, who calls, and how many calls are left today."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from infra.local.simulators.faults import Fault
from infra.local.simulators.moment import Clock
from infra.local.simulators.salesforce.bulk import Bulk
from infra.local.simulators.salesforce.collections import Collections
from infra.local.simulators.salesforce.composite import Composite
from infra.local.simulators.salesforce.control import Control
from infra.local.simulators.salesforce.errors import SalesforceError, not_found
from infra.local.simulators.salesforce.oauth import OAuth
from infra.local.simulators.salesforce.org import Actor, Org
from infra.local.simulators.salesforce.queries import Queries
from infra.local.simulators.salesforce.records import Records
from infra.local.simulators.salesforce.seed import seed
from infra.local.simulators.salesforce.soap import Soap
from infra.local.simulators.site import Site
from infra.local.simulators.store import Store
from infra.local.simulators.wire import Answer, Call, json_answer

OLDEST_VERSION, NEWEST_VERSION = 31, 68
_DATA = re.compile(r"/services/data(?:/v(?P<version>\d+\.0)(?P<rest>/.*)?)?/?")
_SEASONS = ("Winter", "Spring", "Summer")
_OTHER_LIMITS = {
    "DailyBulkApiBatches": 15000, "DailyBulkV2QueryJobs": 10000, "DailyBulkV2QueryFileStorageMB": 976562,
    "DailyStreamingApiEvents": 1000000, "DataStorageMB": 10240, "FileStorageMB": 10240,
}  # fmt: skip


class SalesforceSite(Site):
    """One org."""

    title = "Salesforce"

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self.org = Org(store, clock, self.faults)
        self.oauth = OAuth(self.org)
        self._queries = Queries(self.org)
        self._people = Control(self.org, self.oauth)
        self._soap = Soap(self.org, self.oauth)

    def seed(self) -> None:
        """A new org: users, statuses and stages, no customers."""
        seed(Org(self.store, self.clock, self.faults))

    def reset(self) -> None:
        """Become a new org; indexes and cursors go, too."""
        self.org.forget()
        self._queries.forget()
        super().reset()

    def counts(self) -> dict[str, int]:
        """Records that are not deleted."""
        return {
            name: sum(not row["IsDeleted"] for row in self.store.rows(name).values())
            for name in ("Lead", "Contact", "Account", "Opportunity", "Task")
        }

    def control(self, call: Call) -> Answer | None:
        """Pages and forms for people, and what only an administrator or a sales rep does."""
        return self._people.answer(call)

    def throttled(self, call: Call, fault: Fault) -> Answer:  # noqa: ARG002
        """Over the daily allocation, or the refusal that the switch names."""
        return SalesforceError(fault.code or "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.").answer()

    def handle(self, call: Call) -> Answer:
        """Answer one call of the API."""
        path = call.path.rstrip("/")
        known = {
            "/services/oauth2/token": self.oauth.token,
            "/services/oauth2/userinfo": self.oauth.userinfo,
            "/services/oauth2/revoke": self.oauth.revoke,
        }
        try:
            if path in known:
                return known[path](call)
            if path.startswith("/services/Soap/"):
                return self._soap.answer(call)
            return self._data(call)
        except SalesforceError as error:
            return error.answer()

    def _data(self, call: Call) -> Answer:
        found = _DATA.fullmatch(call.raw_path)
        if found is None:
            raise not_found()
        version = found["version"]
        if version is None:
            return json_answer([_version_row(number) for number in range(OLDEST_VERSION, NEWEST_VERSION + 1)])
        if not OLDEST_VERSION <= float(version) <= NEWEST_VERSION:
            raise not_found()
        user_id = self.oauth.user_of(call)
        used = self._count()
        limit = int(self.org.setting("daily_limit"))
        if used > limit:
            return SalesforceError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.").answer()
        answer = self._routed(call, user_id)
        headers = {**answer.headers, "Sforce-Limit-Info": f"api-usage={used}/{limit}"}
        return Answer(status=answer.status, body=answer.body, content_type=answer.content_type, headers=headers)

    def _routed(self, call: Call, user_id: str) -> Answer:
        """A call of the data API, alone or from inside a bundle; what it wrote is undone when it is refused."""
        found = _DATA.fullmatch(call.raw_path)
        if found is None or not found["version"]:
            return not_found().answer()
        parts = _decoded(found["rest"] or "")
        try:
            with self.store.transaction():
                return self._resource(call, found["version"], parts, _actor(call, user_id))
        except SalesforceError as error:
            return error.answer()

    def _resource(self, call: Call, version: str, parts: list[str], actor: Actor) -> Answer:
        match parts:
            case []:
                return json_answer(_resources(version))
            case ["limits"]:
                return json_answer(self._limits())
            case ["sobjects", *rest]:
                return Records(self.org, version).answer(call, rest, actor)
            case ["query", *rest]:
                return self._queries.answer(call, version, rest, deleted=False)
            case ["queryAll", *rest]:
                return self._queries.answer(call, version, rest, deleted=True)
            case ["composite", "sobjects", *rest]:
                return Collections(self.org, version).answer(call, rest, actor)
            case ["composite", *rest]:
                return Composite(self.org, lambda one: self._routed(one, actor.user_id)).answer(call, rest, actor)
            case ["jobs", *rest]:
                return Bulk(self.org, version).answer(call, rest, actor)
        raise not_found()

    # The rolling day.

    def _count(self) -> int:
        """Count this call; returns the calls of the last 24 hours. Refused calls count, too."""
        hour = self.org.now.strftime("%Y-%m-%dT%H")
        row = self.store.get("_usage", hour) or {"calls": 0}
        self.store.put("_usage", hour, {"calls": row["calls"] + 1})
        oldest = (self.org.now - timedelta(hours=24)).strftime("%Y-%m-%dT%H")
        for known in [key for key in self.store.rows("_usage") if key <= oldest]:
            self.store.remove("_usage", known)
        return self._used()

    def _used(self) -> int:
        return sum(row["calls"] for row in self.store.rows("_usage").values())

    def _limits(self) -> dict[str, Any]:
        limit = int(self.org.setting("daily_limit"))
        daily = {"Max": limit, "Remaining": max(0, limit - self._used())}
        return {"DailyApiRequests": daily, **{name: {"Max": n, "Remaining": n} for name, n in _OTHER_LIMITS.items()}}


def _decoded(path: str) -> list[str]:
    return [unquote(part) for part in path.split("/") if part]


def _actor(call: Call, user_id: str) -> Actor:
    duplicates = call.headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower()
    return Actor(
        user_id=user_id,
        assign=call.headers.get("sforce-auto-assign", "").lower() != "false",
        save_duplicates="allowsave=true" in duplicates,
        call=call,
    )


def _version_row(number: int) -> dict[str, str]:
    """Three releases a year; 59.0 was Winter '24."""
    years, season = divmod(number - 59, 3)
    label = f"{_SEASONS[season]} '{24 + years}"
    return {"label": label, "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def _resources(version: str) -> dict[str, str]:
    names = ("sobjects", "query", "queryAll", "composite", "limits", "jobs")
    return {name: f"/services/data/v{version}/{name}" for name in names}
