"""One item and one counter step per signal, in one transaction; a signal seen before changes nothing."""

# ruff: noqa: T201 - a stand-in for a Lambda, without the project around it

import json
import os
from typing import Any

import boto3

dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
TABLE = os.environ["TABLE"]


def lambda_handler(event: dict[str, Any], context: object) -> Any:
    failed = []
    for record in event["Records"]:
        reference = json.loads(record["body"])
        archived = s3.get_object(Bucket=os.environ["RAW"], Key=reference["archive_key"])["Body"].read()
        signal = json.loads(archived.partition(b"\n")[2])
        if signal.get("poison"):
            failed.append({"itemIdentifier": record["messageId"]})
            continue
        once(signal["id"])
    print(f"batch of {len(event['Records'])}")
    return {"batchItemFailures": failed}


def once(identifier: str) -> None:
    seen = {
        "TableName": TABLE,
        "Item": {"pk": {"S": f"SIGNAL#{identifier}"}, "sk": {"S": "-"}},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    count = {
        "TableName": TABLE,
        "Key": {"pk": {"S": "COUNT"}, "sk": {"S": "-"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    try:
        dynamodb.transact_write_items(TransactItems=[{"Put": seen}, {"Update": count}])
    except dynamodb.exceptions.TransactionCanceledException as error:
        reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
        if reasons[0] != "ConditionalCheckFailed":
            raise
