"""A year's half of a small company: people of five channels, hand-overs, what was won and lost, and what it cost."""

from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from shared.app.console.report_catalog import REPORTS
from shared.domain.instant import DAY
from shared.domain.intake.signal import Signal
from tests.unit.api.world import NOW, World, signal

READY: Final = {"budget": "90000", "role": "Head of Procurement", "timeline": "this quarter"}
DEMO: Final = {"form_id": "demo-request", "path": "/request-demo"}
CHANNELS: Final = ("Paid Search", "Email", "Organic Search", "Paid Social", "Referral")
CAMPAIGNS: Final = ("spring", "newsletter", "", "launch", "")
NAMES: Final = (
    "Anna Nowak", "Boris Petrov", "Chiara Rossi", "David Klein", "Eva Novotná", "Femke Visser", "Georg Lang",
    "Hanna Virtanen", "Igor Sokolov", "Julia Weber", "Karol Zieliński", "Lena Fischer",
)  # fmt: skip
COSTS: Final = """date,kind,channel,campaign,amount,currency,key
2026-01-10,media,Paid Search,spring,9000,EUR,a1
2026-02-10,media,Paid Search,spring,9000,EUR,a2
2026-03-10,media,Paid Social,launch,16000,EUR,b1
2026-04-10,media,Paid Social,launch,16000,EUR,b2
2026-02-01,licence,,,1200,EUR,c1
2026-03-01,content,Email,newsletter,12800.50,USD,d1
"""
PEOPLE: Final = 60
PAGES: Final = [
    (name, by) for name, report in REPORTS.items() for by in (report.by or ("",)) if by not in ("week", "day")
]
"""Reports and their groupings; weeks and days are months with more lines."""
OWNERS: Final = ("005Anna", "005Marek")


class Someone(NamedTuple):
    """A person of the world; of every five the first is ready for sales, of those two in three have an opportunity."""

    number: int

    @property
    def day(self) -> int:
        return self.number * 5 // 2

    @property
    def email(self) -> str:
        return f"{self.name.split(maxsplit=1)[0].lower()}{self.number}@{self.domain}"

    @property
    def name(self) -> str:
        return NAMES[self.number % len(NAMES)]

    @property
    def domain(self) -> str:
        return f"company{self.number % 17}.example"

    def came(self) -> list[Signal]:
        """A visit or two, then a form; those who are ready ask for a demonstration."""
        profile = {"email": self.email, "name": self.name, "company": f"Company {self.number % 17} GmbH"}
        utm = {"campaign": CAMPAIGNS[self.number % 5], "content": f"banner-{self.number % 3}"}
        known: dict[str, Any] = {
            "email": self.email, "profile": profile, "company_domain": self.domain,
            "channel": CHANNELS[self.number % 5], "consents": {"processing": True},
            "utm": {name: value for name, value in utm.items() if value},
        }  # fmt: skip
        if self.number % 4 == 1:
            return [signal(self.at(n), "form_submitted", attributes=DEMO, answers=READY, **known) for n in range(6)]
        return [signal(self.at(0), "content_downloaded", attributes={"path": "/guide"}, **known)]

    def sold(self) -> list[Signal]:
        """What sales told: accepted within hours, then an opportunity that is won, lost, or still open."""
        if self.number % 4 != 1 or self.number % 3 == 2:
            return []
        days = 12 + 7 * self.number % 31
        opened, closed = day_of(self.day + 2), day_of(self.day + days)
        state = ("won", "open", "won", "lost")[self.number // 4 % 4]
        told: dict[str, Any] = {
            "opportunity_id": f"006{self.number:03}", "opportunity_state": state,
            "amount": f"{4000 + 937 * self.number}.00", "currency": "EUR", "opened_on": opened, "closed_on": closed,
        }  # fmt: skip
        owner = OWNERS[self.number // 4 % 2]
        later = {"opportunity_state": state, "closed_on": closed} if state != "open" else {}
        return [
            self.by_sales(100 + 200 * (self.number % 3), handover="accepted", owner=owner),
            self.by_sales(2 * 1440 + 5, **{**told, "opportunity_state": "open"}),
            *([self.by_sales(days * 1440, **{**told, **later})] if later else []),
        ]

    def by_sales(self, minutes: int, **attributes: Any) -> Signal:
        """A change in the CRM so long after the person came in."""
        return signal(self.at(minutes), "remote_changed", email=self.email, source="salesforce", attributes=attributes)

    def at(self, minutes: int) -> int:
        """Minutes since the start of the world."""
        return self.day * 1440 + minutes


def earning() -> World:
    """Everybody in order of time, so that hand-overs have their time to answer; the costs are in."""
    world = World()
    world.clock.advance(NOW - world.clock.now())
    happened: list[list[Signal]] = []
    for number in range(PEOPLE):
        someone = Someone(number)
        happened += (someone.came(), *([one] for one in someone.sold()))
    for signals in sorted(happened, key=lambda one: one[-1].occurred_at):
        world.clock.advance(signals[-1].occurred_at - world.clock.now())
        world.happen(signals)
    world.clock.advance(30 * DAY)
    status, answer = world.call("POST", "/api/costs", {"content": COSTS, "dry_run": False})
    assert status == 200, answer
    return world


def day_of(number: int) -> str:
    """A day as text, so many days after the first of January 2026."""
    return (date(2026, 1, 1) + timedelta(days=number)).isoformat()
