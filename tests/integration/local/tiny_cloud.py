"""A cloud assembly of four small functions with every shape that the real one relies on: door, queue, stream, rule."""

import json
import shutil
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
STACK = "Tiny"
ASSETS = "cdk-hnb659fds-assets-000000000000-eu-central-1"


def write_assembly(out: Path, *, extra: dict[str, Any] | None = None) -> Path:
    """Write template, manifest and assets as `cdk synth` would; ``extra`` adds resources."""
    functions = sorted(path.name for path in (HERE / "tiny" / "functions").iterdir() if path.is_dir())
    files = {}
    for name in functions:
        source = out / f"asset.{name}" / "functions" / name
        shutil.copytree(HERE / "tiny" / "functions" / name, source, dirs_exist_ok=True)
        destination = {"bucketName": ASSETS.replace("000000000000", "${AWS::AccountId}"), "objectKey": f"{name}.zip"}
        files[name] = {
            "source": {"path": f"asset.{name}", "packaging": "zip"},
            "destinations": {"here": destination},
        }
    (out / f"{STACK}.assets.json").write_text(json.dumps({"files": files}))
    template = {"Resources": {**resources(), **(extra or {})}, "Outputs": outputs()}
    (out / f"{STACK}.template.json").write_text(json.dumps(template))
    return out


def outputs() -> dict[str, Any]:
    named = {
        "RawBucketName": {"Ref": "Raw"},
        "SignalsQueueUrl": {"Ref": "Signals"},
        "DeadQueueUrl": {"Ref": "Dead"},
        "SeenQueueUrl": {"Ref": "Seen"},
        "TicksQueueUrl": {"Ref": "Ticks"},
        "MailEventsQueueUrl": {"Ref": "MailEvents"},
        "TableName": {"Ref": "Table"},
        "SecretRef": {"Ref": "Secret"},
        "LoginPages": {"Ref": "Pages"},
        "LoginStyle": {"Ref": "Style"},
        "SavedQuery": {"Ref": "SavedQuery"},
    }
    return {name: {"Value": value} for name, value in named.items()}


def resources() -> dict[str, Any]:
    return {**_stores(), **_queues(), **_functions(), **_api(), **_triggers(), **_login(), **_questions()}


def _stores() -> dict[str, Any]:
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    types = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}]
    return {
        "Raw": {"Type": "AWS::S3::Bucket"},
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "{}"}},
        "Table": {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {
                "KeySchema": keys,
                "AttributeDefinitions": types,
                "BillingMode": "PAY_PER_REQUEST",
                "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
                "Replicas": [{"Region": "eu-central-1"}],
            },
        },
    }


def _login() -> dict[str, Any]:
    pool = {"Ref": "Pool"}
    name = {"Fn::Join": ["-", ["tiny", {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}]]}
    style = {"UserPoolId": pool, "ClientId": {"Ref": "Client"}, "UseCognitoProvidedValues": True}
    return {
        "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {"UserPoolTier": "ESSENTIALS"}},
        "Client": {"Type": "AWS::Cognito::UserPoolClient", "Properties": {"UserPoolId": pool}},
        "Pages": {
            "Type": "AWS::Cognito::UserPoolDomain",
            "Properties": {"UserPoolId": pool, "Domain": name, "ManagedLoginVersion": 2},
        },
        "Style": {"Type": "AWS::Cognito::ManagedLoginBranding", "Properties": style},
    }


def _questions() -> dict[str, Any]:
    columns = [{"Name": "lead_id", "Type": "string"}]
    table = {"Name": "persons", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": {"Columns": columns}}
    query = {"Name": "all", "Database": {"Ref": "Lake"}, "WorkGroup": {"Ref": "Group"}, "QueryString": "SELECT 1"}
    account = {"Ref": "AWS::AccountId"}
    return {
        "Lake": {
            "Type": "AWS::Glue::Database",
            "Properties": {"CatalogId": account, "DatabaseInput": {"Name": "tiny"}},
        },
        "Persons": {
            "Type": "AWS::Glue::Table",
            "Properties": {"CatalogId": account, "DatabaseName": {"Ref": "Lake"}, "TableInput": table},
        },
        "Group": {"Type": "AWS::Athena::WorkGroup", "Properties": {"Name": "tiny"}},
        "SavedQuery": {"Type": "AWS::Athena::NamedQuery", "Properties": query},
    }


def _queues() -> dict[str, Any]:
    dead = {"deadLetterTargetArn": _arn("Dead"), "maxReceiveCount": 3}
    plain = {name: {"Type": "AWS::SQS::Queue"} for name in ("Dead", "Seen", "Ticks", "StreamDead", "MailEvents")}
    signals = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 180, "RedrivePolicy": dead}}
    return {**plain, "Signals": signals}


