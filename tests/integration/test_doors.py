"""The deployed doors end to end: handlers on AWS (moto), real client libraries, and lost answers."""

import base64
import gzip
import importlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.adapters.memory.intake import MemoryRawArchive, MemorySignalQueue, MemorySourceSecrets
from shared.adapters.s3.raw_archive import S3RawArchive
from shared.app.normalise import signals_of
from shared.app.receive_delivery import Doorway, Received, collect_events
from shared.connectors.registry import connector_of
from shared.contracts.intake import Delivery, InboundRequest, Reply, Source
from shared.domain.intake.signal import Signal
from shared.runtime import clients
from shared.runtime.clock import RandomIds, SystemClock
from shared.runtime.http import serve

SECRET = "t0ken"
WRITE_KEY = "testWriteKey"
SOURCES = {
    "json": {"vendor": "json_post", "scheme": "bearer"},
    "meta": {"vendor": "meta", "scheme": "meta"},
    "moscow": {"vendor": "json_post", "scheme": "bearer", "residency": "ru"},
    "segment": {"vendor": "segment", "scheme": "write_key", "evidence": "claimed"},
}


class Cloud:
    """The doors' part of an account."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")
        self.sqs = boto3.client("sqs")
        self.s3.create_bucket(Bucket="raw", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        self.queue_url = self.sqs.create_queue(QueueName="signals")["QueueUrl"]
        secrets = {"json": [SECRET], "meta": [SECRET], "moscow": [SECRET], "segment": [WRITE_KEY]}
        created = boto3.client("secretsmanager").create_secret(Name="sources", SecretString=json.dumps(secrets))
        self.secrets_arn = created["ARN"]

    def signals(self) -> list[Signal]:
        """What process_signals will read, through queue and archive."""
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                delivery = Delivery.of_message(json.loads(message["Body"]))
                found += signals_in(delivery, S3RawArchive(self.s3, "raw").get(delivery.archive_key))
                self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def objects(self) -> list[str]:
        return list(S3RawArchive(self.s3, "raw").keys_since(0))


def signals_in(delivery: Delivery, request: InboundRequest) -> list[Signal]:
    source = Source.of_mapping(delivery.source, SOURCES[delivery.source])
    parse = connector_of(source.vendor).parse
    signals, rejected = signals_of(
        request, source, parse=parse, archive_key=delivery.archive_key, correlation_id=delivery.correlation_id
    )
    assert not rejected
    return signals


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cloud]:
    with mock_aws():
        clients.client.cache_clear()
        made = Cloud()
        policies = tmp_path / "policies.json"
        policies.write_text(json.dumps({"sources": SOURCES}))
        monkeypatch.setenv("RAW_BUCKET_NAME", "raw")
        monkeypatch.setenv("SIGNALS_QUEUE_URL", made.queue_url)
        monkeypatch.setenv("SOURCES_SECRET_ARN", made.secrets_arn)
        monkeypatch.setenv("POLICIES_FILE", str(policies))
        yield made
        clients.client.cache_clear()


def handler_of(function: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    module: ModuleType = importlib.reload(importlib.import_module(f"functions.{function}.handler"))
    return lambda event: dict(module.lambda_handler(event, None))


def event(path: str, body: bytes = b"", *, method: str = "POST", query: str = "", **headers: str) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "content-type": "application/json",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        },
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "203.0.113.5"}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


LEAD = json.dumps({"id": "1", "email": "anna@example.com"}).encode()


def test_a_webhook_is_in_bucket_and_queue_when_it_is_answered(cloud: Cloud) -> None:
    answer = handler_of("receive_webhook")(event("/in/json", LEAD, authorization=f"Bearer {SECRET}"))

    assert answer["statusCode"] == 200
    assert len(cloud.objects()) == 1
    (signal,) = cloud.signals()
    assert (signal.vendor_id, signal.profile["email"]) == ("1", "anna@example.com")


def test_a_refused_webhook_leaves_nothing(cloud: Cloud) -> None:
    receive = handler_of("receive_webhook")

    refused = [
        receive(event("/in/json", LEAD)),
        receive(event("/in/nobody", LEAD)),
        receive(event("/in/json", b"{", authorization=f"Bearer {SECRET}")),
        receive(event("/in/moscow", LEAD, authorization=f"Bearer {SECRET}")),
    ]

    codes = [(answer["statusCode"], json.loads(answer["body"])["code"]) for answer in refused]
    assert codes == [
        (401, "INTAKE.BAD_SIGNATURE"),
        (404, "INTAKE.UNKNOWN_SOURCE"),
        (400, "INTAKE.MALFORMED_JSON"),
        (503, "INTAKE.RESIDENCY_UNAVAILABLE"),
    ]
    assert not cloud.objects()
    assert not cloud.signals()


def test_metas_handshake_is_answered_in_plain_text(cloud: Cloud) -> None:
    query = f"hub.mode=subscribe&hub.challenge=115&hub.verify_token={SECRET}"

    answer = handler_of("receive_webhook")(event("/in/meta", method="GET", query=query))

    assert (answer["statusCode"], answer["body"]) == (200, "115")
    assert answer["headers"]["content-type"].startswith("text/plain")


def test_without_the_queue_nothing_is_accepted(cloud: Cloud) -> None:
    receive = handler_of("receive_webhook")
    cloud.sqs.delete_queue(QueueUrl=cloud.queue_url)

    with pytest.raises(Exception, match=r"NonExistentQueue|QueueDoesNotExist"):
        receive(event("/in/json", LEAD, authorization=f"Bearer {SECRET}"))


def test_a_gzipped_batch_under_a_forms_content_type_is_taken(cloud: Cloud) -> None:
    batch = {"batch": [{"type": "page", "anonymousId": "a", "messageId": str(n)} for n in range(3)]}
    key = base64.b64encode(f"{WRITE_KEY}:".encode()).decode()
    packed = gzip.compress(json.dumps(batch).encode())

    answer = handler_of("collect_events")(
        event("/v1/batch", packed, authorization=f"Basic {key}", content_encoding="gzip", content_type="text/plain")
    )

    assert (answer["statusCode"], answer["body"]) == (200, '{"success":true}')
    assert {signal.vendor_id for signal in cloud.signals()} == {"0", "1", "2"}


class Collector:
    """collect_events behind a loopback port. It loses answers as told: the work is done, nobody hears of it."""

    def __init__(self) -> None:
        self.lost_answers = 0
        self.requests = 0
        self.archive = MemoryRawArchive()
        self.queue = MemorySignalQueue()
        self.door = Doorway(
            sources={"segment": Source.of_mapping("segment", SOURCES["segment"])},
            secrets=MemorySourceSecrets({"segment": [WRITE_KEY]}),
            connector_of=connector_of,
            archives={"local": self.archive},
            queue=self.queue,
            ids=RandomIds(),
        )

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        self.requests += 1
        lost = self.requests <= self.lost_answers
        response = serve(request, SystemClock().now(), self._collect)
        if lost:
            return {"statusCode": 503, "body": "", "headers": {}}
        return response

    def _collect(self, request: InboundRequest) -> tuple[Reply, str]:
        received: Received = collect_events(request, self.door)
        return received.reply, received.outcome

    def signals(self) -> list[Signal]:
        return [
            signal
            for delivery in self.queue.sent
            for signal in signals_in(delivery, self.archive.get(delivery.archive_key))
        ]


@pytest.fixture
def collector() -> Iterator[tuple[Collector, str]]:
    made = Collector()

    class Loopback(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower().replace("-", "_"): value for name, value in self.headers.items()}
            answer = made.answer(event(self.path, body, **headers))
            self.send_response(answer["statusCode"])
            self.send_header("content-length", str(len(answer["body"])))
            self.end_headers()
            self.wfile.write(answer["body"].encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Loopback)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def deliver(client: Any, tracks: int) -> None:
    """What anybody does with an analytics client."""
    client.identify("u-1", {"email": "anna@example.pl", "firstName": "Anna", "company": {"name": "Żabka"}})
    client.group("u-1", "g-1", {"name": "Żabka"})
    client.alias("anon-1", "u-1")
    client.page("u-1", "Docs", "Pricing", {"url": "https://example.com/pricing"})
    client.screen("u-1", "Home", "Main")
    for n in range(tracks):
        client.track("u-1", "Order Completed", {"order_id": f"o-{n}", "revenue": 9.5})
    client.flush()
    client.join()


def make_segment(url: str, **options: Any) -> Any:
    from segment.analytics.client import Client  # type: ignore[import-untyped]

    return Client(WRITE_KEY, host=url, max_retries=3, **options)


def make_rudder(url: str, **options: Any) -> Any:
    from rudderstack.analytics.client import Client  # type: ignore[import-untyped]

    return Client(WRITE_KEY, host=url, max_retries=3, **options)


@pytest.mark.parametrize("lost_answers", [0, 1])
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("make", [make_segment, make_rudder], ids=["segment", "rudderstack"])
def test_an_unmodified_client_delivers_every_event_exactly_once(
    make: Callable[..., Any], zipped: bool, lost_answers: int, collector: tuple[Collector, str]
) -> None:
    house, url = collector
    house.lost_answers = lost_answers

    deliver(make(url, gzip=zipped), tracks=20)

    signals = house.signals()
    distinct = {signal.signal_id: signal for signal in signals}
    kinds = [signal.kind for signal in distinct.values()]
    assert len(distinct) == 25
    assert kinds.count("order_placed") == 20
    assert {"identified", "company_identified", "identity_linked", "page_viewed", "screen_viewed"} < set(kinds)
    assert (len(signals) > 25) is bool(lost_answers)
