"""Invokes functions of the running cloud through its AWS endpoint, as an operator would with the AWS command line."""

import json
from collections.abc import Mapping
from typing import Any, Final

from infra.cli.target import laptop_only

READ_TIMEOUT_S: Final = 330
"""Longer than any function may run."""


class InvokeFailed(Exception):
    """The function is not there or did not answer; the message names it and what the log has to be searched for."""


def invoke(function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Run a function by its name in the catalog and wait for its answer.

    Raises:
        CloudIsDown, BadTarget: there is no running laptop cloud, or the environment names a deployment.
        InvokeFailed: no such function is deployed, or it failed.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    from infra.local.cloud import read_deployment
    from infra.local.endpoints import read_endpoints
    from infra.local.home import find_home
    from infra.local.settings import OPERATOR_KEY, REGION

    laptop_only(f"invoking {function}")
    home = find_home()
    endpoint = read_endpoints(home).aws
    deployed = read_deployment(home).functions.get(function)
    if deployed is None:
        raise InvokeFailed(f"{function} is not deployed here")
    # A session of its own, because two functions are invoked from two threads.
    client: Any = boto3.session.Session().client(
        "lambda", endpoint_url=endpoint, region_name=REGION,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=READ_TIMEOUT_S),
        aws_access_key_id=OPERATOR_KEY, aws_secret_access_key=OPERATOR_KEY,
    )  # fmt: skip
    try:
        answer = client.invoke(FunctionName=deployed, Payload=json.dumps(dict(payload)).encode())
        told = json.loads(answer["Payload"].read() or b"null")
    except (BotoCoreError, ClientError, ValueError) as error:
        raise InvokeFailed(f"{function} did not answer ({type(error).__name__})") from error
    if answer.get("FunctionError") or not isinstance(told, dict):
        kind = told.get("errorType", "unknown") if isinstance(told, dict) else "no answer"
        raise InvokeFailed(f"{function} failed ({kind}); see its log below {home.logs}")
    return told