def _functions() -> dict[str, Any]:
    raw_objects = {"Fn::Join": ["", [_arn("Raw"), "/*"]]}
    grants = {
        "door": [_allow("s3:PutObject", raw_objects), _allow("sqs:SendMessage", _arn("Signals"))],
        "process": [
            _allow("s3:GetObject", raw_objects),
            _allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], _arn("Table")),
        ],
        "relay": [_allow("sqs:SendMessage", _arn("Seen"))],
        "tick": [_allow("sqs:SendMessage", _arn("Ticks"))],
    }
    environment = {
        "RAW": {"Ref": "Raw"},
        "SIGNALS": {"Ref": "Signals"},
        "TABLE": {"Ref": "Table"},
        "SEEN": {"Ref": "Seen"},
        "TICKS": {"Ref": "Ticks"},
    }
    made: dict[str, Any] = {}
    for name, statements in grants.items():
        logical = name.capitalize()
        made[f"{logical}Role"] = _role(statements)
        made[logical] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"S3Bucket": ASSETS, "S3Key": f"{name}.zip"},
                "Handler": f"functions.{name}.handler.lambda_handler",
                "Runtime": "python3.13",
                "Timeout": 10,
                "MemorySize": 256,
                "Role": _arn(f"{logical}Role"),
                "Environment": {"Variables": environment},
            },
        }
    return made


def _role(statements: list[dict[str, Any]]) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document, "Policies": [policy]}}


def _api() -> dict[str, Any]:
    integration = {
        "ApiId": {"Ref": "Api"},
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": _arn("Door"),
        "PayloadFormatVersion": "2.0",
    }
    target = {"Fn::Join": ["", ["integrations/", {"Ref": "DoorIntegration"}]]}
    cors = {"AllowOrigins": ["https://shop.example"], "AllowMethods": ["POST"], "AllowHeaders": ["content-type"]}
    api = {"Name": "tiny", "ProtocolType": "HTTP", "CorsConfiguration": cors}
    stage = {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True}
    route = {"ApiId": {"Ref": "Api"}, "RouteKey": "POST /in/{source}", "Target": target}
    return {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": api},
        "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": stage},
        "DoorIntegration": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": integration},
        "DoorRoute": {"Type": "AWS::ApiGatewayV2::Route", "Properties": route},
        "DoorPermission": _permission("Door", "apigateway.amazonaws.com"),
    }


def _triggers() -> dict[str, Any]:
    batch = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    signals = {**batch, "EventSourceArn": _arn("Signals"), "FunctionName": {"Ref": "Process"}, "BatchSize": 50,
               "MaximumBatchingWindowInSeconds": 1}  # fmt: skip
    pattern = json.dumps({"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "OUTBOX#"}]}}}})
    stream = {**batch, "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]}, "FunctionName": {"Ref": "Relay"},
              "StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": 1,
              "DestinationConfig": {"OnFailure": {"Destination": _arn("StreamDead")}},
              "FilterCriteria": {"Filters": [{"Pattern": pattern}]}}  # fmt: skip
    rule = {"ScheduleExpression": "rate(1 hour)", "Targets": [{"Id": "tick", "Arn": _arn("Tick")}]}
    return {
        "FromSignals": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": signals},
        "FromStream": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": stream},
        "Hourly": {"Type": "AWS::Events::Rule", "Properties": rule},
        "TickPermission": _permission("Tick", "events.amazonaws.com"),
    }


def _permission(function: str, principal: str) -> dict[str, Any]:
    properties = {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": function}, "Principal": principal}
    return {"Type": "AWS::Lambda::Permission", "Properties": properties}


def _arn(logical: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical, "Arn"]}


def _allow(action: str | list[str], resource: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}
