"""The mailbox of everybody: what the system sent, readable in a browser, and by programs as JSON.

Under `/__sim__/` a person plays the recipient: the mail arrives, bounces, is opened, a link is clicked, somebody
complains. What becomes of it goes to the queue `mail-events`, as the mail service's own events would.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from infra.local import control
from infra.local.home import Home
from infra.local.mail_log import Mail, MailLog
from infra.local.processes import LOOPBACK
from infra.local.simulators import page
from infra.local.simulators.faults import Fault
from infra.local.simulators.mailbox.events import body_of, event_of
from infra.local.simulators.moment import Clock
from infra.local.simulators.site import CONTROL, Site
from infra.local.simulators.store import Store
from infra.local.simulators.wire import Answer, BadBody, Call, html_answer, json_answer, see_other, text_answer

Publish = Callable[[str], None]
"""Puts a message on the queue of delivery events."""

QUEUE_OUTPUT: Final = "MailEventsQueueUrl"
_MENU: Final = {"/": "Sent mail"}
_ACTS: Final = {
    "deliver": "Delivery",
    "bounce": "Bounce",
    "complain": "Complaint",
    "open": "Open",
    "click": "Click",
}
_BUTTONS: Final = {
    "deliver": "It arrived",
    "open": "Open it",
    "click": "Click a link",
    "bounce": "No such mailbox: it bounced",
    "complain": "Report it as spam",
}
_URL: Final = re.compile(r"https?://[^\s<>\"')]+")
_SHOWN: Final = 200


class NoQueue(Exception):
    """There is nowhere to tell what became of a message; the text says why."""


class Mailbox(Site):
    """Reads the mails that the engine kept. It keeps nothing itself."""

    title = "Mailbox"

    def __init__(self, store: Store, clock: Clock, home: Home, publish: Publish | None = None) -> None:
        self._log = MailLog(home.mail)
        self._home = home
        self._publish = publish or self._to_queue
        super().__init__(store, clock)

    def seed(self) -> None:
        """Nothing: mails are the engine's."""

    def counts(self) -> dict[str, int]:
        """Mails sent."""
        return {"mails": len(self._log.all())}

    def throttled(self, _call: Call, _fault: Fault) -> Answer:
        """A mailbox has no limits of its own."""
        return text_answer("Too Many Requests", 429)

    def handle(self, call: Call) -> Answer:
        """The list, one message, or the HTML part of one by itself."""
        parts = [unquote(part) for part in call.raw_path.split("/") if part]
        if call.method not in ("GET", "HEAD"):
            return json_answer({"error": "mail is read with GET"}, 405)
        match parts:
            case []:
                return self._list(call)
            case ["messages", mail_id, *view] if mail := self._log.get(mail_id):
                if view == ["html"]:
                    return _html_part(mail)
                return _page_of(mail) if _wants_html(call) else json_answer(as_json(mail))
        return json_answer({"error": "no such message"}, 404)

    def _list(self, call: Call) -> Answer:
        """All messages, the latest first; `?to=` only those to an address, `?q=` only those that contain a text."""
        to, wanted = call.query.get("to", "").lower(), call.query.get("q", "").lower()
        mails = [mail for mail in self._log.all() if _matches(mail, to, wanted)]
        if not _wants_html(call):
            return json_answer([as_json(mail) for mail in mails])
        rows = [
            (_stamp(mail), ", ".join(mail.to), page.link(_place(mail), mail.subject or "(no subject)"), mail.sender)
            for mail in mails[:_SHOWN]
        ]
        find = page.Markup('<form method=get action="/">' + page.field("q", wanted, label="Find") + "</form>")
        count = page.paragraph(f"{len(mails)} messages. Nothing leaves this machine.")
        table = page.table(("Sent", "To", "Subject", "From"), rows)
        return page.page("Mailbox", [count, find, table], links=_MENU)

    def control(self, call: Call) -> Answer | None:
        """A recipient acts: POST {id, permanent?} to `deliver`, `bounce`, `complain`, `open` or `click`."""
        kind = _ACTS.get(call.path.removeprefix(CONTROL).strip("/"))
        if kind is None or call.method != "POST":
            return None
        is_form = "form-urlencoded" in call.headers.get("content-type", "")
        try:
            given = call.form if is_form else call.json() or {}
            mail = self._log.get(str(given.get("id", "")))
            if mail is None:
                return json_answer({"error": "no such message"}, 404)
            event = self._event(kind, mail, given)
            self._publish(body_of(event))
        except (BadBody, AttributeError) as error:
            return json_answer({"error": str(error)}, 400)
        except NoQueue as error:
            return json_answer({"error": str(error)}, 503)
        return see_other(_place(mail)) if is_form else json_answer(event, 201)

    def _event(self, kind: str, mail: Mail, given: Mapping[str, Any]) -> dict[str, Any]:
        permanent = str(given.get("permanent", "true")).lower() != "false"
        return event_of(kind, mail, self.clock(), permanent=permanent)

    def _to_queue(self, body: str) -> None:
        from infra.local.deploy import Aws

        try:
            queue = json.loads(self._home.deployed.read_text())["outputs"][QUEUE_OUTPUT]
            aws = Aws(f"http://{LOOPBACK}:{control.ports(self._home)['aws']}")
        except (FileNotFoundError, KeyError) as error:
            raise NoQueue("the running cloud has no queue for delivery events") from error
        aws.client("sqs").send_message(QueueUrl=queue, MessageBody=body)


