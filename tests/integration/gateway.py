"""The gateway in memory beside the spine: facts in, mails out; every port can be struck by faults."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.adapters.memory.clock import SeededIds
from shared.adapters.memory.messages import (
    MemoryContactPoints,
    MemoryMail,
    MemoryMessages,
    MemoryPermits,
    MemorySuppressions,
)
from shared.app.accept_unsubscribe import Unsubscribing, accept_unsubscribe
from shared.app.message_attempt import Sending
from shared.app.message_causes import Cause, cause_in
from shared.app.message_mail import Stationery
from shared.app.receive_feedback import Feedbacking, receive_feedback
from shared.app.record_withdrawal import Recording
from shared.app.send_message import send_messages
from shared.app.unsubscribe_token import LinkKeys
from shared.contracts.intake import InboundRequest, Reply
from shared.policies.loader import load_directory
from shared.runtime.bootstrap.send_message import with_recipients
from tests.integration.spine import Spine
from tests.property.people import RULES_DIRECTORY

URL = "https://api.example.test"
STAFF = "sales@acme.test"


class Gateway(Spine):
    """An installation that also sends. ``mail`` is what the mail service took."""

    def __init__(self) -> None:
        super().__init__()
        struck = self.faults.wrap
        policies = load_directory(RULES_DIRECTORY)
        self.policy = with_recipients(policies.messages, {"sales": [STAFF]})
        self.keys = LinkKeys(lambda: b"a secret of links")
        self.mail = MemoryMail()
        self.messages = MemoryMessages(self.tables)
        self.suppressions = MemorySuppressions(self.tables)
        self.recording = Recording(
            archive=struck(self.archive, "archive"),
            queue=struck(self.queue, "queue"),
            contacts=struck(MemoryContactPoints(self.tables, self.keys.digest), "contacts"),
            ids=SeededIds("own"),
        )
        self.sending = Sending(
            store=struck(self.store, "store"),
            permits=struck(MemoryPermits(self.tables), "permits"),
            messages=struck(self.messages, "messages"),
            suppressions=struck(self.suppressions, "suppressions"),
            mail=struck(self.mail, "mail"),
            recording=self.recording,
            paper=Stationery(
                sender="hello@mail.example.com",
                url=URL,
                policy=self.policy,
                texts=policies.consent.texts,
                keys=self.keys,
            ),
            rules=self.rules,
            clock=self.clock,
        )
        self.unsubscribing = Unsubscribing(
            keys=self.keys, suppressions=struck(self.suppressions, "suppressions"), recording=self.recording
        )
        self.feedbacking = Feedbacking(
            messages=struck(self.messages, "messages"),
            suppressions=struck(self.suppressions, "suppressions"),
            recording=self.recording,
            clock=self.clock,
        )

    def submit(self, email: str = "anna@example.com", **fields: Any) -> None:
        """A form with consents, decided on."""
        consents = fields.pop("consents", {"processing": True, "ad.email": True})
        said = self.clock.advance(1000)
        self.post({"id": f"form-{said}", "email": email, "name": "Anna Nowak", "consents": consents, **fields})
        self.process()

    def causes(self, name: str = "ConsentGiven") -> list[Cause]:
        """Every fact of a name about advertising in the outbox, as the queue brings it."""
        causes = [cause_in(json.dumps({"detail": fact})) for fact in self.facts(name)]
        return [cause for cause in causes if cause.data.get("purpose", "ad.email") == "ad.email"]

    def facts(self, name: str) -> list[Mapping[str, Any]]:
        """Every fact of a name in the outbox."""
        rows = self.tables.outbox.values()
        return [envelope for row in rows for envelope in row.envelopes if envelope["name"] == name]

    def send(self, *causes: Cause) -> list[str]:
        """Hand facts to the gateway."""
        return [outcome for cause in causes or self.causes() for outcome in send_messages(cause, self.sending)]

    def without(self, **changes: Any) -> None:
        """Change the stationery."""
        self.sending = replace(self.sending, paper=replace(self.sending.paper, **changes))

    def visit(self, url: str, method: str = "GET", body: bytes = b"", **headers: str) -> Reply:
        """A request to a link of a mail."""
        self.clock.advance(1000)
        request = InboundRequest(
            method=method,
            path=url.removeprefix(URL),
            source="unsubscribe",
            query={},
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            body=body,
            received_at=self.clock.now(),
        )
        return accept_unsubscribe(request, self.unsubscribing)[0]

    def one_click(self, url: str | None = None) -> Reply:
        """What a mail program posts."""
        return self.visit(
            url or self.link(),
            "POST",
            b"List-Unsubscribe=One-Click",
            content_type="application/x-www-form-urlencoded",
        )

    def link(self, number: int = -1) -> str:
        """The link that unsubscribes, from the header of a mail."""
        return self.mail.sent[number].headers["List-Unsubscribe"].partition(">")[0].removeprefix("<")

    def feedback(self, event_type: str, number: int = -1, **detail: Any) -> str:
        """What SES tells of a mail."""
        tags = {name: [value] for name, value in self.mail.sent[number].tags.items()}
        event = {"source": "aws.ses", "detail": {"eventType": event_type, "mail": {"tags": tags}, **detail}}
        return receive_feedback(event, self.feedbacking)

    def consent(self, email: str = "anna@example.com", purpose: str = "ad.email") -> str:
        """What holds for a purpose."""
        return {held.purpose: held.state for held in self.person(email).consents}.get(purpose, "")
