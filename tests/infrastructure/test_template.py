"""The template is what the catalog says: nothing more, nothing less, and safe by default."""

import json
import re
from typing import Any

import pytest

from infra.catalog import CATALOG, LOG_RETENTION_DAYS, METRICS_SERVICE, OUTBOX_PREFIX
from infra.catalog_types import Function, Queue, QueueTrigger, StreamTrigger, Table, pascal
from shared.adapters.cognito.hosted_pages import SCOPES
from shared.runtime.console.login_account import BACK
from shared.runtime.console.web import LOGIN
from tests.infrastructure.template import Template, target

FUNCTIONS = pytest.mark.parametrize("function", CATALOG.functions, ids=lambda f: f.name)
QUEUES = pytest.mark.parametrize("queue", CATALOG.queues, ids=lambda q: q.name)
TABLES = pytest.mark.parametrize("table", CATALOG.tables, ids=lambda t: t.name)


def test_the_template_stays_within_the_limits_of_cloudformation(template: Template) -> None:
    assert len(template.resources) < 500
    assert len(template.body["Outputs"]) <= 200
    assert len(json.dumps(template.body)) < 1_000_000


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("Lambda::Function", {f.name for f in CATALOG.functions}),
        ("DynamoDB::Table", {t.name for t in CATALOG.tables}),
        ("SQS::Queue", {q.name for q in CATALOG.queues}),
        ("SecretsManager::Secret", {s.name for s in CATALOG.secrets}),
        ("KMS::Key", {f"{k.name} key" for k in CATALOG.keys}),
        ("Events::EventBus", {CATALOG.bus.name}),
    ],
)
def test_catalog_and_template_hold_the_same(template: Template, kind: str, names: set[str]) -> None:
    assert set(template.named(kind)) == names


def test_every_bucket_is_listed_but_the_one_for_access_logs(template: Template) -> None:
    names = set(template.named("S3::Bucket"))

    assert {b.name for b in CATALOG.buckets} <= names
    assert len(names) == len(CATALOG.buckets) + 1


@QUEUES
def test_a_queue_is_encrypted_keeps_long_enough_and_has_its_dead_letter_queue(template: Template, queue: Queue) -> None:
    made = template.properties("SQS::Queue")[queue.name]

    assert target(made["KmsMasterKeyId"]) == "storage key"
    assert made["MessageRetentionPeriod"] == queue.retention_s
    assert made["VisibilityTimeout"] == queue.visibility_s
    redrive = made.get("RedrivePolicy")
    assert (target(redrive["deadLetterTargetArn"]) if redrive else None) == queue.dlq
    assert (redrive["maxReceiveCount"] if redrive else None) == queue.max_receive


@QUEUES
def test_a_queue_has_exactly_one_consumer(template: Template, queue: Queue) -> None:
    mappings = template.properties("Lambda::EventSourceMapping").values()
    consumers = [target(m["FunctionName"]) for m in mappings if target(m["EventSourceArn"]) == queue.name]

    wanted = [
        f.name
        for f in CATALOG.functions
        for t in CATALOG.triggers_of(f)
        if isinstance(t, QueueTrigger) and t.queue == queue.name
    ]
    assert consumers == wanted
    assert len(consumers) == 1


