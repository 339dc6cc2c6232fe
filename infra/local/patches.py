"""Closes the gaps of MiniStack 1.5.33, one function each; `tests/integration/local` holds a contract test for each.

A patch says what AWS does, what upstream does instead, and (where the laptop deliberately differs) why. Durability and
time are not gaps but features of their own: `infra.local.durability`, `infra.local.clock`.
"""

# ruff: noqa: SLF001 - the engine has no public interface for what is done here, and no types

import errno
import json
import os
import threading
import time
import types
from collections import defaultdict, deque
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from infra.local.function_logs import write_function_logs
from infra.local.mail_log import MailLog, mail_of
from infra.local.ministack import (
    apigateway,
    dynamodb,
    events,
    iam_actions,
    lambdas,
    provisioners,
    responses,
    s3,
    scheduler,
    ses_v2,
    sqs,
    workers,
)
from infra.local.queue_batches import honour_batching_windows
from infra.local.saved_queries import keep_saved_queries
from infra.local.stream_batches import StreamInvoker

CORES: Final = os.cpu_count() or 2
WORKERS_PER_FUNCTION: Final = max(2, CORES)
"""Processes of one function. AWS starts as many as there are requests; a laptop would only swap."""
RETRY_CEILING_S: Final = 30
STREAM_POLL_S: Final = 0.15
Record = dict[str, Any]


def patch_engine(logs: Path, mail: Path) -> None:
    """Apply every patch, once, before the engine starts."""
    keep_time_to_live_from_templates()
    accept_cors_from_templates()
    accept_styles_of_login_pages()
    keep_saved_queries()
    refer_to_secrets_by_arn()
    report_stream_item_failures()
    answer_silent_functions_at_once()
    bound_workers()
    share_queues_safely()
    judge_batches_as_single_messages()
    judge_mail_by_its_sender()
    honour_batching_windows()
    retry_failed_batches_soon()
    refuse_what_the_disk_refuses()
    answer_500_for_failed_functions()
    deliver_bytes_that_are_no_text_in_base64()
    write_function_logs(logs)
    keep_sent_mail(MailLog(mail))
    tick_every_second()
    forget_old_bus_events()


def _wrap_provisioner(resource_type: str, wrap: Callable[[Any], Any]) -> None:
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    handlers["create"] = wrap(handlers["create"])


def keep_time_to_live_from_templates() -> None:
    """AWS turns on TTL that a template asks for; upstream ignores TimeToLiveSpecification."""

    def wrap(create: Callable[..., Any]) -> Callable[..., Any]:
        def create_with_ttl(logical_id: str, props: Record, stack: str) -> Any:
            result = create(logical_id, props, stack)
            asked = props.get("TimeToLiveSpecification") or {}
            if asked.get("Enabled"):
                setting = {"TimeToLiveStatus": "ENABLED", "AttributeName": asked["AttributeName"]}
                dynamodb._ttl_settings[result[0]] = setting
            return result

        return create_with_ttl

    for resource_type in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        _wrap_provisioner(resource_type, wrap)


def accept_cors_from_templates() -> None:
    """AWS reads CorsConfiguration as templates spell it (AllowOrigins); upstream only as its own API does."""

    def wrap(create: Callable[..., Any]) -> Callable[..., Any]:
        def create_with_cors(logical_id: str, props: Record, stack: str) -> Any:
            cors = props.get("CorsConfiguration")
            if cors:
                props = {**props, "CorsConfiguration": {key[0].lower() + key[1:]: value for key, value in cors.items()}}
            return create(logical_id, props, stack)

        return create_with_cors

    _wrap_provisioner("AWS::ApiGatewayV2::Api", wrap)


def accept_styles_of_login_pages() -> None:
    """AWS styles the login pages of a user pool; upstream has no such pages and refuses a template that names a style.

    Nothing is made of it: the console asks for its token here.
    """

    def create(logical_id: str, props: Record, stack: str) -> tuple[str, Record]:
        style = f"{props['UserPoolId']}|{stack}-{logical_id}"
        return style, {"ManagedLoginBrandingId": style.rpartition("|")[2]}

    def update(style: str, _before: Record, _after: Record, _stack: str) -> tuple[str, Record]:
        return style, {"ManagedLoginBrandingId": style.rpartition("|")[2]}

    handlers = {"create": create, "update": update, "delete": lambda _style, _props: None}
    provisioners._RESOURCE_HANDLERS["AWS::Cognito::ManagedLoginBranding"] = handlers


