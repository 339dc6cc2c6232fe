"""An org in memory with a clock that tests move, and a client of its API and of its people."""

from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from infra.local.simulators.in_process import in_process_session
from infra.local.simulators.salesforce.api import SalesforceSite
from infra.local.simulators.store import Store

HOST = "https://acme.my.salesforce.com"
DATA = "/services/data/v59.0"
START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


class Time:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


class World:
    """One org, one API client with a token, and its people."""

    def __init__(self, store: Store | None = None) -> None:
        self.time = Time()
        self.site = SalesforceSite(store or Store(), self.time)
        self.session = in_process_session(self.site)
        self.log_in()

    def token(self, **form: str) -> requests.Response:
        given = {"grant_type": "client_credentials", "client_id": "cid", "client_secret": "secret", **form}
        return self.session.post(f"{HOST}/services/oauth2/token", data=given)

    def log_in(self) -> None:
        self.session.headers["Authorization"] = f"Bearer {self.token().json()['access_token']}"

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        address = path if path.startswith("/services") else f"{DATA}/{path}"
        return self.session.request(method, HOST + address, json=body, **more)

    def create(self, kind: str, **values: Any) -> str:
        answer = self.call("POST", f"sobjects/{kind}", values)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def lead(self, last_name: str = "Kowalska", **values: Any) -> str:
        return self.create("Lead", **{"LastName": last_name, "Company": "Acme", **values})

    def get(self, kind: str, record_id: str) -> dict[str, Any]:
        return dict(self.call("GET", f"sobjects/{kind}/{record_id}").json())

    def query(self, soql: str, *, every: bool = False, **headers: str) -> dict[str, Any]:
        answer = self.call("GET", "queryAll" if every else "query", params={"q": soql}, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def values(self, soql: str, **more: Any) -> list[Any]:
        """The first selected column of a query."""
        return [list(record.values())[1] for record in self.query(soql, **more)["records"]]

    def act(self, name: str, /, **values: Any) -> dict[str, Any]:
        """Something that people do without the API."""
        answer = self.session.post(f"{HOST}/__sim__/{name}", json=values)
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    def fault(self, **switch: Any) -> None:
        assert self.session.post(f"{HOST}/__sim__/faults", json=switch).status_code == 201

    def heal(self) -> None:
        assert self.session.delete(f"{HOST}/__sim__/faults").status_code == 204


def error_of(answer: requests.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()[0]["errorCode"]
