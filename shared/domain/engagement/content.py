"""A message in the words of its template: plain text and simple HTML that says the same."""

import html
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from shared.domain.engagement.policy_model import MessageDefinition, MessagePolicy

WORD: Final = re.compile(r"\{([a-z_]+)\}")
WORDS: Final = frozenset({"name", "company", "sender", "stage", "reason", "score", "lines", "due", "link"})
"""What a template may say in braces. Unsubscribing is added by the gateway, not by templates."""

_URL: Final = re.compile(r"https?://[^\s<>\"]+")
_UNSUBSCRIBE: Final = {
    "en": "You get this message because you agreed to it. Unsubscribe:",
    "pl": "Otrzymujesz tę wiadomość, ponieważ wyraziłeś na nią zgodę. Wypisz się:",
    "ru": "Вы получили это письмо, потому что дали на него согласие. Отписаться:",
}


class Content(NamedTuple):
    """What a mail says."""

    language: str
    subject: str
    text: str
    html: str


def language_of(message: MessageDefinition, policy: MessagePolicy, *, consented: str, country: str) -> str:
    """The language of the text that was agreed to, else of the country, else the default; one the message has."""
    for wanted in (consented, policy.languages.get(country, ""), policy.default_language):
        if wanted in message.texts:
            return wanted
    return min(message.texts)


def render(message: MessageDefinition, language: str, values: Mapping[str, str], *, unsubscribe: str) -> Content:
    """Subject, text and HTML. A value is text, never markup, and brings no line break into the subject.

    ``unsubscribe`` is the address of the link in the footer; "" leaves the footer out.
    """
    template = message.texts[language]
    subject = " ".join(_filled(template.subject, values).split())
    body = _filled(template.body, values).strip()
    footer = f"{_UNSUBSCRIBE.get(language, _UNSUBSCRIBE['en'])} {unsubscribe}" if unsubscribe else ""
    text = f"{body}\n\n-- \n{footer}\n" if footer else f"{body}\n"
    return Content(language, subject, text, _page(language, subject, body, footer))


def _filled(template: str, values: Mapping[str, str]) -> str:
    # A value is put in once and not read again: braces in a name stay braces.
    lines = (line for line in WORD.sub(lambda found: values.get(found[1], ""), template).split("\n"))
    return "\n".join(line.rstrip() for line in lines)


def _page(language: str, subject: str, body: str, footer: str) -> str:
    paragraphs = "".join(f"<p>{_linked(part)}</p>\n" for part in body.split("\n\n") if part.strip())
    last = f'<hr>\n<p style="color:#595959;font-size:14px">{_linked(footer)}</p>\n' if footer else ""
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{html.escape(subject)}</title></head>\n'
        '<body style="font:16px/1.5 sans-serif;color:#1a1a1a;max-width:36em;margin:0 auto;padding:16px">\n'
        f"{paragraphs}{last}</body>\n</html>\n"
    )


def _linked(text: str) -> str:
    parts: list[str] = []
    end = 0
    for found in _URL.finditer(text):
        parts.append(html.escape(text[end : found.start()]))
        url = html.escape(found[0])
        parts.append(f'<a href="{url}">{url}</a>')
        end = found.end()
    parts.append(html.escape(text[end:]))
    return "".join(parts).replace("\n", "<br>\n")
