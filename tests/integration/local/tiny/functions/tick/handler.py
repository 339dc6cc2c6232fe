"""Says that it ran, in a queue; and shows that its role allows nothing else."""

import os
from typing import Any

import boto3


def lambda_handler(event: dict[str, Any], context: object) -> Any:
    if event.get("reach_for_table"):
        return boto3.client("dynamodb").scan(TableName=event["reach_for_table"])["Count"]
    boto3.client("sqs").send_message(QueueUrl=os.environ["TICKS"], MessageBody="tick")
    return "ticked"
