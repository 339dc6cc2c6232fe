"""Plain HTML for people: no scripts, readable on a phone, everything escaped."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from infra.local.simulators.wire import Answer, html_answer

_STYLE = """
body{font:16px/1.45 system-ui,sans-serif;margin:0;color:#1c2430;background:#f6f7f9}
header{background:#17324d;color:#fff;padding:.8rem 1rem}header a{color:#fff}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem}h2{font-size:1.05rem;margin:1.2rem 0 .2rem}
main{padding:1rem;max-width:70rem;margin:auto}h1{font-size:1.2rem;margin:0 0 .4rem}
.scroll{overflow-x:auto;background:#fff;border:1px solid #d9dee5;border-radius:6px}
table{border-collapse:collapse;width:100%}th,td{padding:.45rem .6rem;text-align:left;border-bottom:1px solid #e8ebf0}
th{font-weight:600;background:#eef1f5}
form{background:#fff;border:1px solid #d9dee5;border-radius:6px;padding:1rem;margin:1rem 0}
label{display:block;margin:.4rem 0}
input,select{font:inherit;padding:.35rem;width:100%;max-width:24rem;box-sizing:border-box}
button{font:inherit;padding:.45rem 1rem;margin-top:.5rem}.note{color:#5a6573}.bad{color:#a3140f}
"""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: Any) -> str:
    """A value as HTML text."""
    if isinstance(value, Markup):
        return str(value)
    return "" if value is None else escape(str(value))


def link(url: str, label: Any) -> Markup:
    """A link."""
    return Markup(f'<a href="{escape(url)}">{text(label)}</a>')


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Markup:
    """A table that scrolls sideways inside a narrow screen."""
    head = "".join(f"<th scope=col>{text(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return Markup(f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>")


def field(name: str, value: Any = "", *, label: str | None = None, kind: str = "text") -> Markup:
    """A labelled input."""
    shown = text(value).replace('"', "&quot;")
    return Markup(f'<label>{text(label or name)}<input name="{escape(name)}" type="{kind}" value="{shown}"></label>')


def choice(name: str, options: Mapping[str, str], chosen: Any = "", *, label: str | None = None) -> Markup:
    """A labelled list of options: value to label."""
    items = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{text(shown)}</option>'
        for value, shown in options.items()
    )
    return Markup(f'<label>{text(label or name)}<select name="{escape(name)}">{items}</select></label>')


def form(action: str, fields: Iterable[Markup], button: str, *, title: str = "") -> Markup:
    """A form that is sent by POST."""
    heading = f"<h2>{text(title)}</h2>" if title else ""
    return Markup(
        f'{heading}<form method=post action="{escape(action)}">{"".join(fields)}<button>{text(button)}</button></form>'
    )


def paragraph(value: Any, *, kind: str = "note") -> Markup:
    """A line of text; kind is note or bad."""
    return Markup(f'<p class="{kind}">{text(value)}</p>')


def page(title: str, parts: Iterable[Markup], *, links: Mapping[str, str], status: int = 200) -> Answer:
    """A whole page; `links` are URL to label, shown on top."""
    menu = "".join(link(url, label) for url, label in links.items())
    return html_answer(
        "<!doctype html><html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width,initial-scale=1">'
        f"<title>{text(title)}</title><style>{_STYLE}</style>"
        f"<header><h1>{text(title)}</h1><nav>{menu}</nav></header><main>{''.join(parts)}</main></html>",
        status,
    )
