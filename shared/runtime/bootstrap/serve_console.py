"""The console with its collaborators: the services of the API, sessions, templates and files."""

import secrets
from pathlib import Path
from typing import Protocol

from shared.adapters.secrets.identity_key import secret_bytes
from shared.app.console.session import SessionKeys
from shared.runtime.api_routes import ApiServices
from shared.runtime.bootstrap import serve_api
from shared.runtime.clients import client
from shared.runtime.clock import SystemClock
from shared.runtime.console import assets
from shared.runtime.console.files import StaticFiles
from shared.runtime.console.login import Logins
from shared.runtime.console.pages import Pages
from shared.runtime.console.routes import console_routes
from shared.runtime.console.web import Console
from shared.runtime.observability import logger
from shared.runtime.routing import Report

NONCE_BYTES = 12


class Settings(serve_api.Settings, Protocol):
    """What the function has to know besides what the API does."""

    @property
    def console_secret_arn(self) -> str:
        """Signs sessions."""

    @property
    def api_token_secret_arn(self) -> str:
        """The token that logs in, and its roles."""

    @property
    def browser_folder(self) -> str:
        """Scripts of others in the asset."""


def console(settings: Settings) -> Console:
    """The console on AWS."""
    clock, vault = SystemClock(), client("secretsmanager")
    keys = SessionKeys(secret_bytes(vault, settings.console_secret_arn, clock))
    logins = Logins(secret_bytes(vault, settings.api_token_secret_arn, clock), clock, nonce)
    return assembled(
        serve_api.services(settings),
        keys=keys,
        logins=logins,
        browser=Path(settings.browser_folder),
        report=lambda code, told: logger.info(code, extra=dict(told)),
    )


def assembled(services: ApiServices, *, keys: SessionKeys, logins: Logins, browser: Path, report: Report) -> Console:
    """The console of these services. ``browser`` is the folder of what others made."""
    routes = (*logins.routes(), *console_routes(services))
    files = StaticFiles([Path(str(assets.__file__)).parent, browser])
    pages = Pages(routes, files, services.clock)
    return Console(
        routes,
        keys=keys,
        render=pages.render,
        files=files.serve,
        clock=services.clock,
        nonce=nonce,
        report=report,
    )


def nonce() -> str:
    """What makes a session differ from all others."""
    return secrets.token_urlsafe(NONCE_BYTES)
