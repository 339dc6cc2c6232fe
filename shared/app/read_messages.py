"""What was sent to or about one person, and what was not."""

from dataclasses import dataclass

from shared.app.find_person import find_person
from shared.app.read_leads import not_found
from shared.contracts import api
from shared.contracts.envelope import iso
from shared.domain.engagement.model import SENT, MessageRecord
from shared.domain.lead.model import LeadId
from shared.ports.leads import LeadStore
from shared.ports.messages import Messages


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReader:
    """Reads messages of a root and of everything merged into it."""

    store: LeadStore
    messages: Messages

    def messages_of(self, lead_id: LeadId) -> tuple[MessageRecord, ...]:
        """Newest first.

        Raises:
            Problem: API.NOT_FOUND.
        """
        found = find_person(self.store, lead_id)
        if found is None:
            raise not_found()
        root, members = found
        records = [record for lead in (root, *members) for record in self.messages.of_lead(lead.lead_id)]
        return tuple(sorted(records, key=lambda record: (record.at, record.message_id), reverse=True))

    def list(self, lead_id: LeadId) -> api.MessageList:
        """The same as the API shows it."""
        return api.MessageList(items=[_view(record) for record in self.messages_of(lead_id)], cursor=None)


def _view(record: MessageRecord) -> api.MessageView:
    return api.MessageView(
        id=record.message_id,
        message=record.message,
        class_=record.message_class,
        purpose=record.purpose,
        channel=record.channel,
        state=record.shown_state,
        reason=record.reason or None,
        language=record.language or None,
        at=iso(record.at),
        sent_at=iso(record.permitted_at) if record.state == SENT else None,
        evidence=list(record.evidence),
        history={name: iso(at) for name, at in sorted(record.happened.items(), key=lambda item: item[1])},
    )
