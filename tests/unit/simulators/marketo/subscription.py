"""A subscription in memory on a clock that tests turn, and the shortest way to call it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from infra.local.simulators.marketo.starting import CLIENT_ID, CLIENT_SECRET
from infra.local.simulators.marketo.subscription import Marketo
from infra.local.simulators.store import Store
from infra.local.simulators.wire import Answer, Call

START = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
JSON = {"Content-Type": "application/json"}


class Subscription:
    """Calls with a token that is fetched once; `api` insists on HTTP 200."""

    def __init__(self, store: Store | None = None) -> None:
        self.now = START
        self.site = Marketo(store or Store(), lambda: self.now)
        self.token = self.identity().get("access_token")

    def pass_time(self, **time: float) -> None:
        self.now += timedelta(**time)

    def identity(self, client_id: str = CLIENT_ID, client_secret: str = CLIENT_SECRET) -> dict[str, Any]:
        query = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        return json.loads(self.site.answer(Call.of("GET", f"/identity/oauth/token?{urlencode(query)}")).body)

    def raw(self, method: str, path: str, body: Any = None, **params: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", **JSON}
        sent = b"" if body is None else json.dumps(body).encode()
        url = f"{path}?{urlencode(params, doseq=True)}"
        return self.site.answer(Call.of(method, url, headers=headers, body=sent))

    def api(self, method: str, path: str, body: Any = None, **params: Any) -> dict[str, Any]:
        answer = self.raw(method, path, body, **params)
        assert answer.status == 200
        return json.loads(answer.body)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        return self.api("GET", path, **params)

    def post(self, path: str, body: Any = None, **params: Any) -> dict[str, Any]:
        return self.api("POST", path, body, **params)

    def refusal(self, method: str, path: str, body: Any = None, **params: Any) -> str:
        answer = self.api(method, path, body, **params)
        assert answer["success"] is False
        return str(answer["errors"][0]["code"])

    def sync(self, *records: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
        return self.post("/rest/v1/leads.json", {"input": list(records), **options})["result"]

    def create(self, email: str, **values: Any) -> int:
        (result,) = self.sync({"email": email, **values}, action="createDuplicate")
        return int(result["id"])

    def lead(self, lead_id: int, *names: str) -> dict[str, Any]:
        found = self.get(f"/rest/v1/lead/{lead_id}.json", **({"fields": ",".join(names)} if names else {}))
        return found["result"][0]

    def paging_token(self, since: str = "2026-11-01T00:00:00Z") -> str:
        return str(self.get("/rest/v1/activities/pagingtoken.json", sinceDatetime=since)["nextPageToken"])

    def activities(self, *kinds: int, token: str | None = None) -> list[dict[str, Any]]:
        return self.pages("/rest/v1/activities.json", token, activityTypeIds=",".join(map(str, kinds)))

    def changes(self, *names: str, token: str | None = None) -> list[dict[str, Any]]:
        return self.pages("/rest/v1/activities/leadchanges.json", token, fields=",".join(names))

    def pages(self, path: str, token: str | None = None, **params: Any) -> list[dict[str, Any]]:
        found, following = [], token or self.paging_token()
        while True:
            answer = self.get(path, nextPageToken=following, **params)
            found += answer.get("result", [])
            following = answer["nextPageToken"]
            if not answer["moreResult"]:
                return found

    def desk(self, path: str, body: Any = None, method: str = "POST") -> Any:
        sent = b"" if body is None else json.dumps(body).encode()
        return json.loads(self.site.answer(Call.of(method, f"/__sim__/{path}", headers=JSON, body=sent)).body)

    def settings(self, **changes: Any) -> None:
        assert "error" not in self.desk("settings", changes)

    def fault(self, **fault: Any) -> None:
        assert "id" in self.desk("faults", fault)


def codes(results: list[dict[str, Any]]) -> list[str]:
    """Each record's status, or the code of why it was skipped."""
    return [row["reasons"][0]["code"] if row["status"] == "skipped" else row["status"] for row in results]
