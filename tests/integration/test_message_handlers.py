"""The functions around messages as Lambda calls them, on moto: a welcome, its link, what SES tells of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.accept_unsubscribe.settings import Settings as UnsubscribeSettings
from functions.receive_feedback.settings import Settings as FeedbackSettings
from functions.send_message.settings import Settings as SendSettings
from shared.adapters.dynamodb.consent_ledger import DynamoConsentLedger
from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.messages import DynamoMessages
from shared.adapters.dynamodb.outbox import DynamoOutbox
from shared.adapters.dynamodb.suppressions import DynamoSuppressions
from shared.adapters.dynamodb.table import Table
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.consent_ledger import MemoryKeyRing
from shared.adapters.sealing import Sealer
from shared.adapters.secrets.identity_key import IdentityKey
from shared.contracts.envelope import iso
from shared.domain.consent.model import ConsentRegister
from shared.domain.identity.model import Stamp
from shared.policies.compile import main as compile_policies
from shared.runtime.batch import one_by_one
from shared.runtime.bootstrap import accept_unsubscribe, receive_feedback, send_message
from shared.runtime.clients import client
from shared.runtime.clock import SystemClock
from tests.conformance.builders import EMAIL, a_consent, a_decision, a_lead
from tests.conformance.worlds import TABLES, TENANT, create_table

URL = "https://api.example.test"
BUCKET = "raw"


@dataclass
class Cloud:
    send: SendSettings
    unsubscribe: UnsubscribeSettings
    feedback: FeedbackSettings
    queue: Any
    ses: list[dict[str, Any]]

    def signals(self) -> list[dict[str, Any]]:
        """What was written down: bodies of archived requests, in order of the queue."""
        found = []
        while messages := self.queue.receive_messages(MaxNumberOfMessages=10):
            for message in messages:
                key = json.loads(message.body)["archive_key"]
                stored = client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
                found.append(json.loads(stored.partition(b"\n")[2]))
                message.delete()
        return found


@pytest.fixture
def cloud(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with mock_aws():
        client.cache_clear()
        dynamodb: Any = client("dynamodb")
        for name in (*TABLES, "engagement"):
            create_table(dynamodb, name)
        client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        queue: Any = boto3.resource("sqs", region_name="eu-central-1").create_queue(QueueName="signals")
        secrets = client("secretsmanager")
        links = secrets.create_secret(Name="links", SecretString="a secret of links")["ARN"]
        identity = secrets.create_secret(Name="identity", SecretString="identity")["ARN"]
        compile_policies(tmp_path / "policies.json")
        _a_person(dynamodb)
        sent: list[dict[str, Any]] = []

        def send_email(**request: Any) -> dict[str, str]:
            sent.append(request)
            return {"MessageId": f"ses-{len(sent)}"}

        monkeypatch.setattr(
            send_message, "boto3", SimpleNamespace(client=lambda *_a, **_k: SimpleNamespace(send_email=send_email))
        )
        common = {
            "leads_table_name": TABLES.leads,
            "ledger_table_name": TABLES.ledger,
            "raw_bucket_name": BUCKET,
            "signals_queue_url": queue.url,
            "links_secret_arn": links,
        }
        yield Cloud(
            send=SendSettings(
                **common,
                engagement_table_name="engagement",
                identity_secret_arn=identity,
                mail_configuration_set="Leadspine-mail",
                mail_sender="hello@mail.example.com",
                public_url=f"{URL}/",
                policies_file=str(tmp_path / "policies.json"),
            ),
            unsubscribe=UnsubscribeSettings(**common),
            feedback=FeedbackSettings(**common, engagement_table_name="engagement"),
            queue=queue,
            ses=sent,
        )
    client.cache_clear()


def _a_person(dynamodb: Any) -> None:
    now = SystemClock().now()
    identity = IdentityKey.fixed(b"identity")
    store = DynamoLeadStore(dynamodb, TABLES, identity=identity, clock=MemoryClock())
    ledger = DynamoConsentLedger(
        Table(dynamodb, TABLES.ledger),
        Table(dynamodb, TABLES.data_keys),
        Sealer(MemoryKeyRing(tenant=TENANT), tenant=TENANT),
    )
    lead = a_lead(
        verified=True,
        subject_ref="subject_1",
        identifiers={EMAIL: Stamp(1, now, "s")},
        contact_points={"email:ada@example.com": "contact_1"},
        consents={"email:ada@example.com ad.email": ConsentRegister(1, now, 0, "s", "form", "ad.email-pl-1")},
    )
    store.commit(a_decision(lead, facts=()), ledger.seal([a_consent(at=now)]))


def sqs_event(*bodies: Any) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{n}", "eventSourceARN": "arn:aws:sqs:eu:1:messages", "body": json.dumps(body)}
            for n, body in enumerate(bodies)
        ]
    }


def consent_given() -> dict[str, Any]:
    now = iso(SystemClock().now())
    return {
        "source": "leadspine",
        "detail-type": "ConsentGiven",
        "detail": {
            "event_id": "lead_1.1.0", "name": "ConsentGiven", "lead_id": "lead_1", "occurred_at": now,
            "correlation_id": "cor_1", "data": {"purpose": "ad.email", "channel": "email", "source": "form"},
        },
    }  # fmt: skip


def http_event(method: str, path: str, body: str = "") -> dict[str, Any]:
    return {
        "rawPath": path,
        "rawQueryString": "",
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}},
        "headers": {"content-type": "application/x-www-form-urlencoded"},
        "body": body,
    }


def test_a_welcome_its_link_and_its_fate(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    gateway = send_message.sender(cloud.send)

    assert one_by_one(sqs_event(consent_given(), consent_given(), {"no": "fact"}), gateway) == {
        "batchItemFailures": [{"itemIdentifier": "m2"}]
    }
    (asked,) = cloud.ses
    simple = asked["Content"]["Simple"]
    assert simple["Subject"]["Data"] == "Witamy i dziękujemy"  # the language of the text that was agreed to
    headers = {header["Name"]: header["Value"] for header in simple["Headers"]}
    path = headers["List-Unsubscribe"].partition(">")[0].removeprefix(f"<{URL}")
    told = [e["name"] for row in DynamoOutbox(leads()).pending(before=9 * 10**12) for e in row.envelopes]
    assert sorted(told) == ["MessagePermitted", "MessageSent"]

    page = accept_unsubscribe.build(cloud.unsubscribe)
    assert page(http_event("GET", path))["statusCode"] == 200
    assert cloud.signals() == []
    answer = page(http_event("POST", path, "List-Unsubscribe=One-Click"))
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (200, "text/html; charset=utf-8")
    (withdrawn,) = cloud.signals()
    assert (withdrawn["kind"], withdrawn["email"], withdrawn["withdraws"]) == (
        "consent_withdrawn", "ada@example.com", "ad.email",
    )  # fmt: skip
    assert path.removeprefix("/u/") not in capsys.readouterr().out

    tags = {tag["Name"]: [tag["Value"]] for tag in asked["EmailTags"]}
    bounce = {"detail": {"eventType": "Bounce", "bounce": {"bounceType": "Permanent"}, "mail": {"tags": tags}}}
    assert one_by_one(sqs_event(bounce), receive_feedback.receiver(cloud.feedback)) == {"batchItemFailures": []}
    assert [signal["kind"] for signal in cloud.signals()] == ["email_bounced"]
    message = DynamoMessages(Table(client("dynamodb"), "engagement")).get(tags["message"][0])
    assert message is not None
    assert (message.shown_state, message.provider_id) == ("bounced", "ses-1")
    held = DynamoSuppressions(Table(client("dynamodb"), TABLES.ledger), ["ad.email"]).of(message.address)
    assert [(found.scope, found.reason) for found in held] == [("ad.email", "unsubscribed"), ("all", "bounced")]


def leads() -> Table:
    return Table(client("dynamodb"), TABLES.leads)
