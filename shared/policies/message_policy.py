"""messages.yaml in plain form, and back to values. The half that reads loads no validator: assets carry it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.domain.engagement.policy_model import MessageDefinition, MessagePolicy, MessageText
from shared.domain.instant import DAY, HOUR

if TYPE_CHECKING:
    from shared.policies.message_models import MessageModel, MessagesFile


def plain_messages(file: "MessagesFile") -> dict[str, Any]:
    """The policy as JSON values, times in milliseconds."""
    return {
        "sender_name": file.sender_name,
        "list_id": file.list_id,
        "unsubscribe_mailbox": file.unsubscribe_mailbox,
        "require_text": file.require_text,
        "default_language": file.languages.default,
        "languages": dict(sorted(file.languages.countries.items())),
        "cap_messages": file.cap.messages,
        "cap_ms": round(file.cap.days * DAY),
        "residencies": dict(sorted(file.residencies.items())),
        "recipients": {name: list(found) for name, found in sorted(file.recipients.items())},
        "messages": [_plain(message) for message in file.messages],
    }


def messages_from(data: Mapping[str, Any]) -> MessagePolicy:
    """The policy from its plain form."""
    return MessagePolicy(
        **{
            **data,
            "recipients": {name: tuple(found) for name, found in data["recipients"].items()},
            "messages": tuple(_message(message) for message in data["messages"]),
        }
    )


def _plain(message: "MessageModel") -> dict[str, Any]:
    return {
        "id": message.id,
        "message_class": message.class_,
        "purpose": message.purpose,
        "channel": "email",
        "on": sorted(set(message.on)),
        "to": message.to,
        "once": message.once,
        "fresh_ms": round(message.fresh_hours * HOUR),
        "texts": {language: text.model_dump() for language, text in sorted(message.texts.items())},
    }


def _message(data: Mapping[str, Any]) -> MessageDefinition:
    texts = {language: MessageText(**text) for language, text in data["texts"].items()}
    return MessageDefinition(**{**data, "on": tuple(data["on"]), "texts": texts})
