"""What Marketo says when it refuses: HTTP 200 with a code, for the whole call or for one record of it."""

from typing import Any

MESSAGES = {
    "600": "Access token not specified",
    "601": "Access token invalid",
    "602": "Access token expired",
    "603": "Access denied",
    "604": "Request time-out",
    "605": "HTTP Method not supported",
    "606": "Max rate limit '{}' exceeded with in '{}' secs",
    "607": "Daily quota reached",
    "608": "API Temporarily Unavailable",
    "609": "Invalid JSON",
    "610": "Requested resource not found",
    "611": "System error",
    "612": "Invalid Content Type",
    "613": "Invalid Multipart Request",
    "614": "Invalid Subscription",
    "615": "Concurrent access limit reached",
    "701": "{} cannot be blank",
    "702": "No data found",
    "703": "Feature is not enabled for the subscription",
    "704": "Invalid date format '{}'",
    "709": "Business rule violation",
    "713": "Transient error, please try again",
    "719": "Lock wait timeout exception",
    "1001": "Invalid value '{}'. Required of type '{}'",
    "1002": "Missing value for required parameter '{}'",
    "1003": "{}",
    "1004": "Lead not found",
    "1005": "Lead already exists",
    "1006": "Field '{}' not found",
    "1007": "Multiple leads match the lookup criteria",
    "1008": "Access to partition '{}' is denied",
    "1010": "Partition update not allowed",
    "1011": "Field '{}' not supported",
    "1013": "{} not found",
    "1015": "Lead not in list",
    "1018": "CRM Enabled",
    "1021": "Company update not allowed",
    "1022": "Object in use",
    "1025": "Program status not found",
    "1029": "{}",
    "1035": "Unsupported filter type for target subscription: {}",
    "1036": "Duplicate object found in input",
    "1037": "Lead was skipped because it is already in or past this status",
    "1080": "More than {} leadIds in a merge request",
}
"""Text per code. A person may inject any of them; 502 is the gateway's and comes as the fault switch."""

UNCOUNTED = frozenset({"600", "601", "602", "604", "605", "608", "611"})
"""Answers that cost neither daily quota nor rate."""


def reason(code: str, *details: object) -> dict[str, str]:
    """One entry of `errors` or `reasons`; the code is a string on the wire."""
    return {"code": code, "message": MESSAGES[code].format(*details)}


_EXAMPLES = {
    "606": ("100", "20"),
    "1001": ("?", "string"),
    "1003": ("Invalid data",),
    "1029": ("Too many jobs in queue",),
}


def injected(code: str, default: str) -> dict[str, str]:
    """The reason for a refusal that a fault switch asks for; a code that nobody knows is the default's."""
    known = code if code in MESSAGES else default
    return reason(known, *_EXAMPLES.get(known, ("?",)))


class CallRefused(Exception):
    """The whole call fails: HTTP 200, `success: false`."""

    def __init__(self, code: str, *details: object) -> None:
        self.code = code
        self.error = reason(code, *details)
        super().__init__(self.error["message"])


class RecordSkipped(Exception):
    """One record of the call fails; the others go on."""

    def __init__(self, code: str, *details: object) -> None:
        self.code = code
        self.reason = reason(code, *details)
        super().__init__(self.reason["message"])

    def result(self, **more: Any) -> dict[str, Any]:
        """The record's entry in `result`."""
        return {**more, "status": "skipped", "reasons": [self.reason]}


class HttpRefused(Exception):
    """The web server in front refuses by HTTP status: too long, too big, unknown client."""

    def __init__(self, status: int, body: dict[str, str] | str) -> None:
        self.status = status
        self.body = body
        super().__init__(str(status))
