"""Every mail that was sent, in one file: a JSON line each, on disk before the sender hears that it was accepted.

The engine appends, the mailbox reads. It keeps what the engine itself forgets (headers and tags), and it is there while
the engine is not.
"""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as its recipient gets it. ``sent_at`` is the cloud's time in milliseconds; tags are the sender's own."""

    id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    sent_at: int
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


class MailLog:
    """The file of one home. Reads again only what was appended since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_to = 0
        self._mails: dict[str, Mail] = {}

    def append(self, mail: Mail) -> None:
        """Keep a mail: one write, so that a killed process leaves a whole line or none."""
        line = json.dumps(asdict(mail), ensure_ascii=False).encode() + b"\n"
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)

    def all(self) -> list[Mail]:
        """All mails, the latest first."""
        self._catch_up()
        return list(reversed(self._mails.values()))

    def get(self, mail_id: str) -> Mail | None:
        """One mail, by the id that the service gave it."""
        self._catch_up()
        return self._mails.get(mail_id)

    def _catch_up(self) -> None:
        try:
            with self._path.open("rb") as file:
                file.seek(self._read_to)
                added = file.read()
        except FileNotFoundError:
            return
        whole = added[: added.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            saved = json.loads(line)
            self._mails[saved["id"]] = Mail(**{**saved, "to": tuple(saved["to"])})


def mail_of(request: Mapping[str, Any], mail_id: str, sent_at: int) -> Mail:
    """What a SendEmail request of SES v2 asked to be sent, with simple or raw content."""
    content = request.get("Content") or {}
    simple = content.get("Simple") or _simple_of_raw(content.get("Raw") or {})
    destination, body = request.get("Destination") or {}, simple.get("Body") or {}
    return Mail(
        id=mail_id,
        sender=request.get("FromEmailAddress") or simple.get("From", ""),
        to=tuple(address for kind in ("To", "Cc", "Bcc") for address in destination.get(f"{kind}Addresses") or ()),
        subject=_data(simple.get("Subject")),
        text=_data(body.get("Text")),
        html=_data(body.get("Html")),
        sent_at=sent_at,
        headers={header["Name"]: header["Value"] for header in simple.get("Headers") or ()},
        tags={tag["Name"]: tag["Value"] for tag in request.get("EmailTags") or ()},
    )


def _data(part: Mapping[str, Any] | None) -> str:
    return str((part or {}).get("Data") or "")


def _simple_of_raw(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A MIME message in the shape of simple content; the client sends its bytes in base64."""
    message = BytesParser(policy=policy.default).parsebytes(base64.b64decode(raw.get("Data") or b""))
    bodies = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    texts = {kind: {"Data": part.get_content()} if part else None for kind, part in bodies.items()}
    own = {"from", "to", "cc", "bcc", "subject", "mime-version", "content-type", "content-transfer-encoding"}
    return {
        "From": message.get("From", ""),
        "Subject": {"Data": message.get("Subject", "")},
        "Body": {"Text": texts["plain"], "Html": texts["html"]},
        "Headers": [{"Name": name, "Value": str(value)} for name, value in message.items() if name.lower() not in own],
    }
