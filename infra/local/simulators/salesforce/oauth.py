"""Tokens: the four OAuth flows, sessions that end when nobody uses them, and who a token stands for."""

import base64
import binascii
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import jwt

from infra.local.simulators.salesforce.errors import SalesforceError
from infra.local.simulators.salesforce.org import Org
from infra.local.simulators.wire import Answer, Call, json_answer

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Denied(Exception):
    """An OAuth refusal; its body is an object, not a list."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}
        self.status = status


class OAuth:
    """Gives, checks and ends tokens. Connected apps and passwords are rows of the store."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def token(self, call: Call) -> Answer:
        """`/services/oauth2/token`."""
        try:
            return json_answer(self._granted(call))
        except Denied as denied:
            return json_answer(denied.body, denied.status)

    def _granted(self, call: Call) -> dict[str, Any]:
        form = call.form
        flows = {
            "client_credentials": self._client_credentials,
            "password": self._password,
            "refresh_token": self._refresh,
            JWT_GRANT: self._assertion,
        }
        flow = flows.get(form.get("grant_type", ""))
        if flow is None:
            raise Denied("unsupported_grant_type", "grant type not supported")
        user_id = flow(call, form)
        host = call.headers.get("host", "localhost")
        scheme = "http" if host.rpartition(":")[0] in _LOOPBACK or host in _LOOPBACK else "https"
        organization = next(iter(self._org.store.rows("Organization")))
        answer = {
            "access_token": self.open_session(user_id), "instance_url": f"{scheme}://{host}",
            "id": f"https://login.salesforce.com/id/{organization}/{user_id}", "token_type": "Bearer",
            "issued_at": str(int(self._org.now.timestamp() * 1000)), "scope": "api refresh_token",
            "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
        }  # fmt: skip
        if form["grant_type"] == "client_credentials":
            answer["api_instance_url"] = "https://api.salesforce.com"
        return answer

    def _app(self, call: Call, form: dict[str, str], *, secret: bool = True) -> dict[str, Any]:
        """The connected app that asks, with its secret in the body or as HTTP Basic."""
        client, given = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client, _, given = (unquote(part) for part in base64.b64decode(encoded).decode().partition(":"))
            except (binascii.Error, UnicodeDecodeError) as error:
                raise Denied("invalid_client", "invalid client credentials") from error
        app = self._org.store.get("_apps", client)
        if app is None:
            raise Denied("invalid_client_id", "client identifier invalid")
        if secret and not secrets.compare_digest(app["secret"].encode(), given.encode()):
            raise Denied("invalid_client", "invalid client credentials")
        return app

    def _user(self, username: str) -> str:
        for row in self._org.store.rows("User").values():
            if row["Username"].lower() == username.lower() and row["IsActive"]:
                return str(row["Id"])
        raise Denied("invalid_grant", "authentication failure")

    def _client_credentials(self, call: Call, form: dict[str, str]) -> str:
        return self._user(self._app(call, form)["run_as"])

    def _password(self, call: Call, form: dict[str, str]) -> str:
        self._app(call, form)
        return self.check_password(form.get("username", ""), form.get("password", ""))

    def check_password(self, username: str, given: str) -> str:
        """The user of a name and password; a security token may be appended to the password.

        Raises:
            Denied: there is no such user, or the password is another.
        """
        user_id = self._user(username)
        saved = self._org.store.get("_passwords", user_id)
        if saved is None or not given.startswith(saved["password"]):
            raise Denied("invalid_grant", "authentication failure")
        return user_id

    def _refresh(self, call: Call, form: dict[str, str]) -> str:
        app = self._app(call, form, secret="client_secret" in form)
        given = form.get("refresh_token", "")
        if given not in app["refresh_tokens"]:
            raise Denied("invalid_grant", "expired access/refresh token")
        return self._user(app["refresh_tokens"][given])

    def _assertion(self, call: Call, form: dict[str, str]) -> str:
        """The certificate of the app proves the assertion; the user must be one the app runs as."""
        text = form.get("assertion", "")
        try:
            claimed = jwt.decode(text, options={"verify_signature": False})
            app = self._app(call, {"client_id": str(claimed.get("iss"))}, secret=False)
            if not app["public_key"]:
                raise Denied("invalid_grant", "user hasn't approved this consumer")
            claims = jwt.decode(
                text, app["public_key"], algorithms=["RS256"], options={"verify_aud": False, "verify_exp": False}
            )
        except jwt.PyJWTError as error:
            raise Denied("invalid_grant", "invalid assertion") from error
        # The client's clock is real and the org's may be moved, so the time is not compared. simple-salesforce writes
        # it as text.
        if not str(claims.get("exp", "")).isdigit():
            raise Denied("invalid_grant", "invalid assertion")
        return self._user(str(claims.get("sub")))

    def open_session(self, user_id: str) -> str:
        """A new token for a user; forgets those that ended."""
        for token, row in list(self._org.store.rows("_sessions").items()):
            if self._ended(row):
                self._org.store.remove("_sessions", token)
        organization = next(iter(self._org.store.rows("Organization")))
        token = f"{organization[:15]}!{secrets.token_urlsafe(48)}"
        self._org.store.put("_sessions", token, {"user_id": user_id, "used_at": self._org.now.isoformat()})
        return token

    def _ended(self, row: dict[str, Any]) -> bool:
        idle = timedelta(seconds=self._org.setting("session_idle_s"))
        return self._org.now - datetime.fromisoformat(row["used_at"]) > idle

    def user_of(self, call: Call) -> str:
        """The user a call's token stands for.

        Raises:
            SalesforceError: INVALID_SESSION_ID.
        """
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        return self.user_of_token(token.strip() if scheme in ("Bearer", "OAuth") else "")

    def user_of_token(self, token: str) -> str:
        """The user of a token, which lives longer by being used.

        Raises:
            SalesforceError: INVALID_SESSION_ID.
        """
        row = self._org.store.get("_sessions", token)
        if row is None or self._ended(row):
            raise SalesforceError("INVALID_SESSION_ID", "Session expired or invalid")
        if self._org.now - datetime.fromisoformat(row["used_at"]) > timedelta(seconds=60):
            self._org.store.put("_sessions", token, {**row, "used_at": self._org.now.isoformat()})
        return str(row["user_id"])

    def userinfo(self, call: Call) -> Answer:
        """`/services/oauth2/userinfo`: who we are."""
        user = self._org.store.rows("User")[self.user_of(call)]
        organization = next(iter(self._org.store.rows("Organization")))
        return json_answer(
            {
                "sub": f"https://login.salesforce.com/id/{organization}/{user['Id']}", "user_id": user["Id"],
                "organization_id": organization, "preferred_username": user["Username"], "name": user["Name"],
                "email": user["Email"], "user_type": "STANDARD", "active": user["IsActive"],
            }
        )  # fmt: skip

    def revoke(self, call: Call) -> Answer:
        """`/services/oauth2/revoke`."""
        token = call.form.get("token") or call.query.get("token", "")
        self._org.store.remove("_sessions", token)
        return Answer(status=200)

    def end_sessions(self) -> None:
        """End every session, as an administrator can."""
        for token in list(self._org.store.rows("_sessions")):
            self._org.store.remove("_sessions", token)
