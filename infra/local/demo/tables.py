"""The generated world as typed tables: what the player sends and what the expected numbers are computed from.

Every row keeps the id of the leadforge row it was made from. Times are milliseconds since the epoch, UTC.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

SITE: Final = "www.veridian-procure.example"
"""The web site of the vendor whose leads these are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a visit came from: campaign parameters, or the host of the linking page; neither means typed in."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    referrer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """An account of leadforge."""

    company_id: str
    name: str
    domain: str
    country: str
    employees: str
    maturity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A contact of leadforge. ``corporate``: the address is at the company's domain, else at a free mail service."""

    person_id: str
    company_id: str
    first_name: str
    last_name: str
    email: str
    corporate: bool
    phone: str
    title: str
    country: str
    device: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Something a person did."""

    row_id: str
    person_id: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiry(Row):
    """A lead of leadforge: a form sent through one of the doors.

    ``profile`` holds what was stated beside the address, ``consents`` the boxes that were ticked (True) or sent empty
    (False). ``device`` is empty where the form does not know the visitor's device (an ad's own form).
    """

    door: str
    form_id: str
    form_name: str
    path: str
    origin: Origin
    device: str
    profile: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    consents: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView(Row):
    """A page of a session. ``user_id`` is empty until the visitor is known."""

    device: str
    user_id: str
    path: str
    origin: Origin | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification(Row):
    """After the first form the site tells its analytics who the visitor is."""

    device: str
    user_id: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Download(Row):
    """A document."""

    device: str
    user_id: str
    title: str
    asset: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Webinar(Row):
    """A registration (``attended`` False) or an attendance."""

    device: str
    user_id: str
    title: str
    attended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat(Row):
    """A message to us."""

    device: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEvent(Row):
    """What a mail provider tells: delivered, open, click or unsubscribe. ``machine``: a proxy fetched the pictures."""

    email: str
    event: str
    message_id: str
    machine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Row):
    """A telephone call, answered or not."""

    email: str
    answered: bool
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase(Row):
    """A customer of leadforge: the first order was paid. It comes of touches and is none.

    ``door`` is the shop that tells of it, ``given_back`` what of the amount was paid back later.
    """

    email: str
    amount: int
    plan: str
    door: str
    currency: str
    given_back: int = 0

    @property
    def kept(self) -> int:
        """The amount less what was given back."""
        return self.amount - self.given_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """An opportunity of leadforge: what sales may win with a person. ``outcome`` is won, lost or open."""

    deal_id: str
    person_id: str
    amount: int
    stage: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesRow(Row):
    """Something that sales did in the CRM, as rules may ask about it. It is no touch of the person.

    ``at`` is the CRM's own time of it, because that is when Leadspine can know of it.
    """

    attributes: Mapping[str, str]


class Campaign(NamedTuple):
    """How somebody came first, as touches name it."""

    channel: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """Money that marketing spent: hundredths of the currency's unit."""

    key: str
    day: date
    kind: str
    channel: str
    campaign: str
    cents: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All tables. ``rows`` holds everything that people did, per person in order of time."""

    seed: int
    companies: Mapping[str, Company]
    people: Mapping[str, Person]
    rows: Mapping[str, tuple[Row, ...]]
    visits: tuple[PageView, ...]
    """Page views of visitors who never tell who they are; ``person_id`` is empty."""
    deals: Mapping[str, Deal] = field(default_factory=dict)
    """By person: the opportunity of whoever has one. Sales plays them, no door does."""
    costs: tuple[CostRow, ...] = ()
    """What marketing spent on all this."""

    @property
    def origins(self) -> Mapping[str, Campaign]:
        """By person: the channel and the campaign of the first touch."""
        return {key: origin_of(next(row for row in rows if is_touch(row))) for key, rows in self.rows.items() if rows}

    def all_rows(self) -> Iterator[Row]:
        """Every row of the world."""
        for rows in self.rows.values():
            yield from rows
        yield from self.visits


CHANNEL_OF_MEDIUM: Final = {
    "cpc": "Paid Search",
    "paid-social": "Paid Social",
    "email": "Email",
    "referral": "Referral",
    "social": "Organic Social",
}
CHANNEL_OF_REFERRER: Final = {"www.google.com": "Organic Search", "www.youtube.com": "Organic Video", "": "Direct"}


def is_human(row: Row) -> bool:
    """False for what a machine did."""
    return not (isinstance(row, MailEvent) and row.machine)


def is_touch(row: Row) -> bool:
    """Whether a person did it, and it is not what came of touches."""
    return is_human(row) and not isinstance(row, Purchase)


def origin_of(row: Row) -> Campaign:
    """The channel and the campaign of a visit or a form that nothing went before."""
    origin = getattr(row, "origin", None) or Origin()
    channel = CHANNEL_OF_MEDIUM[origin.medium] if origin.medium else CHANNEL_OF_REFERRER[origin.referrer]
    return Campaign(channel, origin.campaign)
