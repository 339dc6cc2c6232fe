"""What sales and marketers do with the people of a world: decided from the world and its seed, before anybody acts.

Sales answers a hand-over, works on the deal that leadforge gave the person, wins it or loses it. Marketers correct
what they see, sometimes the very field that a sales rep corrects at the same time, and people unsubscribe.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from infra.local.demo.dice import Dice
from infra.local.demo.tables import Person, World

ACCEPTED, NURTURING, NOT_A_BUYER, WAITING = "accepted", "nurturing", "not a buyer", "waiting"
ANSWERS: Final[dict[bool, dict[str, float]]] = {
    True: {ACCEPTED: 0.7, NURTURING: 0.1, NOT_A_BUYER: 0.1, WAITING: 0.1},
    False: {ACCEPTED: 0.4, NURTURING: 0.25, NOT_A_BUYER: 0.15, WAITING: 0.2},
}
"""How a rep answers a hand-over: of somebody with a deal to be made, and of others."""
SIGNS_AFTER_ALL: Final = 0.3
"""Share of the deals still open at the end of leadforge's time that are won now."""

CORRECTED: Final = 0.08
DISPUTED: Final = 0.35
"""Of the people that sales has. Nobody disputes more than one field."""
UNSUBSCRIBES: Final = 0.04
OPTS_OUT_BY_PHONE: Final = 0.08

_SENIOR: Final = ("Senior", "Lead", "Acting", "Deputy")
_STAGES: Final = {
    "sql": "Qualification",
    "demo_scheduled": "Qualification",
    "demo_completed": "Needs Analysis",
    "proposal_sent": "Proposal/Price Quote",
    "negotiation": "Negotiation/Review",
}
"""Stage of leadforge → stage of the CRM, while a deal is open."""
WON, LOST = "Closed Won", "Closed Lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesStory:
    """What sales does with one person. Empty texts: nothing of the kind."""

    answer: str
    amount: int = 0
    stage: str = ""
    closing: str = ""
    title: str = ""
    opts_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketingStory:
    """What a marketer changes at one person. ``disputed``: sales writes another title at the same time."""

    title: str = ""
    disputed: str = ""
    unsubscribes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Both, by person id."""

    sales: Mapping[str, SalesStory]
    marketing: Mapping[str, MarketingStory]


def tell(world: World) -> Story:
    """The story of a world. Always the same for the same world."""
    dice = Dice(world.seed)
    people = world.people.items()
    return Story(
        sales={key: _sales(person, world, dice) for key, person in people},
        marketing={key: _marketing(person, dice) for key, person in people},
    )


def _sales(person: Person, world: World, dice: Dice) -> SalesStory:
    key, deal = person.person_id, world.deals.get(person.person_id)
    title = _senior(person, dice, "sales") if dice.chance(DISPUTED, key, "disputed") else ""
    opts_out = dice.chance(OPTS_OUT_BY_PHONE, key, "opts out")
    answer = dice.weigh(ANSWERS[deal is not None], key, "answer")
    if deal is None or answer != ACCEPTED:
        return SalesStory(answer=answer, title=title, opts_out=opts_out)
    signs = WON if dice.chance(SIGNS_AFTER_ALL, key, "signs") else ""
    closing = {"won": WON, "lost": LOST}.get(deal.outcome, signs)
    stage = _STAGES.get(deal.stage, "Value Proposition")
    return SalesStory(answer=answer, amount=deal.amount, stage=stage, closing=closing, title=title, opts_out=opts_out)


def _marketing(person: Person, dice: Dice) -> MarketingStory:
    key = person.person_id
    return MarketingStory(
        title=_senior(person, dice, "corrected") if dice.chance(CORRECTED, key, "corrected") else "",
        disputed=f"{person.title} (EMEA)" if dice.chance(DISPUTED, key, "disputed") else "",
        unsubscribes=dice.chance(UNSUBSCRIBES, key, "unsubscribes"),
    )


def _senior(person: Person, dice: Dice, why: str) -> str:
    return f"{dice.pick(_SENIOR, person.person_id, why)} {person.title}"
