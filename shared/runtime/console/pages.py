"""Pages as HTML: Jinja2 with escaping everywhere, and the few filters that the templates need."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.app.console import operations, times, words
from shared.app.console.session import Session
from shared.ports.clock import Clock
from shared.runtime.console import templates
from shared.runtime.console.files import StaticFiles
from shared.runtime.console.web import LOGIN, TOKEN_FIELD, Page, Route

TEMPLATES: Final = Path(str(templates.__file__)).parent


class Pages:
    """Renders pages inside the frame that all share: navigation by role, and who is logged in.

    ``owner`` says what an owner in sales is called; it is the filter ``owner`` of the templates.
    """

    def __init__(
        self, routes: Sequence[Route], files: StaticFiles, clock: Clock, owner: Callable[[str | None], str]
    ) -> None:
        self._menu = tuple(route for route in routes if route.menu)
        self._clock = clock
        self._jinja = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._jinja.filters |= {
            "stage": words.stage,
            "reason": words.reason,
            "system": words.system,
            "label": words.label,
            "owner": owner,
            "dollars": operations.dollars,
            "stay": words.stay,
            "number": times.number,
            "percent": times.percent,
            "points": times.points,
            "date": times.date_of,
            "span": times.span,
            "days": times.days,
        }
        self._jinja.globals |= {"words": words, "asset": files.address, "token_field": TOKEN_FIELD, "login": LOGIN}

    def render(self, page: Page, session: Session, form_token: str, path: str) -> str:
        """A page for somebody."""
        now = self._clock.now()
        return self._jinja.get_template(page.template).render(
            **page.values,
            title=page.title,
            session=session,
            form_token=form_token,
            path=path,
            menu=[route for route in self._menu if route.roles & session.roles],
            when=lambda iso: times.when(iso, now),
        )
