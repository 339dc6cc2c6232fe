"""The simulators as somebody outside the project sees them: read over their REST APIs, acted on by their people.

Shares no code with the connectors, because it checks them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import requests

TIMEOUT_S: Final = 60
SALESFORCE_API: Final = "/services/data/v59.0"
EMAILS_PER_CALL: Final = 100

Record = dict[str, Any]


class RemoteFailed(Exception):
    """A simulator refused; the message says what and why."""


class SalesforceOrg:
    """The org's REST API, and the hands of its sales people."""

    def __init__(self, base_url: str, session: requests.Session | None = None) -> None:
        self._url = base_url
        self._session = session or requests.Session()
        self._headers: Mapping[str, str] = {}

    def query(self, soql: str, **values: str) -> Iterator[Record]:
        """Records of a query, all pages; ``values`` are put between the quotes of its ``'{name}'``."""
        path = f"{SALESFORCE_API}/query"
        answer = self._get(path, {"q": soql.format(**{name: quoted(value) for name, value in values.items()})})
        yield from answer["records"]
        while not answer["done"]:
            answer = self._get(answer["nextRecordsUrl"], {})
            yield from answer["records"]

    def by_email(self, item: str, fields: Sequence[str], emails: Iterable[str], *, where: str = "") -> Iterator[Record]:
        """Records of an object with these addresses."""
        for chunk in _chunks(emails, EMAILS_PER_CALL):
            values = {f"e{number}": email for number, email in enumerate(chunk)}
            wanted = ", ".join(f"'{{{name}}}'" for name in values)
            select = ("SELECT", ", ".join(fields), "FROM", item, "WHERE Email IN", f"({wanted})")
            yield from self.query(" ".join((*select, f"AND {where}") if where else select), **values)

    def act(self, verb: str, **given: Any) -> Record:
        """A person at work: create, update, convert and so on.

        Raises:
            RemoteFailed: the org does not let them.
        """
        answer = self._session.post(f"{self._url}/__sim__/{verb}", json=given, timeout=TIMEOUT_S)
        return _json_of(answer, f"{verb} in Salesforce")

    def _get(self, path: str, query: Mapping[str, str]) -> Record:
        if not self._headers:
            self._headers = {"Authorization": f"Bearer {self._token()}"}
        answer = self._session.get(self._url + path, params=query, headers=self._headers, timeout=TIMEOUT_S)
        return _json_of(answer, "a query of Salesforce")

    def _token(self) -> str:
        from infra.local.simulators.salesforce.seed import CLIENT_ID, CLIENT_SECRET

        form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        answer = self._session.post(f"{self._url}/services/oauth2/token", data=form, timeout=TIMEOUT_S)
        return str(_json_of(answer, "the login at Salesforce")["access_token"])


class MarketoSubscription:
    """The subscription's REST API, and the hands of its marketers."""

    def __init__(self, base_url: str, session: requests.Session | None = None) -> None:
        self._url = base_url
        self._session = session or requests.Session()
        self._token = ""

    def by_email(self, fields: Sequence[str], emails: Iterable[str]) -> Iterator[Record]:
        """People with these addresses, duplicates included."""
        for chunk in _chunks(emails, EMAILS_PER_CALL):
            # Marketo takes long filters as a POST that says it is a GET.
            form = {"filterType": "email", "filterValues": ",".join(chunk), "fields": ",".join(fields)}
            headers = {"Authorization": f"Bearer {self._login()}"}
            url = f"{self._url}/rest/v1/leads.json"
            while True:
                sent = self._session.post(url, params={"_method": "GET"}, data=form, headers=headers, timeout=TIMEOUT_S)
                answer = _json_of(sent, "reading Marketo")
                if not answer.get("success"):
                    raise RemoteFailed(f"Marketo refuses to be read: {answer.get('errors')}")
                yield from answer["result"]
                if not answer.get("nextPageToken"):
                    break
                form["nextPageToken"] = answer["nextPageToken"]

    def everybody(self) -> list[Record]:
        """All people, as the marketer's desk lists them."""
        answer = self._session.get(f"{self._url}/__sim__/people", timeout=TIMEOUT_S)
        return list(_json_of(answer, "the list of people in Marketo")["items"])

    def act(self, path: str, **given: Any) -> Record:
        """A marketer at work, or the recipient of a mail: the path is that of the desk.

        Raises:
            RemoteFailed: the subscription does not let them.
        """
        answer = self._session.post(f"{self._url}/__sim__/{path}", json=given, timeout=TIMEOUT_S)
        return _json_of(answer, f"{path} in Marketo")

    def _login(self) -> str:
        from infra.local.simulators.marketo.starting import CLIENT_ID, CLIENT_SECRET

        if not self._token:
            query = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
            answer = self._session.get(f"{self._url}/identity/oauth/token", params=query, timeout=TIMEOUT_S)
            self._token = str(_json_of(answer, "the login at Marketo")["access_token"])
        return self._token


def _chunks(values: Iterable[str], size: int) -> Iterator[list[str]]:
    left = iter(values)
    while chunk := list(islice(left, size)):
        yield chunk


def quoted(value: str) -> str:
    """A value inside the quotes of SOQL."""
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _json_of(answer: requests.Response, what: str) -> Record:
    if not answer.ok:
        raise RemoteFailed(f"{what}: {answer.status_code} {answer.text[:300]}")
    body: Record = answer.json()
    return body
