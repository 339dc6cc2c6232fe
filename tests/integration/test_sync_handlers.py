"""The real handlers of synchronisation, cold-started, on simulated AWS, against simulated vendors."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from moto import mock_aws
from requests.adapters import HTTPAdapter

from infra.catalog import CATALOG
from infra.local.simulators.in_process import InProcessAdapter
from infra.local.simulators.marketo.subscription import Marketo
from infra.local.simulators.salesforce.api import SalesforceSite
from infra.local.simulators.salesforce.org import Actor
from infra.local.simulators.salesforce.schema import OBJECTS
from infra.local.simulators.salesforce.writing import create
from infra.local.simulators.store import Store
from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.parked_records import DynamoParkedRecords
from shared.adapters.dynamodb.sync_store import DynamoSyncStore
from shared.adapters.dynamodb.table import Table
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.secrets.identity_key import IdentityKey
from shared.app.drain_dead_letters import REDRIVE_TO
from shared.domain.identity.model import EMAIL, Evidence, Identifier
from shared.domain.intake.signal import ConsentClaim, Signal
from shared.domain.lead.decide import decide
from shared.domain.lead.rules import compile_rules
from shared.policies.compile import main as compile_policies
from shared.policies.loader import RULES, load_directory
from shared.runtime.clients import client
from shared.runtime.clock import SystemClock

REGION = "eu-central-1"
QUEUES = ("remote-changes", "salesforce-first", "salesforce-out", "marketo-first", "marketo-out")
FUNCTIONS = ("pull_salesforce", "pull_marketo", "reconcile_records", "push_salesforce", "push_marketo")
CREDENTIALS = {"client_id": "cid", "client_secret": "secret"}
NOW = 1_790_000_000_000


@dataclass
class Context:
    function_name: str = "f"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:1:function:f"
    aws_request_id: str = "r"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


class Aws:
    """Simulated AWS and both vendors; queues are moved by hand, as Lambda's pollers would."""

    def __init__(self, salesforce: SalesforceSite, marketo: Marketo) -> None:
        self.salesforce = salesforce
        self.marketo = marketo
        self.sqs: Any = boto3.client("sqs", region_name=REGION)
        self.urls = {name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
        self.secrets: Any = boto3.client("secretsmanager", region_name=REGION)

    def configure(self, system: str, **values: str) -> None:
        self.secrets.put_secret_value(SecretId=system, SecretString=json.dumps(values))

    def waiting(self, queue: str) -> list[str]:
        found: list[str] = []
        while messages := self.sqs.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(message["Body"])
                self.sqs.delete_message(QueueUrl=self.urls[queue], ReceiptHandle=message["ReceiptHandle"])
        return found

    def sync(self) -> DynamoSyncStore:
        return DynamoSyncStore(Table(client("dynamodb"), "sync"))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Aws]:
    policies = tmp_path / "policies.json"
    compile_policies(policies)
    now = SystemClock()

    def time() -> datetime:
        return datetime.fromtimestamp(now.now() / 1000, UTC)

    salesforce, marketo = SalesforceSite(Store(), time), Marketo(Store(), time)
    routed = {"salesforce.test": InProcessAdapter(salesforce), "marketo.test": InProcessAdapter(marketo)}

    def send(_: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        host = urlsplit(str(request.url)).hostname or ""
        (adapter,) = [adapter for name, adapter in routed.items() if host.endswith(name.partition(".")[0] + ".test")]
        return adapter.send(request, timeout=options.get("timeout"))

    with mock_aws():
        monkeypatch.setattr(HTTPAdapter, "send", send)
        client.cache_clear()
        database: Any = boto3.client("dynamodb", region_name=REGION)
        for table in ("leads", "ledger", "keys", "sync", "ops"):
            names = [("pk", "HASH"), ("sk", "RANGE")]
            database.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in names],
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in names],
                BillingMode="PAY_PER_REQUEST",
            )
        s3: Any = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket="raw", CreateBucketConfiguration={"LocationConstraint": REGION})
        cloud = Aws(salesforce, marketo)
        key = boto3.client("kms", region_name=REGION).create_key()["KeyMetadata"]["Arn"]
        for name in ("salesforce", "marketo"):
            made = cloud.secrets.create_secret(Name=name, SecretString="{}")
            cloud.configure(name, base_url=f"https://{name}.test", **CREDENTIALS)
            monkeypatch.setenv(f"{name.upper()}_SECRET_ARN", made["ARN"])
        identity = cloud.secrets.create_secret(Name="identity", SecretString="identity")["ARN"]
        for name, value in {
            "AWS_REGION": REGION,
            **{f"{table.upper()}_TABLE_NAME": table for table in ("leads", "ledger", "keys", "sync", "ops")},
            **{f"{queue.replace('-', '_').upper()}_QUEUE_URL": url for queue, url in cloud.urls.items()},
            "RAW_BUCKET_NAME": "raw",
            "DATA_KEY_ARN": key,
            "IDENTITY_SECRET_ARN": identity,
            "POLICIES_FILE": str(policies),
        }.items():
            monkeypatch.setenv(name, value)
        yield cloud
    client.cache_clear()


