"""The second act of the demonstration: sales and marketers work in their own systems, and everything becomes equal."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests

from infra.local.demo.equality import Comparison, compare
from infra.local.demo.remote import MarketoSubscription, SalesforceOrg
from infra.local.demo.sales import Acts, SalesPlay, total
from infra.local.demo.story import tell
from infra.local.demo.tables import SalesRow, World
from infra.local.demo.together import SYSTEMS, Together
from infra.local.endpoints import Endpoints
from infra.local.home import Home, write_atomically

TIMEOUT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondAct:
    """What was done, what the sync made of it, and whether all is equal.

    ``rows`` is what rules may ask of what sales did; ``mails`` counts sent mails by subject.
    """

    acts: Acts
    rounds: int
    pulled: Mapping[str, int]
    comparison: Comparison
    mails: Mapping[str, int]
    rows: tuple[SalesRow, ...]


def first_played_at(home: Home, world: World, now: int) -> int:
    """When this world was played first (milliseconds); now, where it never was. Remembered."""
    played = json.loads(home.demos.read_text()) if home.demos.exists() else {}
    name = f"seed {world.seed}, {len(world.people)} people"
    if name not in played:
        write_atomically(home.demos, json.dumps({**played, name: now}, indent=2) + "\n")
    return int(played.get(name, now))


def play_second_act(
    home: Home, endpoints: Endpoints, world: World, say: Callable[[str], None] = lambda _: None
) -> SecondAct:
    """Play it; returns when the systems are quiet.

    Raises:
        PlayFailed: a system cannot be read, or nothing becomes quiet.
        RemoteFailed: a simulator refused what a person did.
    """
    org, subscription = SalesforceOrg(endpoints.salesforce or ""), MarketoSubscription(endpoints.marketo or "")
    together, play = Together(home, org, subscription), SalesPlay(world, tell(world), org, subscription)
    pulled, acts = dict.fromkeys(SYSTEMS, 0), []
    say("Salesforce and Marketo get to know everybody")
    cycles = [together.until_quiet()]
    for what, act in (
        ("sales answers hand-overs", play.answer),
        ("marketers correct, sometimes what sales corrects, too", play.correct),
        ("sales opens opportunities", play.open_deals),
        ("sales wins and loses", play.close_deals),
        ("people unsubscribe", play.unsubscribe),
    ):
        say(what)
        acts.append(act())
        cycles.append(together.once())
    say("the systems become quiet")
    cycles.append(together.until_quiet())
    for done in cycles:
        pulled = {system: pulled[system] + done.pulled[system] for system in SYSTEMS}
    say("comparing every field")
    return SecondAct(
        acts=total(acts),
        rounds=sum(done.rounds for done in cycles),
        pulled=pulled,
        comparison=compare(endpoints, org, subscription, (person.email for person in world.people.values())),
        mails=sent_mails(endpoints),
        rows=tuple(play.rows),
    )


def sent_mails(endpoints: Endpoints) -> dict[str, int]:
    """How many mails lie in the mailbox, by the words that their subject begins with."""
    answer = requests.get(endpoints.mailbox, headers={"accept": "application/json"}, timeout=TIMEOUT_S)
    answer.raise_for_status()
    counts: dict[str, int] = {}
    for mail in answer.json():
        subject = str(mail["subject"]).partition(":")[0]
        counts[subject] = counts.get(subject, 0) + 1
    return counts