def refer_to_secrets_by_arn() -> None:
    """`Ref` of a secret is its ARN on AWS, and CDK's policies rely on it; upstream answers the name."""

    def wrap(create: Callable[..., Any]) -> Callable[..., Any]:
        def create_with_arn(logical_id: str, props: Record, stack: str) -> Any:
            name, attributes, *rest = create(logical_id, props, stack)
            return (attributes.get("Id") or attributes.get("Arn") or name, attributes, *rest)

        return create_with_arn

    _wrap_provisioner("AWS::SecretsManager::Secret", wrap)


def report_stream_item_failures() -> None:
    """AWS retries a stream batch from the lowest failed item on; upstream drops reported items silently.

    AWS also bisects, gives up after MaximumRetryAttempts and tells the on-failure destination; upstream repeats a
    raising batch for ever. Streams get a poller thread of their own, too: a slow relay must not hold up the queues.
    """
    poll = lambdas._poll_dynamodb_streams
    patched = {**lambdas.__dict__, "_execute_function": StreamInvoker(lambdas._execute_function)}
    poll_streams = types.FunctionType(poll.__code__, patched, poll.__name__, poll.__defaults__, poll.__closure__)
    start_pollers = lambdas._ensure_poller

    def poll_forever() -> None:
        while True:
            try:
                poll_streams()
            except Exception:
                lambdas.logger.exception("stream poller")
            # Also after a batch: rows that gather meanwhile share the next invocation.
            time.sleep(STREAM_POLL_S)

    def start_both() -> None:
        if not lambdas._poller_started:
            threading.Thread(target=poll_forever, name="leadspine-streams", daemon=True).start()
        start_pollers()

    lambdas._poll_dynamodb_streams = lambda: False
    lambdas._ensure_poller = start_both


def answer_silent_functions_at_once() -> None:
    """Upstream waits 50 ms for log lines after every invocation; what is logged is there before the answer."""
    workers.Worker._drain_stderr_bounded.__defaults__ = (0.002, 0.001, 0.250)


def bound_workers() -> None:
    """Laptop only: invocations wait for one of a few processes. Upstream starts one per concurrent request."""
    slots: dict[str, threading.BoundedSemaphore] = defaultdict(
        lambda: threading.BoundedSemaphore(WORKERS_PER_FUNCTION)
    )  # fmt: skip
    execute = lambdas._execute_function_warm

    def execute_bounded(function: Record, event: Record, request_id: str) -> Record:
        config = function.get("config") or function
        with slots[config.get("FunctionArn", "")]:
            result: Record = execute(function, event, request_id)
            return result

    allowed = lambdas._sqs_esm_concurrency
    lambdas._execute_function_warm = execute_bounded
    # A batch that waits for a worker holds messages that the next batch could have folded in.
    lambdas._sqs_esm_concurrency = lambda *mapping: min(allowed(*mapping), WORKERS_PER_FUNCTION)


