"""Archive, queue, answer: the order that makes accepted mean durable."""

import json
import os
import time
import uuid
from typing import Any

import boto3

s3, sqs = boto3.client("s3"), boto3.client("sqs")


def lambda_handler(event: dict[str, Any], context: object) -> Any:
    body = json.loads(event["body"])
    received, delivery = int(time.time() * 1000), uuid.uuid4().hex
    key = f"requests/{received:013d}-{delivery}"
    about = {"method": "POST", "path": "/in/json", "source": "json", "query": {}, "headers": {}}
    about["received_at"] = received
    s3.put_object(Bucket=os.environ["RAW"], Key=key, Body=json.dumps(about) + "\n" + event["body"])
    sqs.send_message(QueueUrl=os.environ["SIGNALS"], MessageBody=json.dumps({"archive_key": key}))
    return {"statusCode": 202, "body": json.dumps({"accepted": body["id"]})}