def test_queues_report_failures_message_by_message_in_small_windows(template: Template) -> None:
    triggers = {
        (f.name, t.queue): t for f in CATALOG.functions for t in CATALOG.triggers_of(f) if isinstance(t, QueueTrigger)
    }
    for made in template.properties("Lambda::EventSourceMapping").values():
        trigger = triggers.get((target(made["FunctionName"]), target(made["EventSourceArn"])))
        assert made["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        if trigger is None:
            continue
        assert (made["BatchSize"], made["MaximumBatchingWindowInSeconds"]) == (trigger.batch_size, trigger.window_s)
        assert made.get("ScalingConfig", {}).get("MaximumConcurrency") == trigger.max_concurrency


def test_the_stream_sends_new_outbox_rows_and_gives_up_into_a_queue(template: Template) -> None:
    (made,) = [
        m for m in template.properties("Lambda::EventSourceMapping").values() if "leads" in target(m["EventSourceArn"])
    ]
    (trigger,) = [t for t in CATALOG.function("relay_outbox").triggers if isinstance(t, StreamTrigger)]

    assert target(made["EventSourceArn"]) == "leads stream"
    assert json.loads(made["FilterCriteria"]["Filters"][0]["Pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"pk": {"S": [{"prefix": OUTBOX_PREFIX}]}}},
    }
    assert made["BisectBatchOnFunctionError"] is True
    assert made["MaximumRetryAttempts"] == trigger.retries
    assert target(made["DestinationConfig"]["OnFailure"]["Destination"]) == trigger.dlq


@TABLES
def test_a_table_is_encrypted_recoverable_and_hard_to_delete(template: Template, table: Table) -> None:
    resource = template.named("DynamoDB::Table")[table.name]
    made = resource["Properties"]

    assert resource["DeletionPolicy"] == "Retain"
    assert made["DeletionProtectionEnabled"] is True
    assert made["BillingMode"] == "PAY_PER_REQUEST"
    assert target(made["SSESpecification"]["KMSMasterKeyId"]) == "storage key"
    assert made["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True,
        "RecoveryPeriodInDays": table.recovery_days,
    }
    assert made.get("TimeToLiveSpecification", {}).get("AttributeName") == table.ttl_attribute
    assert made.get("StreamSpecification", {}).get("StreamViewType") == ("NEW_IMAGE" if table.stream else None)


def test_keys_rotate_and_stay(template: Template) -> None:
    for key in template.of_type("KMS::Key").values():
        assert key["Properties"]["EnableKeyRotation"] is True
        assert key["DeletionPolicy"] == "Retain"


def test_buckets_are_private_encrypted_forgetful_and_not_versioned(template: Template) -> None:
    made = template.properties("S3::Bucket")

    for bucket in CATALOG.buckets:
        properties = made[bucket.name]
        assert all(properties["PublicAccessBlockConfiguration"].values())
        (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert target(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]) == "storage key"
        assert "VersioningConfiguration" not in properties
        expiry = [
            rule["ExpirationInDays"]
            for rule in properties["LifecycleConfiguration"]["Rules"]
            if "ExpirationInDays" in rule and "Prefix" not in rule
        ]
        assert expiry == ([bucket.expire_days] if bucket.expire_days else [])


@pytest.mark.parametrize("kind", ["S3::BucketPolicy", "SQS::QueuePolicy", "SNS::TopicPolicy"])
def test_nothing_is_reached_without_tls(template: Template, kind: str) -> None:
    policies = template.of_type(kind).values()

    assert policies
    for policy in policies:
        denials = [s for s in policy["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert any(s["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for s in denials)


@FUNCTIONS
def test_a_function_is_set_up_as_listed(template: Template, function: Function) -> None:
    made = template.properties("Lambda::Function")[function.name]
    layers = [layer["Ref"] for layer in made["Layers"]]

    assert made["Handler"] == f"functions.{function.name}.handler.lambda_handler"
    assert made["Runtime"] == "python3.13"
    assert made["Architectures"] == ["arm64"]
    assert (made["MemorySize"], made["Timeout"]) == (function.memory_mb, function.timeout_s)
    assert made.get("ReservedConcurrentExecutions") == function.reserved_concurrency
    assert [g for g in ("Core", "Analytics") if any(f"{g}Layer" in layer for layer in layers)] == (
        ["Core"] if function.group == "core" else ["Core", "Analytics"]
    )


@FUNCTIONS
def test_a_function_logs_to_a_group_that_forgets_and_is_encrypted(template: Template, function: Function) -> None:
    made = template.properties("Lambda::Function")[function.name]
    group = template.properties("Logs::LogGroup")[target(made["LoggingConfig"]["LogGroup"])]

    assert target(made["LoggingConfig"]["LogGroup"]) == f"{function.name} logs"
    assert group["RetentionInDays"] == LOG_RETENTION_DAYS
    assert target(group["KmsKeyId"]) == "storage key"


@FUNCTIONS
def test_a_function_knows_names_of_its_resources_and_no_secret(template: Template, function: Function) -> None:
    environment = template.properties("Lambda::Function")[function.name]["Environment"]["Variables"]

    for variable, name in CATALOG.variables_of(function).items():
        wanted = f"{name} key" if name == "data" else name
        if variable == CATALOG.mail.sender_variable:
            assert environment[variable] == CATALOG.mail.sender
        elif name not in (CATALOG.users.name, CATALOG.login.name):
            assert target(environment[variable]) == wanted
    text = json.dumps(environment)
    assert "resolve:secretsmanager" not in text
    assert "resolve:ssm" not in text
    assert "SecretString" not in text


def test_secrets_start_harmless_or_random(template: Template) -> None:
    for secret in CATALOG.secrets:
        made = template.properties("SecretsManager::Secret")[secret.name]
        assert made.get("SecretString") == secret.initial
        assert ("GenerateSecretString" in made) == (secret.initial is None)
        assert target(made["KmsKeyId"]) == "storage key"
    assert json.loads(str(CATALOG.secrets[0].initial)) == {}


def test_routes_are_those_of_the_catalog_and_only_the_api_asks_who_it_is(template: Template) -> None:
    made = template.properties("ApiGatewayV2::Route").values()

    assert {(r["RouteKey"], r["AuthorizationType"]) for r in made} == {
        (r.key, "CUSTOM" if r.auth else "NONE") for r in CATALOG.routes
    }
    assert {r.key for r in CATALOG.routes if r.auth} == {"ANY /api/{proxy+}"}


def test_every_route_is_throttled(template: Template) -> None:
    (stage,) = template.properties("ApiGatewayV2::Stage").values()

    assert set(stage["RouteSettings"]) == {r.key for r in CATALOG.routes}
    assert all(s["ThrottlingRateLimit"] > 0 for s in stage["RouteSettings"].values())


def test_the_access_log_holds_no_path_no_query_and_nobody(template: Template) -> None:
    (stage,) = template.properties("ApiGatewayV2::Stage").values()
    logged = json.loads(stage["AccessLogSettings"]["Format"])

    assert "$context.routeKey" in logged.values()
    for word in ("path", "query", "sourceIp", "userAgent", "claims", "authorizer.principalId"):
        assert not any(word.lower() in str(value).lower() for value in logged.values())


def test_the_authorizer_is_cached_and_never_called_without_a_credential(template: Template) -> None:
    (made,) = template.properties("ApiGatewayV2::Authorizer").values()

    assert made["IdentitySource"] == ["$request.header.Authorization"]
    assert made["AuthorizerResultTtlInSeconds"] > 0
    assert made["EnableSimpleResponses"] is True


def test_schedules_run_their_function_and_give_up_into_a_queue(template: Template) -> None:
    made = template.properties("Scheduler::Schedule").values()

    assert {
        (target(s["Target"]["Arn"]), s["ScheduleExpression"], target(s["Target"]["DeadLetterConfig"]["Arn"]))
        for s in made
    } == {(s.function, s.rate, s.dlq) for s in CATALOG.schedules}
    failures = template.properties("Lambda::EventInvokeConfig").values()
    assert {
        (target(f["FunctionName"]), target(f["DestinationConfig"]["OnFailure"]["Destination"])) for f in failures
    } == {(s.function, s.dlq) for s in CATALOG.schedules}


def test_the_bus_hands_facts_to_queues_that_let_it_in(template: Template) -> None:
    for rule in facts_rules(template):
        (sent,) = rule["Targets"]
        assert rule["EventPattern"]["source"] == [CATALOG.bus.source]
        assert (target(sent["Arn"]), target(sent["DeadLetterConfig"]["Arn"])) in {
            (r.target, r.dlq) for r in CATALOG.rules
        }
    assert len(facts_rules(template)) == len(CATALOG.rules)
    mail = {CATALOG.mail.events, CATALOG.queue(CATALOG.mail.events).dlq}
    assert {r.target for r in CATALOG.rules} | {r.dlq for r in CATALOG.rules} | mail == open_to_the_bus(template)


def facts_rules(template: Template) -> list[dict[str, Any]]:
    return [r for r in template.properties("Events::Rule").values() if "EventBusName" in r]


def test_delivery_events_reach_their_queue_without_what_names_a_person(template: Template) -> None:
    rules = [r for r in template.properties("Events::Rule").values() if "EventBusName" not in r]
    told = {kind for r in rules for kind in r["EventPattern"]["detail"]["eventType"]}
    (destination,) = template.of_type("SES::ConfigurationSetEventDestination").values()
    asked = destination["Properties"]["EventDestination"]["MatchingEventTypes"]

    assert {kind.lower() for kind in told} == set(asked) == {"delivery", "bounce", "complaint", "reject"}
    for rule in rules:
        (sent,) = rule["Targets"]
        assert target(sent["Arn"]) == CATALOG.mail.events
        paths = sent["InputTransformer"]["InputPathsMap"]
        words = {path.rpartition(".")[2] for path in paths.values()}
        assert words <= {"time", "eventType", "message", "lead", "timestamp", "bounceType", "bounceSubType"}
        filled = re.sub(r"<\w+>", "null", sent["InputTransformer"]["InputTemplate"])
        assert json.loads(filled)["source"] == "aws.ses"


def open_to_the_bus(template: Template) -> set[str]:
    return {
        target(statement["Resource"])
        for policy in template.of_type("SQS::QueuePolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": "events.amazonaws.com"}
        and "aws:SourceArn" in statement["Condition"]["ArnEquals"]
    }


def test_alarms_are_those_of_the_catalog_and_somebody_hears_them(template: Template) -> None:
    made = {a["AlarmDescription"].rpartition("/")[2]: a for a in template.properties("CloudWatch::Alarm").values()}

    assert set(made) == {f"{alarm.name}.md" for alarm in CATALOG.alarms}
    for alarm in CATALOG.alarms:
        found = made[f"{alarm.name}.md"]
        assert f"{found['Namespace']}/{found['MetricName']}" == alarm.metric
        assert (found["Threshold"], found["Period"], found["EvaluationPeriods"]) == (
            alarm.threshold,
            alarm.period_s,
            alarm.periods,
        )
        assert found["TreatMissingData"] == alarm.missing
        assert watched(found["Dimensions"]) == alarm.resource
        assert "AlarmTopic" in json.dumps(found["AlarmActions"])


def watched(dimensions: list[dict[str, Any]]) -> str:
    (dimension,) = dimensions
    if dimension["Name"] == "ApiId":
        return "api"
    return METRICS_SERVICE if dimension["Name"] == "service" else target(dimension["Value"])


def test_there_is_a_dashboard_per_capability(template: Template) -> None:
    names = {
        target(d["DashboardName"]).rpartition("-")[2] for d in template.properties("CloudWatch::Dashboard").values()
    }

    assert names == {"intake", "decisions", "consent", "insights", "cost"}


def test_people_are_invited_need_a_second_factor_and_come_in_roles(template: Template) -> None:
    (pool,) = template.properties("Cognito::UserPool").values()
    groups = {g["GroupName"] for g in template.properties("Cognito::UserPoolGroup").values()}

    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["MfaConfiguration"] == "ON"
    assert groups == {"marketer", "sales", "privacy", "operator"}


def test_the_console_logs_people_in_at_the_pages_of_the_pool_and_is_led_back_to(template: Template) -> None:
    clients = template.of_type("Cognito::UserPoolClient")
    (client,) = [c["Properties"] for key, c in clients.items() if key.startswith("UsersConsoleClient")]
    told = template.properties("Lambda::Function")[CATALOG.console]["Environment"]["Variables"]

    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["AllowedOAuthScopes"] == SCOPES.split()
    assert client["GenerateSecret"] is False, "a code is bound by PKCE, and there is no secret to leak"
    assert [address_of(url) for url in client["CallbackURLs"]] == [(told["PUBLIC_URL"], BACK)]
    assert [address_of(url) for url in client["LogoutURLs"]] == [(told["PUBLIC_URL"], LOGIN)]
    assert max(client["IdTokenValidity"], client["AccessTokenValidity"]) == 5, "minutes: they are looked at once"


def test_only_the_client_of_the_console_is_known_to_the_login_pages(template: Template) -> None:
    clients = template.of_type("Cognito::UserPoolClient")
    (key,) = [key for key, c in clients.items() if c["Properties"].get("AllowedOAuthFlowsUserPoolClient")]
    (pages,) = template.of_type("Cognito::UserPoolDomain")
    (domain,) = template.properties("Cognito::UserPoolDomain").values()
    (style,) = template.properties("Cognito::ManagedLoginBranding").values()
    told = template.properties("Lambda::Function")[CATALOG.console]["Environment"]["Variables"]

    assert told[CATALOG.login.client_variable] == style["ClientId"] == {"Ref": key}
    assert {"Ref": pages} in told[CATALOG.login.url_variable]["Fn::Join"][1]
    assert domain["ManagedLoginVersion"] == 2
    assert "AWS::StackId" in json.dumps(domain["Domain"]), "unique, and the same at every deployment"


def address_of(url: dict[str, Any]) -> tuple[Any, str]:
    """What CloudFormation makes an address of: the API's, and a path."""
    base, path = url["Fn::Join"][1]
    return base, path


def test_outputs_name_everything_that_the_laptop_and_operators_need(template: Template) -> None:
    outputs = set(template.body["Outputs"])

    assert outputs == {
        *CATALOG.output_names().values(),
        *(pascal(f"{q.name}_url") for q in CATALOG.dead_letter_queues()),
        "ApiUrl",
        "ApiId",
        "AlarmTopicArn",
    }
