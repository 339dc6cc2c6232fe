"""Touches, sessions and purchases of leadforge as what web sites, mail providers and telephone systems report."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

from infra.local.demo.dice import Dice
from infra.local.demo.tables import (
    Call,
    Chat,
    Download,
    MailEvent,
    Origin,
    PageView,
    Person,
    Purchase,
    Row,
    Webinar,
)

Moment = tuple[int, Callable[..., Row]]

MINUTE: Final = 60_000

LIBRARY: Final = (
    ("Touchless invoices", "touchless-invoices", "guide"),
    ("ROI of accounts payable automation", "roi-calculator", "roi"),
    ("Three-way matching explained", "three-way-matching", "guide"),
    ("Case study: a logistics group", "case-study-logistics", "case study"),
    ("Checklist for supplier onboarding", "supplier-onboarding", "checklist"),
)
WEBINARS: Final = ("Month-end close in two days", "E-invoicing in Europe", "Approvals without e-mail")
PAGES: Final = ("/", "/product", "/integrations", "/customers", "/blog/invoice-matching", "/security", "/about")
SPECIAL: Final = {"pricing_page": "/pricing", "demo_page": "/request-demo"}
LINKEDIN: Final = Origin(source="linkedin", medium="social", campaign="sdr-messages")

SHOPS: Final = {"woocommerce": 0.5, "segment-server": 0.3, "standard-webhooks": 0.2}
"""Who tells of an order: the shop, the product's own server, a payment service."""
CURRENCIES: Final = {"woocommerce": "EUR", "segment-server": "USD", "standard-webhooks": "USD"}
GIVES_BACK: Final = "woocommerce"
GIVEN_BACK: Final = 0.15

OPENED: Final = 0.45
OPENED_BY_A_MACHINE: Final = 0.15
CLICKED: Final = 0.25
UNSUBSCRIBED: Final = 0.02
ATTENDED: Final = 0.3
ANSWERED: Final = 0.2


def _mail(touch: Any, person: Person, dice: Dice) -> Iterator[Moment]:
    """A message is delivered; some are opened (now and then by a machine), clicked, and used to unsubscribe."""
    key = touch.touch_id
    event = partial(_mail_event, key, person)
    yield _pause(dice, key), event("delivered")
    if dice.chance(OPENED_BY_A_MACHINE, key, "machine"):
        yield 2 * MINUTE, event("open", suffix="-machine", machine=True)
    if not dice.chance(OPENED, key, "open"):
        return
    yield dice.between(5, 90, key, "opens") * MINUTE, event("open")
    if dice.chance(CLICKED, key, "click"):
        yield MINUTE, event("click")
    elif dice.chance(UNSUBSCRIBED, key, "unsubscribe"):
        yield MINUTE, event("unsubscribe")


def _mail_event(
    key: str, person: Person, event: str, *, suffix: str = "", machine: bool = False
) -> Callable[..., MailEvent]:
    return partial(
        MailEvent,
        row_id=f"{key}-{event}{suffix}",
        person_id=person.person_id,
        email=person.email,
        event=event,
        message_id=f"message-{key}",
        machine=machine,
    )


def _call(touch: Any, person: Person, dice: Dice) -> Iterator[Moment]:
    key = touch.touch_id
    answered = dice.chance(ANSWERED, key, "answered")
    seconds = dice.between(60, 1500, key, "seconds") if answered else 0
    call = partial(Call, row_id=key, person_id=person.person_id, email=person.email)
    yield _pause(dice, key), partial(call, answered=answered, seconds=seconds)


def _linkedin(touch: Any, person: Person, dice: Dice) -> Iterator[Moment]:
    """Inbound: they wrote to us. Outbound: they followed the link in our message."""
    on_site = _on_site(person, touch.touch_id)
    if touch.touch_direction == "inbound":
        yield _pause(dice, touch.touch_id), partial(Chat, **on_site)
    else:
        yield _pause(dice, touch.touch_id), partial(PageView, **on_site, path="/product", origin=LINKEDIN)


def _download(touch: Any, person: Person, dice: Dice) -> Iterator[Moment]:
    title, asset, category = dice.pick(LIBRARY, touch.touch_id, "document")
    on_site = _on_site(person, touch.touch_id)
    yield _pause(dice, touch.touch_id), partial(Download, **on_site, title=title, asset=asset, category=category)


def _webinar(touch: Any, person: Person, dice: Dice) -> Iterator[Moment]:
    key = touch.touch_id
    attended = dice.chance(ATTENDED, key, "attended")
    title = dice.pick(WEBINARS, key, "webinar")
    yield _pause(dice, key), partial(Webinar, **_on_site(person, key), title=title, attended=attended)


TOUCHES: Final[dict[str, Callable[[Any, Person, Dice], Iterable[Moment]]]] = {
    "email": _mail,
    "call": _call,
    "linkedin_message": _linkedin,
    "content_download": _download,
    "webinar": _webinar,
}
"""What each type of touch in leadforge's table becomes."""


def browse(session: Any, person: Person, dice: Dice) -> Iterator[Moment]:
    """A session: as many page views as leadforge counted, its pricing and demo pages among them."""
    key = session.session_id
    paths = [SPECIAL[session.session_type]] if session.session_type in SPECIAL else []
    paths += ["/pricing"] * session.pricing_page_views + ["/request-demo"] * session.demo_page_views
    others = max(session.page_views - len(paths), 0)
    paths = [*(dice.pick(PAGES, key, "page", n) for n in range(others)), *paths]
    for number, path in enumerate(paths):
        gap = dice.between(10, 90, key, "reads", number) * 1000
        on_site = _on_site(person, f"{key}-{number}")
        yield gap if number else _pause(dice, key), partial(PageView, **on_site, path=path, origin=None)


def purchase(customer_id: str, amount: int, plan: str, person: Person, dice: Dice) -> Iterator[Moment]:
    """The first order is paid, in one of the company's shops; now and then a part is given back."""
    door = dice.weigh(SHOPS, customer_id, "shop")
    some_back = door == GIVES_BACK and dice.chance(GIVEN_BACK, customer_id, "given back")
    row = partial(Purchase, row_id=customer_id, person_id=person.person_id, email=person.email)
    given_back = amount // 5 if some_back else 0
    yield (
        20 * MINUTE,
        partial(row, amount=amount, plan=plan, door=door, currency=CURRENCIES[door], given_back=given_back),
    )


def _on_site(person: Person, row_id: str) -> dict[str, Any]:
    """Whatever follows the first form happens on a device that the site knows."""
    return {"row_id": row_id, "person_id": person.person_id, "device": person.device, "user_id": person.user_id}


def _pause(dice: Dice, key: str) -> int:
    return dice.between(4, 25, key, "pause") * MINUTE