def handler_of(function: str) -> ModuleType:
    """A handler as a cold start loads it."""
    name = f"functions.{function}.handler"
    sys.modules.pop(name, None)
    return importlib.import_module(name)


def run(function: str, *bodies: str | dict[str, Any]) -> Any:
    """A batch of messages through a handler."""
    records = [
        {
            "messageId": f"m{number}",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:1:q",
            "body": body if isinstance(body, str) else json.dumps(body),
        }
        for number, body in enumerate(bodies)
    ]
    return handler_of(function).lambda_handler({"Records": records}, Context())


def pull(system: str, **command: Any) -> Any:
    return handler_of(f"pull_{system}").lambda_handler(command, Context())


def person(email: str = "ann@acme.example") -> str:
    """A person who came in by a form and may be in Marketo; returns the lead's id."""
    policies = load_directory(RULES)
    rules = compile_rules(policies.scoring, policies.lifecycle, policies.version)
    store = DynamoLeadStore(
        client("dynamodb"), Tables("leads", "ledger", "keys"), identity=IdentityKey.fixed(b"identity"),
        clock=SystemClock(),
    )  # fmt: skip
    now = SystemClock().now()
    signal = Signal(
        signal_id="s1", kind="form_submitted", occurred_at=now - 1_000, recorded_at=now - 1_000, source="form",
        evidence=Evidence.VERIFIED, identifiers=(Identifier(EMAIL, email),),
        profile={"email": email, "name": "Ann Smith", "title": "CTO"},
        consents=(ConsentClaim(purpose="processing", given=True),),
    )  # fmt: skip
    decision = decide(store.load(signal.identifiers), [signal], rules, now, "seed")
    from shared.adapters.dynamodb.consent_ledger import DynamoConsentLedger
    from shared.adapters.memory.consent_ledger import MemoryKeyRing
    from shared.adapters.sealing import Sealer

    ledger = DynamoConsentLedger(
        Table(client("dynamodb"), "ledger"), Table(client("dynamodb"), "keys"),
        Sealer(MemoryKeyRing(tenant="leadspine"), tenant="leadspine"),
    )  # fmt: skip
    store.commit(decision, ledger.seal(decision.consents))
    found = store.find(Identifier(EMAIL, email))
    assert found
    return found


def fact(name: str, lead_id: str) -> dict[str, Any]:
    return {"source": "leadspine", "detail-type": name, "detail": {"name": name, "lead_id": lead_id}}


def salesforce_lead(site: SalesforceSite, **values: str) -> str:
    user = next(row["Id"] for row in site.store.rows("User").values() if row["Username"] == "sam.sales@acme.test")
    with site.store.transaction():
        return create(site.org, OBJECTS["Lead"], {"LastName": "Lee", "Company": "Acme", **values}, Actor(user_id=user))


def test_a_lead_of_salesforce_becomes_a_person_and_is_told_who_it_is(aws: Aws) -> None:
    remote_id = salesforce_lead(aws.salesforce, Email="lee@acme.example", Title="Buyer")

    told = pull("salesforce")
    pages = aws.waiting("remote-changes")
    reconciled = run("reconcile_records", *pages)
    wishes = [json.loads(body) for name in ("salesforce-first", "salesforce-out") for body in aws.waiting(name)]

    assert (told["status"], told["error"], told["records"]) == ("done", "", 1)
    assert len(pages) == 1
    assert "lee@acme.example" not in pages[0]
    assert reconciled == {"batchItemFailures": []}
    link = aws.sync().links([("salesforce", remote_id)])[("salesforce", remote_id)]
    assert link.fields["title"].base == "Buyer"
    assert aws.sync().owner_names() == {link.references["owner"]: "Sam Sales"}

    assert run("push_salesforce", *(wishes or [fact("LeadCaptured", link.lead_id)])) == {"batchItemFailures": []}
    row = aws.salesforce.store.rows("Lead")[remote_id]
    assert row["Leadspine_Id__c"] == link.lead_id


def test_a_person_who_may_be_there_is_made_in_marketo_and_found_equal_by_the_next_pull(aws: Aws) -> None:
    lead_id = person()

    assert pull("marketo")["status"] == "done"
    assert run("push_marketo", fact("ConsentGiven", lead_id), fact("ProfileChanged", lead_id)) == {
        "batchItemFailures": []
    }
    assert run("push_salesforce", fact("ConsentGiven", lead_id)) == {"batchItemFailures": []}

    store = DynamoLeadStore(
        client("dynamodb"), Tables("leads", "ledger", "keys"), identity=IdentityKey.fixed(b"identity"),
        clock=SystemClock(),
    )  # fmt: skip
    head = store.get(lead_id)
    assert head is not None
    (known,) = [i.value for i in head.identifiers if i.value.startswith("marketo:")]
    assert list(aws.salesforce.store.rows("Lead")) == [], "sales is not shown people before a hand-over"
    assert pull("marketo")["status"] == "done"
    for body in aws.waiting("remote-changes"):
        assert run("reconcile_records", body) == {"batchItemFailures": []}
    link = aws.sync().links([("marketo", known.partition(":")[2])])[("marketo", known.partition(":")[2])]
    assert (link.fields["title"].base, link.fields["title"].remote) == ("CTO", "CTO")
    calls = sum(aws.marketo.calls.values())
    run("push_marketo", fact("ProfileChanged", lead_id))
    assert sum(aws.marketo.calls.values()) == calls, "a second wish writes nothing"


