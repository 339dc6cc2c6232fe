"""Where people prove who they are: pages of somebody else, and what comes back from them."""

from typing import Protocol


class LoginRefused(Exception):
    """What came back proves nothing. ``what`` is ``code`` or ``token``; the text never repeats either of them."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}")
        self.what, self.reason = what, reason


class LoginUnavailable(Exception):
    """Who would have to answer does not, or not as agreed. Another try may do; the text is in our own words."""


class LoginPages(Protocol):
    """An identity provider with pages of its own (OpenID Connect, authorization code with PKCE)."""

    def login_url(self, *, state: str, nonce: str, challenge: str) -> str:
        """Where to send a browser that wants to log in."""

    def logout_url(self) -> str:
        """Where to send a browser for the pages to forget who it was."""

    def person(self, code: str, *, verifier: str, nonce: str) -> tuple[str, tuple[str, ...]]:
        """Subject and groups of whom a code was given for. A code works once.

        Raises:
            LoginRefused: the code or what it was exchanged for is not good for this login.
            LoginUnavailable: nobody answered, or in a way that says nothing about the person.
        """
