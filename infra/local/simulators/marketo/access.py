"""Who may call and how often: tokens of API-only users, daily quota, rate, concurrency, and the figures about them."""

import hashlib
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from infra.local.simulators.marketo.ask import Record
from infra.local.simulators.marketo.failures import UNCOUNTED, CallRefused, HttpRefused
from infra.local.simulators.marketo.settings import Settings
from infra.local.simulators.marketo.stamps import days_before, quota_day
from infra.local.simulators.store import Store

LIFE_S = 3600
_SERVICES, _TOKENS, _USAGE = "services", "tokens", "usage"


class Identity:
    """`/identity/oauth/token` and the check of what it gave."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_service(self, client_id: str, client_secret: str, user: str) -> None:
        """Create a custom service with its API-only user."""
        self._store.put(_SERVICES, client_id, {"secret": client_secret, "user": user})

    def grant(self, params: Mapping[str, str], now_ms: int) -> Record:
        """The service's token: the same one until it expires, with the seconds it has left.

        Raises:
            HttpRefused: 401 unknown client or wrong secret, 400 another grant.
        """
        if params.get("grant_type") != "client_credentials":
            raise HttpRefused(400, {"error": "unsupported_grant_type", "error_description": "Unsupported grant type"})
        client = params.get("client_id", "")
        service = self._store.get(_SERVICES, client)
        if service is None:
            text = f"No client with requested id: {client}"
            raise HttpRefused(401, {"error": "unauthorized", "error_description": text})
        if params.get("client_secret") != service["secret"]:
            raise HttpRefused(401, {"error": "invalid_client", "error_description": "Bad client credentials"})
        token, expires = self._token_of(client, service, now_ms)
        left = max(0, (expires - now_ms) // 1000)
        return {"access_token": token, "token_type": "bearer", "expires_in": left, "scope": service["user"]}

    def _token_of(self, client: str, service: Record, now_ms: int) -> tuple[str, int]:
        known = service.get("token")
        row = self._store.get(_TOKENS, known) if known else None
        if known and row and row["expires"] > now_ms and not row.get("revoked"):
            return str(known), int(row["expires"])
        serial = self._store.next_number("token")
        digest = hashlib.sha256(f"{client}\n{service['secret']}\n{serial}\n{now_ms}".encode()).hexdigest()
        token = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}:int"
        self._store.put(_TOKENS, token, {"user": service["user"], "expires": now_ms + LIFE_S * 1000})
        self._store.put(_SERVICES, client, {**service, "token": token})
        return token, now_ms + LIFE_S * 1000

    def user_of(self, authorization: str, now_ms: int) -> str:
        """The API user behind a call.

        Raises:
            CallRefused: 600 no header (the query parameter is no longer read), 601 unknown, 602 expired.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise CallRefused("600")
        row = self._store.get(_TOKENS, token.strip())
        if row is None or row.get("revoked"):
            raise CallRefused("601")
        if row["expires"] <= now_ms:
            raise CallRefused("602")
        return str(row["user"])

    def revoke(self) -> None:
        """Make every token invalid before its time, as an administrator may."""
        for token, row in list(self._store.rows(_TOKENS).items()):
            self._store.put(_TOKENS, token, {**row, "revoked": True})


class Meter:
    """Counts calls. The window of the rate lives in memory: a restart forgives twenty seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recent: deque[int] = deque()

    def admit(self, settings: Settings, now_ms: int, *, under_way: int) -> None:
        """Let a call in.

        Raises:
            CallRefused: 607, 606 or 615.
        """
        if self.used(quota_day(now_ms)) >= settings.daily_quota:
            raise CallRefused("607")
        window_ms = settings.rate_seconds * 1000
        while self._recent and self._recent[0] <= now_ms - window_ms:
            self._recent.popleft()
        if len(self._recent) >= settings.rate_calls:
            raise CallRefused("606", settings.rate_calls, settings.rate_seconds)
        if under_way >= settings.concurrency:
            raise CallRefused("615")

    def count(self, user: str, code: str | None, now_ms: int) -> None:
        """Account for an answered call; the codes that cost nothing are only counted as errors."""
        day = quota_day(now_ms)
        row = self._store.get(_USAGE, day) or {"users": {}, "errors": {}}
        users: Counter[str] = Counter(row["users"])
        errors: Counter[str] = Counter(row["errors"])
        if code is not None:
            errors[code] += 1
        if user and code not in UNCOUNTED and code not in {"606", "607", "615"}:
            users[user] += 1
            self._recent.append(now_ms)
        self._store.put(_USAGE, day, {"users": dict(users), "errors": dict(errors)})

    def used(self, day: str) -> int:
        """Calls that count for a day."""
        return sum((self._store.get(_USAGE, day) or {"users": {}})["users"].values())

    def use_up(self, calls: int, now_ms: int) -> None:
        """Somebody else's integration takes this many calls of today."""
        day = quota_day(now_ms)
        row = self._store.get(_USAGE, day) or {"users": {}, "errors": {}}
        other = "other@subscription.example"
        users: dict[str, Any] = {**row["users"], other: row["users"].get(other, 0) + calls}
        self._store.put(_USAGE, day, {**row, "users": users})

    def usage(self, now_ms: int, days: int) -> list[Record]:
        """`stats/usage`: newest day first."""
        found = []
        for day in days_before(quota_day(now_ms), days):
            users = (self._store.get(_USAGE, day) or {"users": {}})["users"]
            counts = [{"userId": user, "count": count} for user, count in users.items()]
            found.append({"date": day, "total": sum(users.values()), "users": counts})
        return found

    def errors(self, now_ms: int, days: int) -> list[Record]:
        """`stats/errors`: newest day first."""
        found = []
        for day in days_before(quota_day(now_ms), days):
            errors = (self._store.get(_USAGE, day) or {"errors": {}})["errors"]
            counts = [{"errorCode": code, "count": count} for code, count in errors.items()]
            found.append({"date": day, "total": sum(errors.values()), "errors": counts})
        return found
