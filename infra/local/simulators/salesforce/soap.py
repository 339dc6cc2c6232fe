"""The little of SOAP that REST has no resource for: login, convertLead and merge."""

from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from infra.local.simulators.salesforce.conversion import Conversion, Converted, convert, merge
from infra.local.simulators.salesforce.errors import SalesforceError
from infra.local.simulators.salesforce.oauth import Denied, OAuth
from infra.local.simulators.salesforce.org import Actor, Org
from infra.local.simulators.wire import Answer, Call, text_answer

_XML = "text/xml;charset=UTF-8"
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns="urn:partner.soap.sforce.com" xmlns:sf="urn:fault.partner.soap.sforce.com" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>'
)


class Soap:
    """Answers `/services/Soap/u/…` and `/c/…`."""

    def __init__(self, org: Org, oauth: OAuth) -> None:
        self._org = org
        self._oauth = oauth

    def answer(self, call: Call) -> Answer:
        """One SOAP call; refusals are faults with status 500."""
        try:
            operation, session = _opened(call.body)
            kind = _local(operation.tag)
            if kind == "login":
                return self._login(call, operation)
            actor = Actor(user_id=self._oauth.user_of_token(session), call=call)
            if kind == "convertLead":
                return _answered("convertLead", [self._convert(one, actor) for one in operation])
            if kind == "merge":
                return _answered("merge", [self._merge(one, actor) for one in operation])
        except SalesforceError as error:
            return _fault(error.code, error.message)
        except Denied:
            return _fault("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.")
        return _fault("UNSUPPORTED_API_VERSION", f"no operation {kind}")

    def _login(self, call: Call, operation: ElementTree.Element) -> Answer:
        values = _values(operation)
        user_id = self._oauth.check_password(values.get("username", ""), values.get("password", ""))
        token = self._oauth.open_session(user_id)
        version = call.path.rstrip("/").rpartition("/")[2]
        organization = next(iter(self._org.store.rows("Organization")))
        server = f"https://{call.headers.get('host', 'localhost')}/services/Soap/u/{version}/{organization[:15]}"
        result = {"passwordExpired": "false", "serverUrl": server, "sessionId": token, "userId": user_id}
        return _answered("login", [_xml(result)])

    def _convert(self, operation: ElementTree.Element, actor: Actor) -> str:
        values = _values(operation)
        none = values.get("doNotCreateOpportunity") == "true"
        try:
            with self._org.store.transaction():
                done = convert(
                    self._org,
                    Conversion(
                        lead_id=values.get("leadId", ""), status=values.get("convertedStatus", ""),
                        account_id=values.get("accountId"), contact_id=values.get("contactId"),
                        opportunity="" if none else values.get("opportunityName"), owner_id=values.get("ownerId"),
                        overwrite_source=values.get("overwriteLeadSource") == "true",
                    ),
                    actor,
                )  # fmt: skip
        except SalesforceError as error:
            return _refused(error)
        return _xml(_converted(done))

    def _merge(self, operation: ElementTree.Element, actor: Actor) -> str:
        master = next((part for part in operation if _local(part.tag) == "masterRecord"), None)
        losers = [part.text or "" for part in operation if _local(part.tag) == "recordToMergeIds"]
        master_id = _values(master).get("Id", "") if master is not None else ""
        try:
            with self._org.store.transaction():
                kept = merge(self._org, self._org.object_of(master_id), master_id, losers, actor)
        except SalesforceError as error:
            return _refused(error)
        merged = "".join(f"<mergedRecordIds>{escape(loser)}</mergedRecordIds>" for loser in losers)
        return _xml({"id": kept}) + merged + "<success>true</success>"


def _opened(body: bytes) -> tuple[ElementTree.Element, str]:
    """The operation of an envelope and the session id of its header."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise SalesforceError("UNKNOWN_EXCEPTION", "a document type is not allowed")
    try:
        envelope = ElementTree.fromstring(body)  # noqa: S314 - entities were refused above
    except ElementTree.ParseError as error:
        raise SalesforceError("UNKNOWN_EXCEPTION", f"not XML: {error}") from error
    session = next((part.text for part in envelope.iter() if _local(part.tag) == "sessionId"), None)
    inner = next((part for part in envelope if _local(part.tag) == "Body"), None)
    if inner is None or not len(inner):
        raise SalesforceError("UNKNOWN_EXCEPTION", "the envelope has no body")
    return inner[0], session or ""


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _values(element: ElementTree.Element) -> dict[str, str]:
    return {_local(part.tag): part.text for part in element if part.text}


def _xml(values: dict[str, Any]) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())


def _converted(done: Converted) -> dict[str, str]:
    values = {"accountId": done.account_id, "contactId": done.contact_id, "leadId": done.lead_id}
    return {**values, "opportunityId": done.opportunity_id or "", "success": "true"}


def _refused(error: SalesforceError) -> str:
    return f"<errors>{_xml({'message': error.message, 'statusCode': error.code})}</errors><success>false</success>"


def _answered(operation: str, results: list[str]) -> Answer:
    body = "".join(f"<result>{result}</result>" for result in results)
    whole = f"<{operation}Response>{body}</{operation}Response>"
    return text_answer(_ENVELOPE.format(body=whole), content_type=_XML)


def _fault(code: str, message: str) -> Answer:
    text = f"{escape(code)}: {escape(message)}"
    body = (
        f"<soapenv:Fault><faultcode>sf:{escape(code)}</faultcode><faultstring>{text}</faultstring><detail>"
        f"<sf:fault><sf:exceptionCode>{escape(code)}</sf:exceptionCode><sf:exceptionMessage>{escape(message)}"
        "</sf:exceptionMessage></sf:fault></detail></soapenv:Fault>"
    )
    return text_answer(_ENVELOPE.format(body=body), 500, _XML)
