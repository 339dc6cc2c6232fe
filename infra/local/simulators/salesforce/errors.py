"""Salesforce's error codes with their HTTP status, and an exception that carries them."""

from collections.abc import Sequence
from typing import Any

from infra.local.simulators.wire import Answer, json_answer

# Codes whose single-call status is not 400. Source: REST guide, "Status Codes and Error Responses".
_STATUS = {
    "INVALID_SESSION_ID": 401,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "API_DISABLED_FOR_ORG": 403,
    "NOT_FOUND": 404,
    "ENTITY_IS_DELETED": 404,
    "METHOD_NOT_ALLOWED": 405,
    "UNSUPPORTED_API_VERSION": 410,
    "ENTITY_MODIFIED": 412,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "SERVER_UNAVAILABLE": 503,
}


class SalesforceError(Exception):
    """One refusal in Salesforce's words."""

    def __init__(
        self, code: str, message: str, fields: Sequence[str] | None = None, *, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = None if fields is None else list(fields)
        self.details = details or {}

    @property
    def status(self) -> int:
        """HTTP status of a single call that ends so."""
        return _STATUS.get(self.code, 400)

    def as_list(self) -> list[dict[str, Any]]:
        """The body of a single call's answer."""
        body: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            body["fields"] = self.fields
        return [{**body, **self.details}]

    def as_row(self) -> dict[str, Any]:
        """The error of one row of a bundle: `statusCode` here, `errorCode` elsewhere."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields or [], **self.details}

    def answer(self) -> Answer:
        """The answer of a single call."""
        return json_answer(self.as_list(), self.status)


def not_found(message: str = "The requested resource does not exist") -> SalesforceError:
    """404."""
    return SalesforceError("NOT_FOUND", message)


def no_such_column(name: str, object_name: str) -> SalesforceError:
    """A write to a field that is not there, or that this user may not see."""
    return SalesforceError("INVALID_FIELD", f"No such column '{name}' on sobject of type {object_name}")
