"""Reading companies: which there are, and one with its people, hand-overs and opportunities.

Counts are those of the lake, names are in the heads of people only: the lake knows no name.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from shared.app.cursors import Cursors
from shared.app.lead_views import handover_item, lead_view
from shared.app.money_reports import MoneyReports
from shared.app.read_leads import COMPANY_LEADS, LeadReader, not_found
from shared.contracts import api
from shared.contracts.envelope import iso
from shared.domain.insights.companies import CompanyCount
from shared.domain.insights.metrics import LINE, label_of
from shared.domain.insights.opportunities import SHOP
from shared.domain.instant import Instant
from shared.domain.intake.problem import Problem
from shared.domain.lead.projection import PersonView
from shared.domain.lifecycle.model import NONE
from shared.domain.money import returns
from shared.domain.money.amounts import plain
from shared.domain.money.returns import Sale
from shared.ports.lake import LakeBusy, LeadInsights

PAGE: Final = 25
NAMED_BY: Final = 3
"""So many people of a company are asked for its name where many companies are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyReader:
    """``insights`` and ``money`` are functions: the engine behind them is loaded only when it is asked."""

    leads: LeadReader
    insights: Callable[[], LeadInsights]
    money: Callable[[], MoneyReports]
    cursors: Cursors

    def listed(self, text: str | None, cursor: str | None) -> api.CompanyList:
        """Companies by a part of their domain or by id, all of them without; latest touched first.

        Raises:
            Problem: API.BAD_CURSOR, API.TRY_AGAIN.
        """
        scope = f"companies {sha256((text or '').encode()).hexdigest()}"
        after = self.cursors.open(scope, cursor)
        place = (int(after[0]), str(after[1])) if after else None
        try:
            found = self.insights().companies(text or None, after=place, limit=PAGE)
        except LakeBusy as busy:
            raise _busy() from busy
        names = self._names([one.company_id for one in found.items])
        items = [_line(one, names.get(one.company_id)) for one in found.items]
        return api.CompanyList(items=items, cursor=self.cursors.seal(scope, found.after))

    def company(self, company_id: str) -> api.Company:
        """One company. It is there as long as one of its people is.

        Raises:
            Problem: API.NOT_FOUND, API.TRY_AGAIN.
        """
        people = self._people(company_id)
        if not people:
            raise not_found()
        try:
            counted = self.insights().companies(company_id, after=None, limit=1).items
            books, policy = self.money().books(), self.money().policy
        except LakeBusy as busy:
            raise _busy() from busy
        count = next((one for one in counted if one.company_id == company_id), _count(company_id, people))
        sales = [sale for sale in books.sales if sale.opportunity.company == company_id]
        won = [sale for sale in sales if sale.opportunity.state == "won"]
        reached = _Reached.of(people)
        return api.Company(
            **_line(count, _name(people)).model_dump(),
            persons=[lead_view(person) for person in people],
            handovers=[
                handover_item(person, person.handover)
                for person in people
                if person.handover and person.handover.state != NONE
            ],
            opportunities=[_deal(sale, reached) for sale in _latest(sales)],
            currency=policy.rates.currency,
            won_amount=plain(returns.total(won)),
            marketing_amount=plain(returns.total(sale for sale in won if sale.opportunity.marketing)),
        )

    def _people(self, company_id: str) -> list[PersonView]:
        """Its people as they are now, the latest touched first; a person who moved on does not count."""
        linked = self.leads.store.company_members(company_id)[:COMPANY_LEADS]
        found = [one for one in self.leads.people(linked) if one.company and one.company.company_id == company_id]
        return sorted(found, key=lambda one: (-_touched(one), one.lead_id))

    def _names(self, company_ids: Sequence[str]) -> dict[str, str | None]:
        store = self.leads.store
        linked = [lead for company_id in company_ids for lead in store.company_members(company_id)[:NAMED_BY]]
        groups: dict[str, list[PersonView]] = {}
        for person in self.leads.people(linked):
            if person.company:
                groups.setdefault(person.company.company_id, []).append(person)
        return {company_id: _name(people) for company_id, people in groups.items()}


