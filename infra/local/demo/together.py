"""Brings Leadspine, Salesforce and Marketo together now instead of at the next five minutes, until nothing moves.

Whether something moves is judged by the simulators' records, not by what Leadspine says of itself.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from infra.local import cloud
from infra.local.demo.laptop import SETTLE_TIMEOUT_S, PlayFailed
from infra.local.demo.remote import MarketoSubscription, SalesforceOrg
from infra.local.deploy import Aws
from infra.local.endpoints import read_endpoints
from infra.local.home import Home

SYSTEMS: Final = ("salesforce", "marketo")
MOST_ROUNDS: Final = 15
CALM_ROUNDS: Final = 2
PAUSE_S: Final = 2.2
"""A record that was read within two seconds of our own write is read again by the next cycle: let that time pass."""
BUSY_TRIES: Final = 5
_STAMPED: Final = ("Lead", "Contact", "Account", "Opportunity", "Task")


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What it took. ``pulled``: records that cycles read, per system."""

    rounds: int
    pulled: dict[str, int]


class Together:
    """The pulls and queues of one running cloud."""

    def __init__(
        self,
        home: Home,
        org: SalesforceOrg,
        subscription: MarketoSubscription,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._home = home
        self._org = org
        self._subscription = subscription
        self._pause = pause
        self._lambda = Aws(read_endpoints(home).aws).client("lambda")
        self._functions = cloud.read_deployment(home).functions

    def once(self) -> Synced:
        """One cycle of each system, and everything that follows from it.

        Raises:
            PlayFailed: a system cannot be read, or the queues do not become empty.
        """
        self._settle()
        with ThreadPoolExecutor(len(SYSTEMS)) as pool:
            # Side by side, as the schedules do it: otherwise what one system said is written into the other before
            # anybody has heard what that one has to say.
            pulled = dict(zip(SYSTEMS, pool.map(self._pull, SYSTEMS), strict=True))
        self._settle()
        return Synced(rounds=1, pulled=pulled)

    def until_quiet(self) -> Synced:
        """Cycles until two in a row changed no record anywhere.

        Raises:
            PlayFailed: it never becomes quiet: the systems change each other's records again and again.
        """
        pulled, before, calm = dict.fromkeys(SYSTEMS, 0), self._fingerprint(), 0
        for number in range(1, MOST_ROUNDS + 1):
            done = self.once()
            pulled = {system: pulled[system] + done.pulled[system] for system in SYSTEMS}
            after = self._fingerprint()
            calm = calm + 1 if after == before else 0
            if calm == CALM_ROUNDS:
                return Synced(rounds=number, pulled=pulled)
            before = after
            self._pause(PAUSE_S)
        raise PlayFailed(f"after {MOST_ROUNDS} cycles the systems still change each other's records")

    def _pull(self, system: str) -> int:
        for _ in range(BUSY_TRIES):
            told = self._invoke(f"pull_{system}", {"command": "pull"})
            if told.get("status") != "busy":
                break
            self._settle()
        if told.get("status") != "done":
            raise PlayFailed(f"{system} was not read: {told.get('status')} {told.get('error') or ''}".rstrip())
        return int(told.get("records") or 0)

    def _invoke(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        answer = self._lambda.invoke(FunctionName=self._functions[function], Payload=json.dumps(payload).encode())
        told = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError") or not isinstance(told, dict):
            raise PlayFailed(f"{function} failed; see its log in {self._home.logs}")
        return told

    def _settle(self) -> None:
        if not cloud.quiet(self._home, timeout_s=SETTLE_TIMEOUT_S):
            raise PlayFailed("the cloud does not come to rest; `leadspine status` and the logs say more")

    def _fingerprint(self) -> frozenset[tuple[str, str]]:
        """Every record with the time of its last change."""
        stamps = {
            (record["Id"], record["SystemModstamp"])
            for item in _STAMPED
            for record in self._org.query(" ".join(("SELECT Id, SystemModstamp FROM", item)))
        }
        people = self._subscription.everybody()
        return frozenset(stamps | {(str(person["id"]), person["updatedAt"]) for person in people})
