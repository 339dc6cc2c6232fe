"""The console with its collaborators: the services of the API, sessions, templates and files."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from shared.adapters.secrets.identity_key import secret_bytes
from shared.app.console.login_attempt import AttemptKeys
from shared.app.console.session import SessionKeys
from shared.ports.clock import Clock
from shared.ports.login import LoginPages
from shared.runtime.api_routes import ApiServices
from shared.runtime.bootstrap import serve_api
from shared.runtime.clients import client
from shared.runtime.clock import SystemClock
from shared.runtime.console import assets
from shared.runtime.console.files import StaticFiles
from shared.runtime.console.login import Logins
from shared.runtime.console.login_account import BACK, AccountLogin
from shared.runtime.console.pages import Pages
from shared.runtime.console.routes import console_routes
from shared.runtime.console.web import LOGIN, Console
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

    @property
    def user_pool_id(self) -> str:
        """The user pool; empty: nobody has an account."""

    @property
    def login_url(self) -> str:
        """Where the pool's login pages are; empty: it has none."""

    @property
    def login_client_id(self) -> str:
        """The app client that the login pages know the console by."""

    @property
    def public_url(self) -> str:
        """Where the pages lead back to, as it is registered with them."""

    @property
    def aws_region(self) -> str:
        """Where the pool is."""

    @property
    def aws_endpoint_url(self) -> str:
        """Where AWS is simulated; empty on AWS itself."""


def console(settings: Settings) -> Console:
    """The console on AWS."""
    clock, vault = SystemClock(), client("secretsmanager")
    secret = secret_bytes(vault, settings.console_secret_arn, clock)
    pages = login_pages(settings, clock)
    account = AccountLogin(pages, AttemptKeys(secret), clock, nonce=nonce, report=report) if pages else None
    return assembled(
        serve_api.services(settings),
        keys=SessionKeys(secret),
        logins=Logins(secret_bytes(vault, settings.api_token_secret_arn, clock), clock, nonce, account),
        browser=Path(settings.browser_folder),
        report=report,
    )


def login_pages(settings: Settings, clock: Clock) -> Callable[[], LoginPages] | None:
    """The login pages of the user pool, made at the first login; None where there are none.

    A simulated AWS has a pool and an address for its pages, but nothing answers there.
    """
    needed = (settings.user_pool_id, settings.login_url, settings.login_client_id, settings.public_url)
    if settings.aws_endpoint_url or not all(needed):
        return None
    made: list[LoginPages] = []

    def pages() -> LoginPages:
        if not made:
            from shared.adapters.cognito.hosted_pages import HostedPages
            from shared.adapters.cognito.tokens import CognitoTokens, issuer_of

            issuer = issuer_of(settings.aws_region, settings.user_pool_id)
            tokens = CognitoTokens(issuer, settings.login_client_id, clock)
            here = settings.public_url.rstrip("/")
            back, out = f"{here}{BACK}", f"{here}{LOGIN}"
            made.append(HostedPages(settings.login_url, settings.login_client_id, tokens, back_url=back, out_url=out))
        return made[0]

    return pages


def report(code: str, told: Mapping[str, Any]) -> None:
    """One line of the log."""
    logger.info(code, extra=dict(told))


def assembled(services: ApiServices, *, keys: SessionKeys, logins: Logins, browser: Path, report: Report) -> Console:
    """The console of these services. ``browser`` is the folder of what others made."""
    routes = (*logins.routes(), *console_routes(services))
    files = StaticFiles([Path(str(assets.__file__)).parent, browser])
    pages = Pages(routes, files, services.clock, services.owners.name)
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
