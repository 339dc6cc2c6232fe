"""What the project needs of its engine. Most of it upstream does not do: an upgrade that changes it fails here."""

import http.client
import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from infra.local import cloud, control
from infra.local.ministack import iam_actions
from infra.local.patches import WORKERS_PER_FUNCTION, judge_batches_as_single_messages
from infra.local.processes import LOOPBACK
from tests.integration.local.conftest import Tiny, eventually

HOUR_MS = 3_600_000


def test_the_engine_is_the_version_that_the_patches_were_written_for() -> None:
    assert version("ministack") == "1.5.33"


def test_time_to_live_of_a_template_is_on_and_expired_items_go(tiny: Tiny) -> None:
    described = tiny.client("dynamodb").describe_time_to_live(TableName=tiny.outputs["TableName"])
    tiny.put("EXPIRED", expires_at={"N": "1"})
    tiny.put("LASTING", expires_at={"N": "99999999999"})

    control.tell(tiny.home, "clock")

    assert described["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    assert tiny.item("EXPIRED") is None
    assert tiny.item("LASTING") is not None


def test_cors_of_a_template_answers_preflight_requests(tiny: Tiny) -> None:
    connection = http.client.HTTPConnection(LOOPBACK, control.ports(tiny.home)["api"], timeout=10)
    asked = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    connection.request("OPTIONS", "/in/json", headers=asked)
    answer = connection.getresponse()

    assert answer.status in {200, 204}
    assert answer.getheader("access-control-allow-origin") == "https://shop.example"


def test_a_reference_to_a_secret_is_its_arn(tiny: Tiny) -> None:
    assert tiny.outputs["SecretRef"].startswith("arn:aws:secretsmanager:eu-central-1:")


def test_a_template_may_style_the_login_pages_of_its_pool(tiny: Tiny) -> None:
    pool, _, style = tiny.outputs["LoginStyle"].partition("|")

    assert pool.startswith("eu-central-1_")
    assert style
    assert re.fullmatch(r"tiny-[0-9a-f-]{36}", tiny.outputs["LoginPages"]), "named after the id of the stack"


def test_a_template_may_save_queries_for_athena(tiny: Tiny) -> None:
    athena = tiny.client("athena")

    saved = athena.get_named_query(NamedQueryId=tiny.outputs["SavedQuery"])["NamedQuery"]

    assert (saved["Name"], saved["Database"], saved["WorkGroup"]) == ("all", "tiny", "tiny")
    assert saved["QueryString"] == "SELECT 1"


def test_a_role_allows_what_it_grants_and_nothing_else(tiny: Tiny) -> None:
    payload = f'{{"reach_for_table": "{tiny.outputs["TableName"]}"}}'.encode()
    answer = tiny.client("lambda").invoke(FunctionName=tiny.function("tick"), Payload=payload)

    assert answer["FunctionError"]
    assert b"AccessDenied" in answer["Payload"].read()


def test_a_batch_of_messages_needs_the_right_to_send_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iam_actions, "extract_iam_action", iam_actions.extract_iam_action)
    judge_batches_as_single_messages()

    def needed(operation: str) -> str | None:
        return iam_actions.extract_iam_action("sqs", "POST", "/", {"x-amz-target": f"AmazonSQS.{operation}"}, b"", {})

    assert (needed("SendMessageBatch"), needed("SendMessage")) == ("sqs:SendMessage", "sqs:SendMessage")
    assert needed("ReceiveMessage") == "sqs:ReceiveMessage"


def test_a_failed_stream_item_is_retried_then_reported_and_the_rest_goes_on(tiny: Tiny) -> None:
    tiny.drained("SeenQueueUrl")
    dead = next(name for name in control.tell(tiny.home, "status")["queues"] if "StreamDead" in name)
    tiny.put("OUTBOX#poison")
    assert eventually(lambda: control.tell(tiny.home, "status")["queues"][dead]["waiting"] == 1)
    tiny.put("ELSEWHERE#filtered-out")
    tiny.put("OUTBOX#after")

    seen: list[str] = []
    assert eventually(lambda: "OUTBOX#after" in (seen.extend(tiny.drained("SeenQueueUrl")) or seen))
    assert seen.count("OUTBOX#poison") == 2, "one attempt and MaximumRetryAttempts=1"
    assert not any("ELSEWHERE" in key for key in seen)