@dataclass(frozen=True, slots=True)
class _Reached:
    """When a company was first touched, and first handed over after that, as far as its people know it today."""

    touched_at: Instant | None
    handed_over_at: Instant | None

    @staticmethod
    def of(people: Iterable[PersonView]) -> "_Reached":
        people = tuple(people)
        touched = min((one.first_touch.occurred_at for one in people if one.first_touch), default=None)
        asked = [one.handover.requested_at for one in people if one.handover and one.handover.state != NONE]
        return _Reached(touched, min((at for at in asked if touched is not None and at >= touched), default=None))


def _deal(sale: Sale, reached: _Reached) -> api.CompanyDeal:
    deal = sale.opportunity
    return api.CompanyDeal(
        id=deal.opportunity_id,
        origin=deal.origin or "crm",
        state=deal.state,
        amount=None if sale.amount is None else plain(sale.amount),
        opened_on=deal.opened_on or None,
        closed_on=deal.closed_on or None,
        marketing=deal.marketing,
        why=_why(sale, reached),
        touched_on=None if reached.touched_at is None else label_of(reached.touched_at, "day"),
        handed_over_on=None if reached.handed_over_at is None else label_of(reached.handed_over_at, "day"),
        lead_ids=list(deal.lead_ids),
    )


def _why(sale: Sale, reached: _Reached) -> api.WhyMarketing:
    """The step that decided, of the definition in shared/domain/insights/opportunities.py; it decides nothing anew."""
    deal, shop = sale.opportunity, sale.opportunity.origin == SHOP
    if deal.marketing:
        return "order_after_touch" if shop else "opened_after_handover"
    if reached.touched_at is None:
        return "never_touched"
    if shop:
        return "order_before_touch"
    return "never_handed_over" if reached.handed_over_at is None else "opened_before_handover"


def _line(count: CompanyCount, name: str | None) -> api.CompanyLine:
    return api.CompanyLine(
        id=count.company_id,
        name=name,
        domain=count.domain or None,
        people=count.people,
        leads=count.leads,
        stage=LINE[count.reach] if count.reach >= 0 else None,
        touches=count.touches,
        content=count.content,
        last_touch_at=iso(count.seen_at) if count.seen_at else None,
    )


def _count(company_id: str, people: Sequence[PersonView]) -> CompanyCount:
    """The counts of a company that came in after the lake was last written: facts take up to a minute."""
    reaches = [max((LINE.index(stage) for stage in one.stage.entered if stage in LINE), default=-1) for one in people]
    return CompanyCount(
        company_id=company_id,
        domain=max(one.company.domain for one in people if one.company),
        people=len(people),
        leads=sum(reach >= 0 for reach in reaches),
        reach=max(reaches),
        touches=sum(one.touch_count for one in people),
        content=0,
        seen_at=max(map(_touched, people)),
    )


def _name(people: Iterable[PersonView]) -> str | None:
    """What most of its people call it; of equals the first in the alphabet."""
    said = Counter(one.company.name for one in people if one.company and one.company.name)
    return min(said, key=lambda name: (-said[name], name), default=None)


def _latest(sales: Iterable[Sale]) -> list[Sale]:
    """The one that closed or is to close last comes first."""
    by_id = sorted(sales, key=lambda sale: sale.opportunity.opportunity_id)
    return sorted(by_id, key=lambda sale: sale.opportunity.closed_on or sale.opportunity.opened_on, reverse=True)


def _touched(person: PersonView) -> Instant:
    return person.last_touch.occurred_at if person.last_touch else 0


def _busy() -> Problem:
    return Problem("API.TRY_AGAIN", status=503, detail="The lake is being rebuilt; ask again.")
