"""The door out of an installation in memory: gateway, mail service, links that unsubscribe. It watches every permit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from infra.catalog import CATALOG
from shared.adapters.memory.clock import SeededIds
from shared.adapters.memory.messages import (
    MemoryContactPoints,
    MemoryMail,
    MemoryMessages,
    MemoryPermits,
    MemorySuppressions,
)
from shared.adapters.memory.tables import MemoryTables
from shared.app.accept_unsubscribe import Unsubscribing, accept_unsubscribe
from shared.app.message_causes import Cause
from shared.app.message_mail import Stationery
from shared.app.record_withdrawal import Recording
from shared.app.send_message import Sending, send_messages
from shared.app.unsubscribe_token import LinkKeys
from shared.contracts.intake import InboundRequest
from shared.domain.engagement.model import UNSUBSCRIBED
from shared.domain.instant import MINUTE
from shared.domain.lead.projection import project
from shared.ports.failures import StoreUnavailable
from shared.ports.messages import Permit
from tests.integration.spine import Spine, shipped

RULE = next(rule for rule in CATALOG.rules if rule.target == "messages")
ASKING = frozenset(RULE.facts)
"""Facts that the gateway gets."""


class WatchedPermits(MemoryPermits):
    """Notes every permit that was given although the person had withdrawn by then."""

    def __init__(self, tables: MemoryTables, spine: Spine) -> None:
        super().__init__(tables)
        self._spine = spine
        self.granted: list[Permit] = []
        self.wrong: list[str] = []

    def grant(self, permit: Permit) -> None:
        super().grant(permit)
        self.granted.append(permit)
        purpose = permit.record.purpose
        if not purpose:
            return
        heads = self._spine.tables.heads
        root = heads[permit.root_id]
        view = project(root, [heads[m] for m in root.members], self._spine.rules, self._spine.clock.now())
        states = {held.purpose: held.state for held in view.consents}
        if root.merged_into or states.get(purpose) != "given":
            self.wrong.append(f"{permit.record.message_id}: {purpose} is {states.get(purpose)}")
        held = self._spine.tables.suppressions.get(permit.record.address, {})
        if any(scope in (purpose, "*") and reason == UNSUBSCRIBED and _stands(since, view, purpose)
               for (scope, reason), since in held.items()):  # fmt: skip
            self.wrong.append(f"{permit.record.message_id}: the address is suppressed")


def _stands(since: int, view: Any, purpose: str) -> bool:
    """Whether nobody gave the consent again after the suppression."""
    return not any(held.purpose == purpose and held.since > since for held in view.consents)


class Mailroom:
    """Everything that is sent, and what people do with it."""

    def __init__(self, spine: Spine) -> None:
        self._spine = spine
        struck = spine.faults.wrap
        policies = shipped()
        keys = LinkKeys(lambda: b"links")
        self.mail = MemoryMail()
        self.waiting: list[Cause] = []
        self.permits = WatchedPermits(spine.tables, spine)
        suppressions = MemorySuppressions(spine.tables)
        recording = Recording(
            archive=struck(spine.archive, "archive"),
            queue=struck(spine.queue, "queue"),
            contacts=MemoryContactPoints(spine.tables, keys.digest),
            ids=SeededIds("mailroom"),
        )
        paper = Stationery(
            sender="news@mail.example.com",
            url="https://api.example.com",
            policy=policies.messages,
            texts=policies.consent.texts,
            keys=keys,
        )
        self.sending = Sending(
            store=struck(spine.store, "store"),
            permits=struck(self.permits, "permits"),
            messages=struck(MemoryMessages(spine.tables), "messages"),
            suppressions=struck(suppressions, "suppressions"),
            mail=struck(self.mail, "mail"),
            recording=recording,
            paper=paper,
            rules=spine.rules,
            clock=spine.clock,
        )
        self.door = Unsubscribing(keys=keys, suppressions=struck(suppressions, "suppressions"), recording=recording)

    def hear(self, fact: Mapping[str, Any]) -> None:
        """A fact of the bus."""
        if fact["name"] in ASKING:
            at = datetime.fromisoformat(str(fact["occurred_at"]))
            self.waiting.append(
                Cause(
                    event_id=fact["event_id"],
                    name=fact["name"],
                    lead_id=fact["lead_id"],
                    occurred_at=round(at.timestamp() * 1000),
                    correlation_id=fact["correlation_id"],
                    data=fact["data"],
                )
            )

    def send(self) -> int:
        """Everything that waits; what cannot be done now stays. Returns how many causes were dealt with."""
        done = 0
        for _ in range(len(self.waiting)):
            cause = self.waiting.pop(0)
            try:
                send_messages(cause, self.sending)
            except StoreUnavailable:
                self.waiting.append(cause)
                continue
            except BaseException:
                self.waiting.append(cause)
                raise
            done += 1
        return done

    def finish(self) -> None:
        """Send until nothing waits: permits that somebody died with have to run out first."""
        for _ in range(4):
            self.send()
            if not self.waiting:
                return
            self._spine.clock.advance(2 * MINUTE)
        raise AssertionError(f"{len(self.waiting)} causes wait for a message still")

    def click(self, token: str) -> None:
        """Somebody's mail program posts to the link, again and again until it is answered."""
        request = InboundRequest(
            method="POST",
            path=f"/u/{token}",
            source="unsubscribe",
            query={},
            headers={"content-type": "application/x-www-form-urlencoded"},
            body=b"List-Unsubscribe=One-Click",
            received_at=self._spine.clock.now(),
        )
        accept_unsubscribe(request, self.door)

    def tokens(self) -> list[str]:
        """The links of all marketing mails so far."""
        links = [mail.headers.get("List-Unsubscribe", "") for mail in self.mail.sent]
        return [link.split("/u/")[1].split(">")[0] for link in links if "/u/" in link]