def test_a_batching_window_gathers_more_than_ten_messages(tiny: Tiny) -> None:
    tiny.client("s3").put_object(Bucket=tiny.outputs["RawBucketName"], Key="one", Body=b'{}\n{"id": "window"}')
    entries = [{"Id": str(n), "MessageBody": '{"archive_key": "one"}'} for n in range(10)]
    sqs, queue = tiny.client("sqs"), tiny.outputs["SignalsQueueUrl"]
    for _ in range(3):
        sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    assert eventually(lambda: tiny.item("SIGNAL#window") is not None)

    log = (tiny.home.logs / "functions" / f"{tiny.function('process')}.log").read_text()
    sizes = [int(line.removeprefix("batch of ")) for line in log.splitlines() if line.startswith("batch of ")]
    assert max(sizes) > 10


def test_a_poison_message_reaches_its_dead_letter_queue_within_seconds_and_the_rest_goes_on(tiny: Tiny) -> None:
    tiny.deliver({"id": "poison", "poison": True})
    tiny.deliver({"id": "good"})

    assert eventually(lambda: tiny.item("SIGNAL#good") is not None)
    assert eventually(lambda: any("requests/" in body for body in tiny.drained("DeadQueueUrl")))


def test_the_number_of_workers_is_bounded(tiny: Tiny) -> None:
    tiny.deliver({"id": "warm"})

    assert 1 <= len(tiny.worker_pids("door")) <= WORKERS_PER_FUNCTION


def test_the_clock_moves_schedules_time_to_live_and_functions_and_ages_nothing_that_waits(tiny: Tiny) -> None:
    tiny.drained("TicksQueueUrl")
    now = control.tell(tiny.home, "status")["now"]
    tiny.put("IN-TWO-DAYS", expires_at={"N": str(now // 1000 + 2 * 86_400)})
    tiny.client("sqs").send_message(QueueUrl=tiny.outputs["SeenQueueUrl"], MessageBody="kept for four days at most")

    offset = cloud.advance(tiny.home, 5 * 24 * HOUR_MS)

    assert control.tell(tiny.home, "status")["clock_offset_ms"] == offset
    assert control.tell(tiny.home, "status")["now"] - now >= 5 * 24 * HOUR_MS
    assert eventually(lambda: tiny.queue("TicksQueueUrl")["waiting"] > 0)
    assert tiny.drained("TicksQueueUrl") == ["tick"], "120 hours passed: a schedule runs once per jump"
    assert eventually(lambda: tiny.item("IN-TWO-DAYS") is None)
    assert "kept for four days at most" in tiny.drained("SeenQueueUrl")
    assert tiny.post({"id": "signed-with-real-time"}) == 202


def test_transactions_report_reasons_and_repeat_a_client_token_harmlessly(tiny: Tiny) -> None:
    dynamodb, table = tiny.client("dynamodb"), tiny.outputs["TableName"]
    add = {
        "TableName": table,
        "Key": {"pk": {"S": "ONCE"}, "sk": {"S": "-"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    for _ in range(2):
        dynamodb.transact_write_items(TransactItems=[{"Update": add}], ClientRequestToken="the-same")
    taken = {
        "TableName": table,
        "Item": add["Key"],
        "ConditionExpression": "attribute_not_exists(pk)",
    }

    assert (tiny.item("ONCE") or {})["n"] == {"N": "1"}
    with pytest.raises(ClientError) as refused:
        dynamodb.transact_write_items(TransactItems=[{"Put": taken}])
    assert refused.value.response["CancellationReasons"][0]["Code"] == "ConditionalCheckFailed"


def test_a_failed_function_is_answered_for_with_500_and_nothing_about_it(tiny: Tiny) -> None:
    connection = http.client.HTTPConnection(LOOPBACK, control.ports(tiny.home)["api"], timeout=10)
    connection.request("POST", "/in/json", "secret@person.example is no JSON", {"content-type": "application/json"})
    answer = connection.getresponse()

    assert (answer.status, json.loads(answer.read())) == (500, {"message": "Internal Server Error"})
    log = (tiny.home.logs / "functions" / f"{tiny.function('door')}.log").read_text()
    assert "JSONDecodeError" in log


def test_only_the_loopback_interface_is_listened_on(tiny: Tiny) -> None:
    ports = set(control.ports(tiny.home).values())
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {(row[1].split(":")[0], int(row[1].split(":")[1], 16)) for row in rows if row[3] == "0A"}

    assert {address for address, port in listening if port in ports} == {"0100007F"}
