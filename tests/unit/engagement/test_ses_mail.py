"""What SES is asked for, and what its answers mean."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber

from shared.adapters.ses.mail import SesMail
from shared.ports.messages import MailNotTaken, MailRefused, MailUncertain, OutgoingMail

MAIL = OutgoingMail(
    to="anna@example.com",
    sender='"Acme" <hello@mail.example.com>',
    subject="Witamy",
    text="tekst",
    html="<p>tekst</p>",
    headers={"List-Unsubscribe": "<https://x.test/u/t>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    tags={"message": "msg_1", "lead": "lead_1"},
)
ASKED = {
    "FromEmailAddress": '"Acme" <hello@mail.example.com>',
    "Destination": {"ToAddresses": ["anna@example.com"]},
    "Content": {
        "Simple": {
            "Subject": {"Data": "Witamy", "Charset": "UTF-8"},
            "Body": {
                "Text": {"Data": "tekst", "Charset": "UTF-8"},
                "Html": {"Data": "<p>tekst</p>", "Charset": "UTF-8"},
            },
            "Headers": [
                {"Name": "List-Unsubscribe", "Value": "<https://x.test/u/t>"},
                {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
            ],
        }
    },
    "EmailTags": [{"Name": "message", "Value": "msg_1"}, {"Name": "lead", "Value": "lead_1"}],
    "ConfigurationSetName": "Leadspine-mail",
}


def client() -> Any:
    return boto3.client("sesv2", region_name="eu-central-1")


def test_a_mail_goes_to_one_address_with_its_headers_and_tags() -> None:
    made = client()
    with Stubber(made) as stub:
        stub.add_response("send_email", {"MessageId": "0102"}, ASKED)

        assert SesMail(made, "Leadspine-mail").send(MAIL) == "0102"


@pytest.mark.parametrize(
    ("code", "status", "means"),
    [
        ("TooManyRequestsException", 429, MailNotTaken),
        ("SendingPausedException", 400, MailNotTaken),
        ("MailFromDomainNotVerifiedException", 400, MailNotTaken),
        ("AccessDeniedException", 403, MailNotTaken),
        ("MessageRejected", 400, MailRefused),
        ("BadRequestException", 400, MailRefused),
        ("InternalFailure", 500, MailUncertain),
        ("ServiceUnavailable", 503, MailUncertain),
    ],
)
def test_answers_say_whether_it_was_taken(code: str, status: int, means: type[Exception]) -> None:
    made = client()
    with Stubber(made) as stub:
        stub.add_client_error("send_email", code, http_status_code=status)

        with pytest.raises(means):
            SesMail(made, "set").send(MAIL)


@pytest.mark.parametrize(
    ("error", "means"),
    [
        (ReadTimeoutError(endpoint_url="https://ses"), MailUncertain),
        (ConnectTimeoutError(endpoint_url="https://ses"), MailNotTaken),
    ],
)
def test_no_answer_is_not_taken_for_a_no(error: Exception, means: type[Exception]) -> None:
    class Silent:
        def send_email(self, **_: Any) -> Any:
            raise error

    with pytest.raises(means):
        SesMail(Silent(), "set").send(MAIL)  # type: ignore[arg-type]
