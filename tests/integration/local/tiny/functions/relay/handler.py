"""Fails for items that ask for it, and remembers what it saw."""

import os
from typing import Any

import boto3

sqs = boto3.client("sqs")


def lambda_handler(event: dict[str, Any], context: object) -> Any:
    failed = []
    for record in event["Records"]:
        image = record["dynamodb"].get("NewImage", {})
        key = image.get("pk", {}).get("S", "")
        sqs.send_message(QueueUrl=os.environ["SEEN"], MessageBody=key)
        if key.startswith("OUTBOX#poison"):
            failed.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
            break
    return {"batchItemFailures": failed}
