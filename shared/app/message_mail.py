"""A decided message as a mail: words, headers, the link that unsubscribes. Nothing in a header comes from a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from shared.app.unsubscribe_token import LinkKeys, Ticket
from shared.domain.consent.policy_model import ConsentText
from shared.domain.consent.send import register_of
from shared.domain.engagement.content import language_of, render
from shared.domain.engagement.feedback import LEAD_TAG, MESSAGE_TAG
from shared.domain.engagement.policy_model import INTERNAL, MARKETING, MessageDefinition, MessagePolicy
from shared.domain.instant import SECOND
from shared.domain.lead.model import Lead
from shared.domain.lead.projection import PersonView
from shared.ports.messages import OutgoingMail

TOP_LINES: Final = 5
_ONE_CLICK: Final = "List-Unsubscribe=One-Click"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stationery:
    """What all mails have in common. ``url`` is where our links lead, without a slash at its end; "" for nowhere."""

    sender: str
    url: str
    policy: MessagePolicy
    texts: Mapping[str, ConsentText]
    keys: LinkKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A mail and the language it is in."""

    mail: OutgoingMail
    language: str


def write_mail(
    message: MessageDefinition,
    view: PersonView,
    leads: tuple[Lead, ...],
    *,
    to: str,
    message_id: str,
    paper: Stationery,
) -> Written:
    """The whole mail, made before the permit, so that nothing can fail between the permit and the call."""
    policy, texts = paper.policy, paper.texts
    marketing = message.message_class == MARKETING
    register = register_of(leads, to, message.purpose) if marketing else None
    consented = texts[register.text_id].language if register is not None and register.text_id in texts else ""
    country = view.profile["country"].value if "country" in view.profile else ""
    language = language_of(message, policy, consented=consented, country=country)
    ticket = Ticket(view.lead_id, message.purpose, paper.keys.digest(to), message_id)
    token = paper.keys.seal(ticket) if marketing else ""
    link = f"{paper.url}/u/{token}" if marketing else ""
    content = render(message, language, _values(message, view, paper), unsubscribe=link)
    mail = OutgoingMail(
        to=_address(to, view, message),
        sender=f'"{_quoted(policy.sender_name)}" <{paper.sender}>',
        subject=content.subject,
        text=content.text,
        html=content.html,
        headers=_list_headers(link, token, policy) if marketing else {"Auto-Submitted": "auto-generated"},
        tags={LEAD_TAG: view.lead_id, MESSAGE_TAG: message_id, "name": message.id.replace(".", "_")},
    )
    return Written(mail=mail, language=language)


def _list_headers(link: str, token: str, policy: MessagePolicy) -> dict[str, str]:
    """RFC 2369, RFC 2919 and RFC 8058."""
    ways = [f"<{link}>"]
    if policy.unsubscribe_mailbox:
        ways.append(f"<mailto:{policy.unsubscribe_mailbox}?subject={token}>")
    return {
        "List-Unsubscribe": ", ".join(ways),
        "List-Unsubscribe-Post": _ONE_CLICK,
        "List-Id": f"<{policy.list_id}>",
    }


def _address(to: str, view: PersonView, message: MessageDefinition) -> str:
    """The address as the person wrote it, where it is the same one."""
    shown = view.email or ""
    return shown if message.message_class != INTERNAL and shown.lower() == to else to


def _quoted(name: str) -> str:
    return name.replace("\\", "").replace('"', "")


def _values(message: MessageDefinition, view: PersonView, paper: Stationery) -> dict[str, str]:
    name = _one_line(view.name or "")
    company = _one_line((view.company.name or view.company.domain or "") if view.company else "")
    if message.message_class != INTERNAL:
        first = _one_line(view.profile["first_name"].value) if "first_name" in view.profile else name
        return {"name": first, "company": company, "sender": paper.policy.sender_name}
    due = view.handover.due if view.handover else None
    return {
        "name": name or view.lead_id,
        "company": company or "-",
        "sender": paper.policy.sender_name,
        "stage": view.stage.id,
        "reason": view.stage.reason,
        "score": _points(view.score.total),
        "lines": "\n".join(f"{line.rule}: {_points(line.points)}" for line in view.score.lines[:TOP_LINES]),
        "due": _utc(due) if due else "-",
        "link": f"{paper.url}/console/leads/{view.lead_id}" if paper.url else "",
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _points(hundredths: int) -> str:
    return f"{hundredths / 100:g}"


def _utc(instant: int) -> str:
    return datetime.fromtimestamp(instant // SECOND, UTC).strftime("%Y-%m-%d %H:%M UTC")
