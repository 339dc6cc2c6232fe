"""After a stop that was not clean: sends what may not have reached the queue again, and sweeps the outbox.

A door archives a request, then queues a reference to it, then answers. The engine's journal keeps both, so this is the
second line of defence, for instance after a power cut that took the journal's last lines. Every consumer is
idempotent: a delivery that was processed before changes nothing.
"""

import json
import logging
import sys
from pathlib import Path

from infra.local import control
from infra.local.deploy import Aws, Deployment
from infra.local.home import Home
from infra.local.processes import LOOPBACK
from shared.adapters.s3.raw_archive import S3RawArchive
from shared.adapters.sqs.signal_queue import SqsSignalQueue
from shared.contracts.intake import Delivery, InboundRequest

logger = logging.getLogger("leadspine.replay")

SWEEPER = "sweep_outbox"


def main(root: str, since: str) -> None:
    """Replay from an instant (milliseconds of the cloud's time)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    home = Home(Path(root))
    deployment = Deployment(**json.loads(home.deployed.read_text()))
    aws = Aws(f"http://{LOOPBACK}:{control.ports(home)['aws']}")
    count = replay_archive(aws, deployment, int(since))
    swept = sweep_outbox(aws, deployment)
    logger.info(
        "%d archived deliveries sent again since %s, outbox %s", count, since, "swept" if swept else "untouched"
    )


def replay_archive(aws: Aws, deployment: Deployment, since: int) -> int:
    """Queue a reference to every request archived at or after an instant; returns how many."""
    bucket = deployment.outputs.get("RawBucketName")
    queue = deployment.outputs.get("SignalsQueueUrl")
    if not bucket or not queue:
        return 0
    archive = S3RawArchive(aws.client("s3"), bucket)
    signals = SqsSignalQueue(aws.client("sqs"), queue)
    count = 0
    for key in archive.keys_since(since):
        signals.send(delivery_of(key, archive.get(key)))
        count += 1
    return count


def delivery_of(key: str, request: InboundRequest) -> Delivery:
    """The reference that the door sent or would have sent; the id is the end of the key, as the door chose it."""
    delivery_id = key.rpartition("/")[2].partition("-")[2]
    return Delivery(
        delivery_id=delivery_id,
        source=request.source,
        archive_key=key,
        received_at=request.received_at,
        correlation_id=delivery_id,
    )


def sweep_outbox(aws: Aws, deployment: Deployment) -> bool:
    """Have the sweeper publish what the stream did not; False when the stack has none."""
    function = deployment.functions.get(SWEEPER)
    if function:
        aws.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
    return function is not None


if __name__ == "__main__":
    main(*sys.argv[1:])
