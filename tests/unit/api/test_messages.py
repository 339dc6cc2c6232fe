"""GET /api/leads/{id}/messages: what was sent, what was not and why; of everything merged into the person."""

from dataclasses import replace

from shared.domain.engagement.model import MessageRecord
from tests.unit.api.world import MINUTE, NOW, World, signal

RECORD = MessageRecord(
    message_id="msg_1", lead_id="", message="welcome", message_class="marketing", purpose="ad.email", channel="email",
    state="sent", at=NOW, cause="c", address="digest", language="pl", permitted_at=NOW, provider_id="ses-1",
    evidence=("subject_1:1",), happened={"delivered": NOW + MINUTE},
)  # fmt: skip


def test_messages_are_listed_newest_first_with_state_and_reason() -> None:
    world = World()
    world.happen([signal(1, "form_submitted", email="ada@acme.example")])
    (lead_id,) = world.tables.heads
    denied = replace(
        RECORD, message_id="msg_2", state="suppressed", reason="SEND.WITHDRAWN", at=NOW + 5, happened={}, evidence=()
    )
    for record in (RECORD, denied):
        world.tables.messages[record.message_id] = replace(record, lead_id=lead_id)

    newest, oldest = world.get(f"/api/leads/{lead_id}/messages")["items"]

    assert (newest["state"], newest["reason"], newest["sent_at"]) == ("suppressed", "SEND.WITHDRAWN", None)
    assert (oldest["state"], oldest["class"], oldest["language"]) == ("delivered", "marketing", "pl")
    assert oldest["sent_at"] == "2026-01-01T00:00:00.000Z"
    assert "address" not in oldest


def test_an_unknown_lead_has_no_messages() -> None:
    assert World().call("GET", "/api/leads/lead_nobody/messages")[0] == 404
