"""A lead of leadforge as an enquiry: somebody arrives by the lead's channel, reads a little and sends a form."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from infra.local.demo.dice import Dice
from infra.local.demo.tables import Company, Enquiry, Identification, Origin, PageView, Person, Row

Moment = tuple[int, Callable[..., Row]]

MINUTE: Final = 60_000

ORIGINS: Final[dict[str, dict[Origin, float]]] = {
    "inbound_marketing": {
        Origin(source="google", medium="cpc", campaign="procurement-search"): 0.3,
        Origin(referrer="www.google.com"): 0.25,
        Origin(source="linkedin", medium="paid-social", campaign="ap-automation"): 0.15,
        Origin(source="newsletter", medium="email", campaign="monthly"): 0.1,
        Origin(referrer="www.youtube.com"): 0.05,
        Origin(): 0.15,
    },
    "sdr_outbound": {Origin(source="outreach", medium="email", campaign="sdr-sequence"): 0.8, Origin(): 0.2},
    "partner_referral": {Origin(source="partner-portal", medium="referral", campaign="partners"): 1.0},
}
LEAD_AD: Final = Origin(source="facebook", medium="paid-social", campaign="lead-ads")

FORMS: Final = {
    "inbound_marketing": {"whitepaper": 0.4, "newsletter": 0.25, "contact": 0.22, "request-demo": 0.13},
    "sdr_outbound": {"contact": 0.35, "whitepaper": 0.55, "request-demo": 0.1},
    "partner_referral": {"contact": 0.45, "whitepaper": 0.35, "request-demo": 0.2},
}
FORM_NAMES: Final = {
    "whitepaper": "Whitepaper: touchless invoices",
    "newsletter": "Newsletter",
    "contact": "Contact us",
    "request-demo": "Request a demo",
}
PATHS: Final = {
    "whitepaper": "/resources/touchless-invoices",
    "newsletter": "/newsletter",
    "contact": "/contact",
    "request-demo": "/request-demo",
}
ASKED: Final = {
    "newsletter": (),
    "whitepaper": ("company",),
    "contact": ("company", "title", "phone"),
    "request-demo": ("company", "title", "phone", "country"),
}
"""What each form asks for beside a name and an address. More is only known of who wants more."""

DOORS: Final = {
    "inbound_marketing": {"typeform": 0.35, "form": 0.3, "meta": 0.2, "json": 0.15},
    "sdr_outbound": {"json": 0.6, "form": 0.4},
    "partner_referral": {"standard-webhooks": 0.7, "json": 0.3},
}
SIZES: Final = {"200-499": "201-500", "500-999": "501-1000", "1000-1999": "1000+", "2000+": "1000+"}
TIMELINES: Final = {"high": "this quarter", "medium": "this year", "low": "just looking"}

TICKED: Final = {"processing": 0.96, "ad.email": 0.8}
SAYS_NO: Final = frozenset({"json", "form", "standard-webhooks"})
"""Doors whose forms also send a box that was not ticked."""


def enquire(lead: Any, person: Person, company: Company, dice: Dice, *, again: bool) -> Iterator[Moment]:
    """The visit, the form, and the first time also the site's note of who the visitor is."""
    key = lead.lead_id
    form = dice.weigh(FORMS[lead.lead_source], key, "form")
    door = _door(lead.lead_source, person, dice, key)
    origin = LEAD_AD if door == "meta" else dice.weigh(ORIGINS[lead.lead_source], key, "origin")
    if door != "meta":
        yield from _arrive(key, person, origin, PATHS[form], dice, user_id=person.user_id if again else "")
    yield (
        dice.between(40, 300, key, "typing") * 1000,
        partial(
            Enquiry,
            row_id=key,
            person_id=person.person_id,
            door=door,
            form_id=form,
            form_name=FORM_NAMES[form],
            path=PATHS[form],
            origin=origin,
            device="" if door == "meta" else person.device,
            profile=_profile(form, person, company),
            answers=_answers(form, company, dice, key),
            consents=_consents(door, dice, key),
        ),
    )
    if not again:
        known = partial(Identification, device=person.device, user_id=person.user_id, email=person.email)
        yield 20_000, partial(known, row_id=f"{person.person_id}-known", person_id=person.person_id)


def _door(channel: str, person: Person, dice: Dice, key: str) -> str:
    """Russian visitors of the web site meet the Russian landing page, which is made with Tilda."""
    door = dice.weigh(DOORS[channel], key, "door")
    return "tilda" if person.country == "RU" and door in ("typeform", "form") else door


def _arrive(key: str, person: Person, origin: Origin, form_path: str, dice: Dice, *, user_id: str) -> Iterator[Moment]:
    between = [dice.pick(("/product", "/integrations", "/customers", "/pricing"), key, "reads", n) for n in range(2)]
    paths = ["/", *between[: dice.between(0, 2, key, "reads")], form_path]
    for number, path in enumerate(paths):
        view = partial(
            PageView,
            row_id=f"{key}-arrival-{number}",
            person_id=person.person_id,
            device=person.device,
            user_id=user_id,
            path=path,
            origin=None if number else origin,
        )
        yield dice.between(15, 90, key, "arrives", number) * 1000, view


def _profile(form: str, person: Person, company: Company) -> dict[str, str]:
    stated = {"first_name": person.first_name, "last_name": person.last_name}
    values = {"company": company.name, "title": person.title, "phone": person.phone, "country": person.country}
    return stated | {name: values[name] for name in ASKED[form]}


def _answers(form: str, company: Company, dice: Dice, key: str) -> dict[str, str]:
    if form != "request-demo":
        return {}
    answers = {"timeline": TIMELINES[company.maturity]}
    if dice.chance(0.7, key, "size"):
        answers["company_size"] = SIZES[company.employees]
    return answers


def _consents(door: str, dice: Dice, key: str) -> dict[str, bool]:
    """Boxes that were ticked; an ad's own form has none."""
    if door == "meta":
        return {}
    ticked = {purpose: dice.chance(share, key, purpose) for purpose, share in TICKED.items()}
    return {purpose: yes for purpose, yes in ticked.items() if yes or door in SAYS_NO}
