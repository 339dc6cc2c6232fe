"""What a function loads before its first event: processor time and modules, each in a fresh process.

Compared with a minimal handler that imports boto3 and makes the clients of the services that the function may call.
Functions behind the queues make theirs at the first batch; their ratio is shown and promised nowhere.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from infra.bench.results import Figure, Result, Target, spread
from infra.bench.timing import Effort
from infra.build import ROOT, compile_policies
from infra.catalog import CATALOG, DEAD_LETTER_QUEUES_VARIABLE
from infra.catalog_types import Function

DOORS: Final = ("receive_webhook", "collect_events")
AT_MOST: Final = 1.15
TIMEOUT_S: Final = 60

_PROBE: Final = """
import json, sys, time
start = time.process_time()
{code}
print(json.dumps([time.process_time() - start, len(sys.modules)]))
"""
_MINIMAL: Final = """
import boto3
from botocore.config import Config
config = Config(retries={{"mode": "standard"}})
for service in {services!r}:
    boto3.client(service, config=config)
"""


class Load(NamedTuple):
    """One start: seconds of processor time, and modules loaded when it was over."""

    seconds: float
    modules: int


def run(effort: Effort, functions: Sequence[Function] = CATALOG.functions) -> Result:
    """Measure."""
    figures: list[Figure] = []
    targets: list[Target] = []
    with tempfile.TemporaryDirectory() as folder:
        policies = compile_policies(ROOT, Path(folder))
        for function in functions:
            minimal, loaded = _measure(function, policies, max(2, effort.rounds))
            ratio = median(a.seconds / b.seconds for a, b in zip(loaded, minimal, strict=True))
            figures += _figures(function.name, loaded, ratio, minimal[0].modules)
            if function.name in DOORS:
                targets.append(
                    Target(name=f"{function.name}: import", wanted=AT_MOST, reached=ratio, unit="×", at_least=False)
                )
    return Result(
        name="imports",
        title="Import time and modules per function",
        figures=figures,
        targets=targets,
        notes=["milliseconds of processor time, compiled files warm; × a minimal boto3 handler with the same clients"],
    )


def _measure(function: Function, policies: Path, rounds: int) -> tuple[list[Load], list[Load]]:
    """Starts of the minimal handler and of the function, taking turns; the first ones warm the files."""
    environment = environment_of(function, policies)
    codes = (_MINIMAL.format(services=services_of(function)), f"import functions.{function.name}.handler")
    minimal, loaded = [[_start(code, environment)] for code in codes]
    for _ in range(rounds):
        minimal.append(_start(codes[0], environment))
        loaded.append(_start(codes[1], environment))
    return minimal[1:], loaded[1:]


def _figures(name: str, loaded: Sequence[Load], ratio: float, modules: int) -> list[Figure]:
    seconds = spread(f"{name}: import", [load.seconds * 1000 for load in loaded], "ms", ratio=f"{ratio:.2f} × minimal")
    count = loaded[0].modules
    return [seconds, Figure(name=f"{name}: modules", value=count, unit="", ratio=f"{count / modules:.2f} × minimal")]


def services_of(function: Function) -> list[str]:
    """The AWS services that a function's grants speak about."""
    kinds = (
        ("dynamodb", CATALOG.tables),
        ("s3", CATALOG.buckets),
        ("sqs", CATALOG.queues),
        ("secretsmanager", CATALOG.secrets),
        ("kms", CATALOG.keys),
        ("events", (CATALOG.bus,)),
    )
    granted = {grant.resource for grant in function.grants}
    return [service for service, resources in kinds if any(resource.name in granted for resource in resources)]


def environment_of(function: Function, policies: Path) -> dict[str, str]:
    """The variables that the function finds in Lambda, naming nothing that exists."""
    named = {variable: f"arn:aws:bench:::{name}" for variable, name in CATALOG.variables_of(function).items()}
    return {
        "PATH": os.environ.get("PATH", ""),
        **named,
        "POLICIES_FILE": str(policies),
        DEAD_LETTER_QUEUES_VARIABLE: "{}",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "POWERTOOLS_SERVICE_NAME": "leadspine",
        "POWERTOOLS_METRICS_NAMESPACE": "Leadspine",
    }


def _start(code: str, environment: dict[str, str]) -> Load:
    command = [sys.executable, "-c", _PROBE.format(code=code)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=True
    )
    seconds, modules = json.loads(done.stdout)
    return Load(seconds, modules)
