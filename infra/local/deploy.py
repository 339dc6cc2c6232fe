"""Deploys what `cdk synth` made, unchanged, through CloudFormation: assets, then create_stack or update_stack."""

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.build import zip_folder
from infra.local.processes import wait_until
from infra.local.settings import OPERATOR_KEY, REGION

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
DEPLOY_TIMEOUT_S = 120


class DeployFailed(Exception):
    """CloudFormation refused the stack; the message names the resources and their reasons."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed stack: what it is made from, its outputs, its API's id, and function names by handler folder."""

    digest: str
    stack: str
    outputs: dict[str, str]
    api_id: str | None
    functions: dict[str, str]


class Aws:
    """Clients for one endpoint, made when first used."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._session = boto3.session.Session()

    def client(self, service: str) -> Any:
        """A client with the operator's key; never retries, because this cloud does not fail by chance."""
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, read_timeout=70)
        return self._session.client(
            service, endpoint_url=self._endpoint, region_name=REGION, config=config,  # type: ignore[call-overload]
            aws_access_key_id=OPERATOR_KEY, aws_secret_access_key=OPERATOR_KEY,
        )  # fmt: skip

    def verify_sender(self, address: str) -> None:
        """Let mail come from an address's domain, as its owner does once on AWS. Nothing happens where it is done."""
        mail = self.client("sesv2")
        with contextlib.suppress(mail.exceptions.AlreadyExistsException):
            mail.create_email_identity(EmailIdentity=address.rpartition("@")[2])


def template_digest(cloud_assembly: Path, stack: str) -> str:
    """What a deployment is made from. Assets are in it by their own hashes."""
    template = (cloud_assembly / f"{stack}.template.json").read_bytes()
    return hashlib.sha256(template).hexdigest()


def deploy(aws: Aws, cloud_assembly: Path, stack: str) -> Deployment:
    """Bring a stack to its template; data of resources that stay is kept.

    Raises:
        DeployFailed: with the reason of every failed resource.
    """
    bucket = _upload_assets(aws, cloud_assembly, stack)
    cloudformation = aws.client("cloudformation")
    template = (cloud_assembly / f"{stack}.template.json").read_text()
    aws.client("s3").put_object(Bucket=bucket, Key=f"{stack}.template.json", Body=template.encode())
    request = {
        "StackName": stack,
        "TemplateURL": f"{cloudformation.meta.endpoint_url}/{bucket}/{stack}.template.json",
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    if _exists(cloudformation, stack):
        _update(cloudformation, request)
    else:
        cloudformation.create_stack(**request)
    description = _wait(cloudformation, stack)
    return _describe(aws, cloud_assembly, stack, description)


def _exists(cloudformation: Any, stack: str) -> bool:
    try:
        cloudformation.describe_stacks(StackName=stack)
    except ClientError:
        return False
    return True


def _update(cloudformation: Any, request: dict[str, Any]) -> None:
    try:
        cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates" not in str(error):
            raise DeployFailed(str(error)) from error


def _wait(cloudformation: Any, stack: str) -> dict[str, Any]:
    state: dict[str, Any] = {}

    def finished() -> bool:
        state.update(cloudformation.describe_stacks(StackName=stack)["Stacks"][0])
        return not state["StackStatus"].endswith("IN_PROGRESS")

    if not wait_until(finished, timeout_s=DEPLOY_TIMEOUT_S, every_s=0.1):
        raise DeployFailed(f"{stack} is still {state['StackStatus']} after {DEPLOY_TIMEOUT_S} s")
    if state["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [
            f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
            for event in events
            if "FAILED" in event["ResourceStatus"]
        ]
        raise DeployFailed("\n".join([f"{stack} is {state['StackStatus']}", *reasons]))
    return state


def _describe(aws: Aws, cloud_assembly: Path, stack: str, description: dict[str, Any]) -> Deployment:
    resources = aws.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    physical = {(r["ResourceType"], r["LogicalResourceId"]): r["PhysicalResourceId"] for r in resources}
    own = {name for (kind, _), name in physical.items() if kind == "AWS::Lambda::Function"}
    pages = aws.client("lambda").get_paginator("list_functions").paginate()
    functions = [function for page in pages for function in page["Functions"] if function["FunctionName"] in own]
    return Deployment(
        digest=template_digest(cloud_assembly, stack),
        stack=stack,
        outputs={output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])},
        api_id=next((name for (kind, _), name in physical.items() if kind == "AWS::ApiGatewayV2::Api"), None),
        functions={_folder(function["Handler"]): function["FunctionName"] for function in functions},
    )


def _folder(handler: str) -> str:
    """`functions.relay_outbox.handler.lambda_handler` → `relay_outbox`."""
    parts = handler.replace("/", ".").split(".")
    return parts[1] if parts[0] == "functions" and len(parts) > 2 else parts[0]


def _upload_assets(aws: Aws, cloud_assembly: Path, stack: str) -> str:
    account = aws.client("sts").get_caller_identity()["Account"]
    aws.client("ssm").put_parameter(Name=BOOTSTRAP_PARAMETER, Value="30", Type="String", Overwrite=True)
    s3 = aws.client("s3")
    default = f"cdk-hnb659fds-assets-{account}-{REGION}"
    _make_bucket(s3, default)
    manifest = json.loads((cloud_assembly / f"{stack}.assets.json").read_text())
    for file in manifest["files"].values():
        for destination in file["destinations"].values():
            bucket = destination["bucketName"].replace("${AWS::AccountId}", account).replace("${AWS::Region}", REGION)
            if bucket != default:
                _make_bucket(s3, bucket)
            if not _has(s3, bucket, destination["objectKey"]):
                source = cloud_assembly / file["source"]["path"]
                body = zip_folder(source) if file["source"]["packaging"] == "zip" else source.read_bytes()
                s3.put_object(Bucket=bucket, Key=destination["objectKey"], Body=body)
    return default


def _make_bucket(s3: Any, bucket: str) -> None:
    try:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
            raise


def _has(s3: Any, bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError:
        return False
    return True