def as_json(mail: Mail) -> dict[str, Any]:
    """A message for programs."""
    return {
        "id": mail.id,
        "from": mail.sender,
        "to": list(mail.to),
        "subject": mail.subject,
        "headers": dict(mail.headers),
        "text": mail.text,
        "html": mail.html,
        "sent_at": _stamp(mail),
        "tags": dict(mail.tags),
    }


def links_of(mail: Mail) -> list[str]:
    """Every web address in the text, each once, in order."""
    return list(dict.fromkeys(_URL.findall(mail.text)))


def _matches(mail: Mail, to: str, wanted: str) -> bool:
    if to and to not in (address.lower() for address in mail.to):
        return False
    return wanted in " ".join((mail.sender, *mail.to, mail.subject, mail.text)).lower()


def _wants_html(call: Call) -> bool:
    """Browsers name text/html; programs say nothing, */* or JSON."""
    return "text/html" in call.headers.get("accept", "")


def _stamp(mail: Mail) -> str:
    at = datetime.fromtimestamp(mail.sent_at / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _place(mail: Mail) -> str:
    return f"/messages/{quote(mail.id, safe='')}"


def _page_of(mail: Mail) -> Answer:
    """A message as its recipient sees it, and what the recipient may do."""
    head = {"From": mail.sender, "To": ", ".join(mail.to), "Sent": _stamp(mail), "Subject": mail.subject}
    parts = [
        page.table(("Header", "Value"), [*head.items(), *mail.headers.items()]),
        page.Markup(f"<h2>Text</h2><pre style='white-space:pre-wrap'>{escape(mail.text)}</pre>"),
    ]
    if mail.html:
        # No scripts, no forms, no requests: the sandbox of the frame and the policy of its page both say so.
        parts.append(
            page.Markup(
                "<h2>HTML</h2><iframe sandbox title='The HTML part' style='width:100%;height:28rem;background:#fff' "
                f"src='{escape(_place(mail))}/html'></iframe>"
            )
        )
    parts.append(page.table(("Links",), [(_linked(url),) for url in links_of(mail)]))
    parts += [_button(act, label, mail) for act, label in _BUTTONS.items()]
    return page.page(mail.subject or "(no subject)", parts, links=_MENU)


def _linked(url: str) -> page.Markup:
    """An address as text that can be followed: only those of the web, which is all that `links_of` finds."""
    return page.link(url, url) if urlsplit(url).scheme in ("http", "https") else page.Markup(escape(url))


def _button(act: str, label: str, mail: Mail) -> page.Markup:
    hidden = page.Markup(f'<input type=hidden name=id value="{escape(mail.id)}">')
    return page.form(f"{CONTROL}{act}", [hidden], label)


def _html_part(mail: Mail) -> Answer:
    answer = html_answer(mail.html)
    policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return Answer(
        status=200, body=answer.body, content_type=answer.content_type, headers={"Content-Security-Policy": policy}
    )
