"""Collaborators that both doors share. Kept small on purpose: it is loaded while a vendor waits."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from shared.adapters.s3.raw_archive import S3RawArchive
from shared.adapters.secrets.source_secrets import AwsSourceSecrets
from shared.adapters.sqs.signal_queue import SqsSignalQueue
from shared.app.receive_delivery import Doorway, Received
from shared.connectors.registry import connector_of
from shared.contracts.intake import InboundRequest, Reply, Source
from shared.domain.privacy.residency import LOCAL
from shared.runtime.clients import client
from shared.runtime.clock import RandomIds, SystemClock
from shared.runtime.http import serve

Handler = Callable[[Mapping[str, Any]], dict[str, Any]]
UseCase = Callable[[InboundRequest, Doorway], Received]


def door(*, raw_bucket_name: str, signals_queue_url: str, sources_secret_arn: str, policies_file: str) -> Doorway:
    """A door on AWS."""
    return Doorway(
        sources=read_sources(Path(policies_file)),
        secrets=AwsSourceSecrets(client("secretsmanager"), sources_secret_arn, SystemClock()),
        connector_of=connector_of,
        archives={LOCAL: S3RawArchive(client("s3"), raw_bucket_name)},
        queue=SqsSignalQueue(client("sqs"), signals_queue_url),
        ids=RandomIds(),
    )


def handler(doorway: Doorway, use_case: UseCase) -> Handler:
    """A use case as what a Lambda calls with an event."""
    clock = SystemClock()

    def handle(request: InboundRequest) -> tuple[Reply, str]:
        received = use_case(request, doorway)
        return received.reply, received.outcome

    return lambda event: serve(event, clock.now(), handle)


def read_sources(path: Path) -> dict[str, Source]:
    """The doors among the compiled policies. Not through shared.policies.compiled: it loads the models of all rules."""
    listed: Mapping[str, Mapping[str, Any]] = json.loads(path.read_bytes())["sources"]
    return {name: Source.of_mapping(name, values) for name, values in listed.items()}