def test_operators_read_single_records_again(aws: Aws) -> None:
    remote_id = salesforce_lead(aws.salesforce, Email="lee@acme.example")
    pull("salesforce")
    aws.waiting("remote-changes")

    told = pull("salesforce", command="resync", remote_ids=[remote_id])

    assert (told["status"], told["records"]) == ("done", 1)
    assert len(aws.waiting("remote-changes")) == 1


@pytest.mark.parametrize("system", ["salesforce", "marketo"])
def test_preflight_tells_what_the_sync_user_can_do(aws: Aws, system: str) -> None:
    told = pull(system, command="preflight")

    assert told["findings"]
    assert {finding["ok"] for finding in told["findings"]} <= {True, False, None}
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize("system", ["salesforce", "marketo"])
def test_a_system_without_credentials_is_off_and_nothing_fails(aws: Aws, system: str) -> None:
    aws.configure(system)

    assert pull(system)["status"] == "off"
    assert run(f"push_{system}", fact("ProfileChanged", person())) == {"batchItemFailures": []}


@pytest.mark.parametrize("system", ["salesforce", "marketo"])
def test_wrong_credentials_are_told_and_parked_once(aws: Aws, system: str, capsys: pytest.CaptureFixture[str]) -> None:
    aws.configure(system, base_url=f"https://{system}.test", client_id="cid", client_secret="canary-secret")

    for _ in range(2):
        told = pull(system)
    records, _ = DynamoParkedRecords(Table(client("dynamodb"), "ops")).list()

    assert told["status"] == "stopped"
    assert told["error"].startswith(system.upper())
    assert [record.code for record in records] == [told["error"]]
    printed = capsys.readouterr().out
    assert '"SyncRefused":[1.0]' in printed.replace(" ", "")
    assert "canary-secret" not in printed + str(records) + str(told)


@pytest.mark.parametrize("function", ["reconcile_records", "push_salesforce", "push_marketo"])
def test_messages_nobody_understands_are_left_to_the_dead_letters(aws: Aws, function: str) -> None:
    answer = run(function, "not json", {"surprise": 1}, "[]")

    assert {item["itemIdentifier"] for item in answer["batchItemFailures"]} == {"m0", "m1", "m2"}


def test_a_wish_about_nobody_is_done(aws: Aws) -> None:
    wish = {"lead_id": "lead_nobody", "reason": "redrive", "urgent": False}

    assert run("push_marketo", wish) == {"batchItemFailures": []}


def test_metrics_are_counted_and_nothing_personal_is_printed(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    salesforce_lead(aws.salesforce, Email="lee@acme.example", Title="Buyer of canaries")

    pull("salesforce")
    run("reconcile_records", *aws.waiting("remote-changes"))
    run("push_marketo", fact("ConsentGiven", person()))
    printed = capsys.readouterr().out

    for metric in ("RecordsPulled", "VendorCalls", "SyncRefused", "RecordsReconciled", "Echoes", "ConflictsJudged",
                   "RecordsPushed", "RecordsRefused"):  # fmt: skip
        assert f'"{metric}"' in printed
    for personal in ("lee@acme", "ann@acme", "canaries", "Smith"):
        assert personal not in printed


def test_every_dead_letter_can_be_sent_to_a_queue_that_the_api_knows() -> None:
    from shared.runtime.bootstrap.serve_api import queue_urls

    known = {queue.name: queue.name for queue in CATALOG.queues if queue.variable}
    names = {name.replace("-", "_") + "_queue_url": name for name in known}
    settings: Any = type("Known", (), names)()

    assert set(REDRIVE_TO.values()) <= set(queue_urls(settings))
    working = {str(queue.dlq) for queue in CATALOG.queues if not queue.is_dead_letter}
    assert working <= set(REDRIVE_TO)


def test_a_deployment_without_its_variables_fails_at_once_and_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNC_TABLE_NAME", raising=False)

    with pytest.raises(Exception, match="SYNC_TABLE_NAME"):
        handler_of("pull_salesforce")


LOADED = """
import json, sys
import functions.{function}.handler
print(json.dumps([len(sys.modules), [name for name in {denied} if name in sys.modules]]))
"""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_cold_start_stays_within_its_budget(aws: Aws, function: str) -> None:
    budget = CATALOG.function(function).import_budget
    code = LOADED.format(function=function, denied=list(budget.denied))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path.cwd())

    assert done.returncode == 0, done.stderr
    count, denied = json.loads(done.stdout.splitlines()[-1])
    assert denied == []
    assert count <= budget.max_modules
