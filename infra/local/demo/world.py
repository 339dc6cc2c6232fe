"""Generates the world: leadforge simulates who buys when, this module gives names, times of day and doors to it.

leadforge knows days; the time of day is invented here, so that whatever belongs to one person has an order. The dates
are leadforge's own.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final

from infra.local.demo import names
from infra.local.demo.costs import spent_on
from infra.local.demo.dice import Dice
from infra.local.demo.enquiries import enquire
from infra.local.demo.tables import Company, Deal, PageView, Person, Row, World
from infra.local.demo.touches import TOUCHES, browse, purchase

RECIPE: Final = "b2b_saas_procurement_v1"
DEFAULT_LEADS: Final = 300
DEFAULT_SEED: Final = 7

ACCOUNTS_PER_LEAD: Final = 0.3
CONTACTS_PER_LEAD: Final = 4
ROWS_PER_LEAD: Final = 1.3
"""leadforge draws a contact for each lead; a few are drawn again, and their later leads are further enquiries."""
VISITORS_PER_LEAD: Final = 0.3
"""Contacts without a lead who look at a page and leave."""

SIGNED_PLANS: Final = frozenset({"enterprise"})
"""Plans that nobody orders on the web: the contract is signed with sales, so only the CRM knows of it."""

MINUTE: Final = 60_000
Moment = tuple[int, Callable[..., Row]]
"""Milliseconds after the moment before, and what makes the row once its time is known."""


def generate(leads: int = DEFAULT_LEADS, seed: int = DEFAULT_SEED) -> World:
    """A world with exactly that many people who enquire."""
    dice = Dice(seed)
    tables = _simulate(leads, seed)
    chosen = _first_people(tables["leads"], leads)
    companies = {row.company_id: row for row in _companies(tables["accounts"], dice)}
    known = {lead.contact_id for lead in chosen}
    contacts = {row.contact_id: row for row in tables["contacts"]}
    people = {key: _person(contacts[key], companies, dice) for key in sorted(known)}
    diaries = _diaries(tables, chosen, people, companies, dice)
    strangers = [contact for key, contact in sorted(contacts.items()) if key not in known]
    world = World(
        seed=seed,
        companies={key: companies[key] for key in sorted({person.company_id for person in people.values()})},
        people=people,
        rows={key: tuple(_timed(diary, dice)) for key, diary in diaries.items()},
        visits=tuple(_visits(strangers[: round(leads * VISITORS_PER_LEAD)], dice)),
        deals=_deals(tables["opportunities"], {lead.lead_id: lead.contact_id for lead in chosen}),
    )
    return replace(world, costs=spent_on(world))


def _simulate(leads: int, seed: int) -> dict[str, list[Any]]:
    """The tables of leadforge, with leads of at least that many contacts."""
    drawn = max(round(leads * ROWS_PER_LEAD), leads + 5)
    while True:
        tables = _draw(leads, drawn, seed)
        if len({lead.contact_id for lead in tables["leads"]}) >= leads:
            return tables
        drawn *= 2


def _draw(leads: int, drawn: int, seed: int) -> dict[str, list[Any]]:
    from leadforge.api.generator import Generator  # type: ignore[import-untyped]  # slow: it brings pandas

    generator = Generator.from_recipe(
        RECIPE,
        seed=seed,
        n_leads=drawn,
        n_contacts=leads * CONTACTS_PER_LEAD,
        n_accounts=max(round(leads * ACCOUNTS_PER_LEAD), 4),
        exposure_mode="research_instructor",
    )
    bundle = generator.generate()
    population, result = bundle.population, bundle.simulation_result
    tables = {
        "accounts": population.accounts,
        "contacts": population.contacts,
        "leads": result.leads,
        "touches": result.touches,
        "sessions": result.sessions,
        "opportunities": result.opportunities,
        "customers": result.customers,
        "subscriptions": result.subscriptions,
    }
    return {name: [_tagged(row, f"w{seed}n{leads}") for row in rows] for name, rows in tables.items()}


def _tagged(row: Any, tag: str) -> Any:
    """The row with ids that no other world has: two worlds in one cloud are different people."""
    return replace(row, **{f.name: f"{tag}-{getattr(row, f.name)}" for f in fields(row) if f.name.endswith("_id")})


def _first_people(rows: Iterable[Any], people: int) -> list[Any]:
    """Lead rows in order until that many contacts have one; later rows of the same contacts are kept."""
    contacts: set[str] = set()
    chosen = []
    for row in rows:
        if row.contact_id in contacts or len(contacts) < people:
            contacts.add(row.contact_id)
            chosen.append(row)
    return chosen


def _companies(rows: Iterable[Any], dice: Dice) -> Iterator[Company]:
    for number, row in enumerate(rows):
        country = dice.weigh(names.MARKETS[row.region], row.account_id, "country")
        language = names.LANGUAGE[country]
        trade = names.trade_name(language, row.industry, number)
        yield Company(
            company_id=row.account_id,
            name=names.company_name(language, trade),
            domain=names.company_domain(language, trade),
            country=country,
            employees=row.employee_band,
            maturity=row.process_maturity_band,
        )


def _person(row: Any, companies: dict[str, Company], dice: Dice) -> Person:
    company = companies[row.account_id]
    language = names.LANGUAGE[company.country]
    name = names.person_name(dice, language, row.contact_id)
    corporate = row.email_domain_type == "corporate"
    # The number keeps two people of one name apart, and an address at a real mail service from being a real one.
    tag, _, number = row.contact_id.replace("-cnt_", "-").rpartition("-")
    number = number.lstrip("0")
    local = f"{names.slug(name.first)}.{names.slug(name.last)}.{number if corporate else f'demo{number:0>6}'}"
    domain = company.domain if corporate else names.free_mail_domain(dice, language, row.contact_id)
    return Person(
        person_id=row.contact_id,
        company_id=row.account_id,
        first_name=name.first,
        last_name=name.last,
        email=f"{local}@{domain}",
        corporate=corporate,
        phone=names.phone(dice, company.country, row.contact_id),
        title=row.job_title,
        country=company.country,
        device=f"device-{tag}-{number}",
        user_id=f"user-{tag}-{number}",
    )


@dataclass
class Diary:
    """What one person does on each day, in order, before it has a time."""

    person: Person
    days: dict[date, list[Moment]]

    def add(self, day: str, moments: Iterable[Moment]) -> None:
        """Append to a day of leadforge."""
        self.days.setdefault(date.fromisoformat(day), []).extend(moments)


def _diaries(
    tables: dict[str, list[Any]],
    chosen: list[Any],
    people: dict[str, Person],
    companies: dict[str, Company],
    dice: Dice,
) -> dict[str, Diary]:
    diaries = {key: Diary(person, {}) for key, person in people.items()}
    owner = {lead.lead_id: diaries[lead.contact_id] for lead in chosen}
    known: set[str] = set()
    for lead in sorted(chosen, key=lambda row: (row.lead_created_at, row.lead_id)):
        diary = owner[lead.lead_id]
        person = diary.person
        again = person.person_id in known
        known.add(person.person_id)
        diary.add(lead.lead_created_at, enquire(lead, person, companies[person.company_id], dice, again=again))
    for touch in tables["touches"]:
        if touch.lead_id in owner:
            diary = owner[touch.lead_id]
            diary.add(touch.touch_timestamp, TOUCHES[touch.touch_type](touch, diary.person, dice))
    for session in tables["sessions"]:
        if session.lead_id in owner:
            diary = owner[session.lead_id]
            diary.add(session.session_timestamp, browse(session, diary.person, dice))
    _buy(tables, owner, dice)
    return diaries


def _buy(tables: dict[str, list[Any]], owner: dict[str, Diary], dice: Dice) -> None:
    opportunities = {row.opportunity_id: row for row in tables["opportunities"]}
    plans = {row.customer_id: row.plan_name for row in tables["subscriptions"]}
    for customer in tables["customers"]:
        opportunity = opportunities[customer.opportunity_id]
        diary = owner.get(opportunity.lead_id)
        if diary is not None and plans[customer.customer_id] not in SIGNED_PLANS:
            amount = opportunity.estimated_acv
            diary.add(
                customer.customer_start_at,
                purchase(customer.customer_id, amount, plans[customer.customer_id], diary.person, dice),
            )


def _deals(rows: Iterable[Any], person_of: dict[str, str]) -> dict[str, Deal]:
    """The first opportunity of each person."""
    outcomes = {"closed_won": "won", "closed_lost": "lost"}
    found: dict[str, Deal] = {}
    for row in rows:
        person = person_of.get(row.lead_id)
        if person is not None and person not in found:
            found[person] = Deal(
                deal_id=row.opportunity_id,
                person_id=person,
                amount=row.estimated_acv,
                stage=row.stage,
                outcome=outcomes.get(row.close_outcome, "open"),
            )
    return found


def _timed(diary: Diary, dice: Dice) -> Iterator[Row]:
    """Times of day: everything follows what came before it, from the early morning on (UTC)."""
    for day, moments in sorted(diary.days.items()):
        at = _start(day) + dice.between(6 * 60, 9 * 60, diary.person.person_id, day) * MINUTE
        for gap, make in moments:
            at += gap
            yield make(at=at)


def _start(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1000


def _visits(strangers: Iterable[Any], dice: Dice) -> Iterator[PageView]:
    for contact in strangers:
        key = contact.contact_id
        at = _start(date.fromisoformat(contact.created_at)) + dice.between(6 * 60, 18 * 60, key, "visit") * MINUTE
        for number in range(dice.between(1, 3, key, "pages")):
            yield PageView(
                row_id=f"{key}-visit-{number}",
                person_id="",
                at=at + number * MINUTE,
                device=f"visitor-{key}",
                user_id="",
                path=dice.pick(("/", "/product", "/blog/invoice-matching", "/about"), key, "page", number),
                origin=None,
            )
