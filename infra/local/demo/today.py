"""The last hour of the world: some people come back and ask for a demonstration, as it happens while you watch.

What leadforge simulated is history, and history is handed over to nobody. Whoever becomes ready for sales now is: sales
gets a lead and a task, and a fresh consent gets a welcome.
"""

from dataclasses import replace
from typing import Final

from infra.local.demo.costs import spent_today
from infra.local.demo.dice import Dice
from infra.local.demo.enquiries import FORM_NAMES, PATHS
from infra.local.demo.story import tell
from infra.local.demo.tables import Enquiry, Origin, PageView, Person, Row, World

MINUTE: Final = 60_000
FORM: Final = "request-demo"
RETURNS: Final = {True: 0.6, False: 0.25}
"""Share of the people who come back: of those with a deal to be made, and of the others."""
TICKED: Final = 0.85
_DOORS: Final = {"typeform": 0.4, "form": 0.3, "json": 0.3}


def happen_today(world: World, now: int) -> World:
    """The same people, with what they do in the hour before ``now`` (milliseconds) and nothing else."""
    dice = Dice(world.seed)
    back = {
        key: person
        for key, person in world.people.items()
        if dice.chance(RETURNS[key in world.deals], key, "comes back")
    }
    rows = {key: _ask_for_a_demonstration(person, world, dice, now) for key, person in back.items()}
    today = replace(world, rows=rows, visits=(), costs=())
    return replace(today, costs=spent_today(world, today, tell(world), now))


def with_today(world: World, today: World) -> World:
    """One world: first what was, then what happens today."""
    rows = {key: (*rows, *today.rows.get(key, ())) for key, rows in world.rows.items()}
    return replace(world, rows=rows, costs=(*world.costs, *today.costs))


def _ask_for_a_demonstration(person: Person, world: World, dice: Dice, now: int) -> tuple[Row, ...]:
    key = person.person_id
    at = now - dice.between(5, 55, key, "today") * MINUTE
    door = "tilda" if person.country == "RU" else dice.weigh(_DOORS, key, "today's door")
    view = PageView(
        row_id=f"{key}-today-page",
        person_id=key,
        at=at - MINUTE,
        device=person.device,
        user_id=person.user_id,
        path=PATHS[FORM],
        origin=Origin(source="newsletter", medium="email", campaign="monthly"),
    )
    form = Enquiry(
        row_id=f"{key}-today-form",
        person_id=key,
        at=at,
        door=door,
        form_id=FORM,
        form_name=FORM_NAMES[FORM],
        path=PATHS[FORM],
        origin=Origin(source="newsletter", medium="email", campaign="monthly"),
        device=person.device,
        profile={
            "first_name": person.first_name,
            "last_name": person.last_name,
            "company": world.companies[person.company_id].name,
            "title": person.title,
            "phone": person.phone,
            "country": person.country,
        },
        answers={},
        consents={"processing": True, **({"ad.email": True} if dice.chance(TICKED, key, "today's box") else {})},
    )
    return view, form
