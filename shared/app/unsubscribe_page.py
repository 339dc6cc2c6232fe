"""The unsubscribe page: one button, no script, nothing from elsewhere, fit for a telephone; in three languages."""

import base64
import hashlib
import html
from typing import Final, NamedTuple

from shared.contracts.intake import InboundRequest, Reply

SECURITY: Final = {
    "content-security-policy": (
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}
STYLE: Final = (
    "body{font:18px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:32em;margin:0 auto;padding:24px}"
    "h1{font-size:1.4em}button{font:inherit;font-weight:600;padding:14px 24px;border:0;border-radius:8px;"
    "background:#0b5fff;color:#fff;width:100%}button:focus{outline:3px solid #ffb000;outline-offset:2px}"
)


class _Words(NamedTuple):
    title: str
    question: str
    button: str
    done_title: str
    done: str


WORDS: Final = {
    "en": _Words(
        "Unsubscribe",
        "Do you want no more messages of this kind? Press the button; nothing else is needed.",
        "Unsubscribe",
        "You are unsubscribed",
        "You will get no more messages of this kind. You can close this page.",
    ),
    "pl": _Words(
        "Rezygnacja z wiadomości",
        "Nie chcesz otrzymywać więcej takich wiadomości? Naciśnij przycisk, to wystarczy.",
        "Zrezygnuj",
        "Rezygnacja przyjęta",
        "Nie otrzymasz więcej takich wiadomości. Możesz zamknąć tę stronę.",
    ),
    "ru": _Words(
        "Отписаться",
        "Не хотите больше получать такие письма? Нажмите кнопку, больше ничего не нужно.",
        "Отписаться",
        "Вы отписаны",
        "Больше таких писем не будет. Эту страницу можно закрыть.",
    ),
}


def question_page(request: InboundRequest) -> Reply:
    """The page with the button. The form goes to the address of the page itself, which is not repeated in it."""
    language = language_of(request)
    words = WORDS[language]
    body = (
        f"<h1>{html.escape(words.title)}</h1>\n<p>{html.escape(words.question)}</p>\n"
        '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
        '<input type="hidden" name="way" value="page">'
        f'<button type="submit">{html.escape(words.button)}</button></form>'
    )
    return _reply(request, language, words.title, body)


def done_page(request: InboundRequest) -> Reply:
    """The answer to every POST of a form that we know, whatever its token was."""
    language = language_of(request)
    words = WORDS[language]
    body = f"<h1>{html.escape(words.done_title)}</h1>\n<p>{html.escape(words.done)}</p>"
    return _reply(request, language, words.done_title, body)


def language_of(request: InboundRequest) -> str:
    """The first language of the browser that we speak, else English."""
    for part in request.headers.get("accept-language", "")[:200].split(","):
        language = part.partition(";")[0].strip().lower()[:2]
        if language in WORDS:
            return language
    return "en"


def _reply(request: InboundRequest, language: str, title: str, body: str) -> Reply:
    page = (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>\n<body><main>\n{body}\n</main></body>\n</html>\n"
    )
    return Reply(
        status=200,
        body="" if request.method == "HEAD" else page,
        content_type="text/html; charset=utf-8",
        headers=HEADERS,
    )


def _headers() -> dict[str, str]:
    """The policy allows this one style sheet by its hash, and no script at all."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return {name: value.replace("{style}", digest) for name, value in SECURITY.items()} | {"vary": "accept-language"}


HEADERS: Final = _headers()
