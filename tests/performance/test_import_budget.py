"""What the doors load while a vendor waits: counted against a minimal handler with the same three clients."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOORS = ("receive_webhook", "collect_events")

DENIED = (
    "aws_lambda_powertools", "pydantic", "yaml", "phonenumbers", "requests", "cryptography", "email_validator",
    "tldextract", "duckdb", "jwt", "moto", "aws_cdk", "shared.app.normalise", "shared.policies",
    "shared.adapters.dynamodb",
)  # fmt: skip
"""What belongs behind the queue."""

MINIMAL = """
import boto3
from botocore.config import Config
config = Config(retries={"mode": "standard"})
for service in ("s3", "sqs", "secretsmanager"):
    boto3.client(service, config=config)
"""
MODULES = "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"


def modules_after(code: str, environment: dict[str, str]) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code + MODULES],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    policies = tmp_path_factory.mktemp("asset") / "policies.json"
    policies.write_text('{"sources": {"json": {"vendor": "json_post", "scheme": "bearer"}}}')
    return {
        "RAW_BUCKET_NAME": "raw",
        "SIGNALS_QUEUE_URL": "http://queue",
        "SOURCES_SECRET_ARN": "arn",
        "POLICIES_FILE": str(policies),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }


@pytest.mark.parametrize("door", DOORS)
def test_a_door_loads_nothing_that_belongs_behind_the_queue(door: str, environment: dict[str, str]) -> None:
    loaded = modules_after(f"import functions.{door}.handler", environment)

    assert not {name for name in DENIED if name in loaded}


@pytest.mark.parametrize("door", DOORS)
def test_a_door_loads_at_most_fifteen_per_cent_more_than_a_minimal_handler(
    door: str, environment: dict[str, str]
) -> None:
    minimal = modules_after(MINIMAL, environment)
    loaded = modules_after(f"import functions.{door}.handler", environment)

    assert len(loaded) <= 1.15 * len(minimal), sorted(loaded - minimal)


@pytest.mark.parametrize(
    "vendor",
    [
        "typeform", "tilda", "meta", "standard_webhooks", "segment", "json_post", "form_post", "woocommerce",
        "order_rows", "cost_files",
    ],
)  # fmt: skip
def test_a_connector_needs_the_standard_library_only(vendor: str, environment: dict[str, str]) -> None:
    connector = f"from shared.connectors.registry import connector_of; connector_of({vendor!r})"
    loaded = {name.partition(".")[0] for name in modules_after(connector, environment)}

    assert loaded - sys.stdlib_module_names - {"shared", "__main__"} <= {"_distutils_hack", "sitecustomize"} | {
        name for name in loaded if name.startswith(("_", "__editable__"))
    }
