"""One tiny cloud for the whole session, and a way to post signals to it as a stubborn vendor would."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.local import cloud, control
from infra.local.deploy import Aws
from infra.local.home import Home
from infra.local.processes import LOOPBACK, wait_until
from tests.integration.local.tiny_cloud import write_assembly


@dataclass(frozen=True)
class Tiny:
    """A running tiny cloud."""

    home: Home
    assembly: Path

    def client(self, service: str) -> Any:
        return Aws(f"http://{LOOPBACK}:{control.ports(self.home)['aws']}").client(service)

    @property
    def outputs(self) -> dict[str, str]:
        return cloud.read_deployment(self.home).outputs

    def function(self, name: str) -> str:
        return cloud.read_deployment(self.home).functions[name]

    def queue(self, output: str) -> dict[str, int]:
        name = self.outputs[output].rpartition("/")[2]
        return dict(control.tell(self.home, "status")["queues"][name])

    def post(self, signal: dict[str, Any], *, headers: dict[str, str] | None = None) -> int | None:
        """One attempt; the status, or None when nobody answered."""
        connection = http.client.HTTPConnection(LOOPBACK, control.ports(self.home)["api"], timeout=15)
        try:
            body = json.dumps(signal)
            connection.request("POST", "/in/json", body, {"content-type": "application/json", **(headers or {})})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def deliver(self, signal: dict[str, Any]) -> None:
        """Post until it is accepted, as every vendor does."""
        assert wait_until(lambda: self.post(signal) == 202, timeout_s=60, every_s=0.1), f"{signal} was never accepted"

    def item(self, key: str) -> dict[str, Any] | None:
        answer = self.client("dynamodb").get_item(
            TableName=self.outputs["TableName"], Key={"pk": {"S": key}, "sk": {"S": "-"}}
        )
        return answer.get("Item")

    @property
    def counted(self) -> int:
        item = self.item("COUNT")
        return int(item["n"]["N"]) if item else 0

    def put(self, key: str, **attributes: Any) -> None:
        item = {"pk": {"S": key}, "sk": {"S": "-"}, **attributes}
        self.client("dynamodb").put_item(TableName=self.outputs["TableName"], Item=item)

    def drained(self, output: str) -> list[str]:
        """Bodies of a queue, taken out."""
        sqs, bodies = self.client("sqs"), []
        while True:
            answer = sqs.receive_message(QueueUrl=self.outputs[output], MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                bodies.append(message["Body"])
                sqs.delete_message(QueueUrl=self.outputs[output], ReceiptHandle=message["ReceiptHandle"])
            if not answer.get("Messages"):
                return bodies

    def engine_pid(self) -> int:
        return int(cloud.status(self.home)["processes"]["engine"])

    def worker_pids(self, name: str) -> list[int]:
        workers = control.tell(self.home, "status")["workers"]
        return [worker["pid"] for worker in workers if worker["function"] == self.function(name)]


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_assembly(tmp_path_factory.mktemp("assembly"))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, assembly: Path) -> Iterator[Tiny]:
    home = Home(tmp_path_factory.mktemp("home"))
    cloud.up(home, assembly=assembly)
    yield Tiny(home, assembly)
    cloud.forget(home)


def eventually(condition: Any, *, timeout_s: float = 20) -> bool:
    """Wait for what happens in another process."""
    return wait_until(condition, timeout_s=timeout_s, every_s=0.1)


__all__ = ["Tiny", "eventually"]
