"""Mails through Amazon SES (API version 2). Calls once: whether a call without an answer took effect, nobody knows."""

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from shared.adapters.failures import PASSING, error_code
from shared.ports.messages import MailNotTaken, MailRefused, MailUncertain, OutgoingMail

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_NOT_NOW: Final = PASSING | {"TooManyRequestsException", "LimitExceededException", "SendingPausedException"}
_NOT_NOW_TOO: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AccountSuspendedException",
        "ExpiredTokenException",
        "MailFromDomainNotVerifiedException",
        "NotFoundException",
        "UnrecognizedClientException",
    }
)
"""A person has to act, but the mail itself is fine: it waits like any other that was not taken."""

_SERVER_ERROR: Final = 500


class SesMail:
    """``client`` must not retry by itself. ``configuration_set`` tells SES where to report what became of a mail."""

    def __init__(self, client: "SESV2Client", configuration_set: str) -> None:
        self._client = client
        self._configuration_set = configuration_set

    def send(self, mail: OutgoingMail) -> str:
        """Hand over a mail; returns SES's id of it.

        Raises:
            MailRefused, MailNotTaken, MailUncertain: as they say.
        """
        try:
            answer = self._client.send_email(**self._request(mail))
        except ClientError as error:
            raise _failure(error) from None
        except (ConnectTimeoutError, EndpointConnectionError) as error:
            raise MailNotTaken(type(error).__name__) from None
        except BotoCoreError as error:
            raise MailUncertain(type(error).__name__) from None
        return str(answer["MessageId"])

    def _request(self, mail: OutgoingMail) -> Any:
        simple = {
            "Subject": _text(mail.subject),
            "Body": {"Text": _text(mail.text), "Html": _text(mail.html)},
            "Headers": [{"Name": name, "Value": value} for name, value in mail.headers.items()],
        }
        return {
            "FromEmailAddress": mail.sender,
            "Destination": {"ToAddresses": [mail.to]},
            "Content": {"Simple": simple},
            "EmailTags": [{"Name": name, "Value": value} for name, value in mail.tags.items()],
            "ConfigurationSetName": self._configuration_set,
        }


def _text(content: str) -> dict[str, str]:
    return {"Data": content, "Charset": "UTF-8"}


def _failure(error: ClientError) -> Exception:
    code = error_code(error)
    if int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= _SERVER_ERROR:
        return MailUncertain(code)
    if code in _NOT_NOW or code in _NOT_NOW_TOO:
        return MailNotTaken(code)
    return MailRefused(code)
