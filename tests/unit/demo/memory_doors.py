"""The doors of the in-memory system, told apart by the path of the request as the real router does."""

import json
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from infra.local.demo.wire import Request
from infra.local.keyring import ListedSource
from shared.adapters.memory.costs import MemoryCosts
from shared.adapters.memory.intake import MemorySourceSecrets
from shared.app.import_costs import CostImporter
from shared.app.receive_costs import CostDoor
from shared.app.receive_delivery import collect_events, receive_webhook
from shared.connectors import cost_files
from shared.contracts.intake import InboundRequest
from shared.domain.instant import DAY
from shared.policies.loader import RULES, load_directory
from tests.integration.spine import Spine

SECRETS = {
    "typeform": "typeform-secret",
    "tilda": "tilda-token",
    "meta": "meta-secret",
    "standard-webhooks": "whsec_" + "c2VjcmV0IG9mIHRoZSBtZW1vcnkgZG9vcnM=",
    "json": "json-token",
    "form": "form-token",
    "segment": "segment-key",
    "segment-server": "server-key",
    "woocommerce": "woocommerce-secret",
    "costs": "whsec_" + "Y29zdHMgb2YgdGhlIG1lbW9yeSBkb29ycw==",
}


def sources() -> dict[str, ListedSource]:
    """Every source, with the secrets above."""
    urls = {name: f"http://memory/in/{name}" for name in SECRETS}
    urls |= {name: f"{urls[name]}?token={SECRETS[name]}" for name in ("tilda", "form")}
    urls |= dict.fromkeys(("segment", "segment-server"), "http://memory")
    return {
        name: ListedSource(name=name, vendor=name, url=urls[name], scheme="", secret=secret)
        for name, secret in SECRETS.items()
    }


class MemoryDoors:
    """Decides in batches as the queue would bring them."""

    def __init__(self, spine: Spine, *, batch: int = 100) -> None:
        self.spine = spine
        self.batch = batch
        spine.clock.advance(1000 * DAY)
        secrets = MemorySourceSecrets({key: [value] for key, value in SECRETS.items()})
        spine.door = replace(spine.door, secrets=secrets)
        policies = load_directory(RULES)
        self.costs = MemoryCosts()
        self.cost_door = CostDoor(
            source=policies.sources["costs"],
            secrets=secrets,
            verify=cost_files.verify,
            importer=CostImporter(store=lambda: self.costs, policy=policies.money, clock=spine.clock),
        )

    def now(self) -> int:
        return self.spine.clock.now()

    def send(self, requests: Sequence[Request]) -> None:
        for request in requests:
            parts = urlsplit(request.url)
            inbound = InboundRequest(
                method="POST",
                path=parts.path,
                source=parts.path.rpartition("/")[2],
                query={key: tuple(values) for key, values in parse_qs(parts.query).items()},
                headers=dict(request.headers),
                body=request.body,
                received_at=self.spine.clock.advance(1),
            )
            if inbound.source == "costs":
                assert not self.cost_door.receive(inbound).refused
                continue
            receive = collect_events if parts.path.startswith("/v1/") else receive_webhook
            received = receive(inbound, self.spine.door)
            assert received.outcome == "accepted", json.loads(received.reply.body)

    def settle(self) -> None:
        while self.spine.queue.sent:
            batch = self.spine.queue.sent[: self.batch]
            del self.spine.queue.sent[: self.batch]
            assert not self.spine.process(batch).failed