def share_queues_safely() -> None:
    """Upstream's poller thread holds a lock on a queue that its API never takes: an overlap could drop a message."""
    lock = sqs._queues_lock = threading.RLock()

    def locked(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with lock:
                return function(*args, **kwargs)

        return call

    for name, handler in sqs._HANDLERS.items():
        if name != "ReceiveMessage":
            sqs._HANDLERS[name] = locked(handler)
    for name in ("_expire_retained", "_dlq_sweep", "_collect_msgs"):
        setattr(sqs, name, locked(getattr(sqs, name)))


def judge_batches_as_single_messages() -> None:
    """Sending a batch needs the right to send a message; upstream asks for a right of its own, which AWS does not know.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    """
    action_of = iam_actions.extract_iam_action

    def judged(*arguments: Any, **named: Any) -> str | None:
        action: str | None = action_of(*arguments, **named)
        return "sqs:SendMessage" if action == "sqs:SendMessageBatch" else action

    iam_actions.extract_iam_action = judged


def judge_mail_by_its_sender() -> None:
    """Sending mail is a right on the sender's identity, as on AWS; upstream judges it as a right on everything.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
    """
    resource_of = iam_actions.extract_resource_arn

    def judged(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any, **named: Any) -> str:
        if service == "ses" and method == "POST" and path.endswith("/outbound-emails"):
            *_, region, account = rest or (named["region"], named["account_id"])
            sender = str(json.loads(body).get("FromEmailAddress", "")).rpartition("<")[2].rstrip(">")
            return f"arn:aws:ses:{region}:{account}:identity/{sender.partition('@')[2]}"
        return str(resource_of(service, method, path, headers, body, *rest, **named))

    iam_actions.extract_resource_arn = judged


def retry_failed_batches_soon() -> None:
    """Laptop only: a failed message comes back after 1, 2, 4 … seconds, not after its visibility timeout of minutes.

    So a killed worker delays nobody, and a poison message reaches its dead-letter queue while one is looking.
    """
    run = lambdas._run_sqs_batch

    def run_then_release(mapping: Record, function: Record, event: Record, batch: list[Record], *queue: str) -> None:
        try:
            run(mapping, function, event, batch, *queue)
        finally:
            now = time.time()
            with sqs._queues_lock:
                for message in batch:  # those that succeeded are no longer in the queue
                    wait_s = min(2 ** (message["receive_count"] - 1), RETRY_CEILING_S)
                    message["visible_at"] = min(message["visible_at"], now + wait_s)

    lambdas._run_sqs_batch = run_then_release


def refuse_what_the_disk_refuses() -> None:
    """An object that could not be written must not be acknowledged; upstream logs a warning and answers 200."""
    persist = s3._persist_object

    def persist_or_refuse(bucket: str, key: str, record: Any) -> None:
        persist(bucket, key, record)
        # Upstream drops the body from memory once the file is complete, and only then.
        if isinstance(record, dict) and record.get("body") is not None:
            raise OSError(errno.ENOSPC, f"the object {key} could not be written to disk")

    s3._persist_object = persist_or_refuse


def answer_500_for_failed_functions() -> None:
    """An HTTP API says nothing about a function that failed; upstream answers 502 with the exception's text."""
    respond = lambdas.lambda_execute_result_to_api_proxy_response

    def respond_discreetly(result: Record) -> Any:
        if not result.get("error") or result.get("throttle"):
            return respond(result)
        body = json.dumps({"message": "Internal Server Error"})
        return {"statusCode": 500, "headers": {"Content-Type": "application/json"}, "body": body}, None

    lambdas.lambda_execute_result_to_api_proxy_response = respond_discreetly


def deliver_bytes_that_are_no_text_in_base64() -> None:
    """A compressed body is binary whatever its type; upstream reads any `application/json` as text and damages it.

    AWS documents it for load balancers: a body with a Content-Encoding reaches a function in base64. Signatures cover
    raw bytes, so a body of a text type that is no UTF-8 is handed over untouched as well.
    """
    is_text_type, invoke = apigateway._v2_request_body_is_text, apigateway._invoke_lambda_proxy
    textual: ContextVar[bool] = ContextVar("textual", default=True)

    async def invoke_with_bytes(
        integration: Any,
        api_id: Any,
        stage: Any,
        path: Any,
        method: Any,
        headers: Any,
        body: Any,
        *rest: Any,
        **more: Any,
    ) -> Any:
        encoded = (headers.get("content-encoding") or "identity").strip().lower() != "identity"
        textual.set(not encoded and _is_utf8(body or b""))
        return await invoke(integration, api_id, stage, path, method, headers, body, *rest, **more)

    apigateway._v2_request_body_is_text = lambda content_type: textual.get() and is_text_type(content_type)
    apigateway._invoke_lambda_proxy = invoke_with_bytes


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def tick_every_second() -> None:
    """Schedules are looked at every second, not every ten, so that moving the clock shows at once."""
    events._SCHEDULER_TICK_INTERVAL = 1
    scheduler._SCHEDULE_TICK_INTERVAL = 1


def forget_old_bus_events() -> None:
    """Upstream remembers every event that was ever put; nothing reads more than the last few."""
    recent: dict[str, deque[Record]] = defaultdict(lambda: deque(maxlen=1000))
    events._events_log_list = lambda: recent[responses.get_account_id()]


def keep_sent_mail(log: MailLog) -> None:
    """AWS sends headers and keeps tags for its events; upstream drops both, and its list is lost with the process."""
    handle = ses_v2.handle_request

    async def keeping(method: str, path: str, headers: Record, body: bytes, query: Record) -> Any:
        answer = await handle(method, path, headers, body, query)
        if method == "POST" and path.endswith("/outbound-emails") and answer[0] == 200:
            log.append(mail_of(json.loads(body), json.loads(answer[2])["MessageId"], int(time.time() * 1000)))
        return answer

    ses_v2.handle_request = keeping
