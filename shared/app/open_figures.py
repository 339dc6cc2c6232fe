"""What is behind a figure of a report: its leads, opportunities and costs, paged by id."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, get_args

from shared.app.cursors import Cursors
from shared.app.money_reports import MoneyReports, group_by, handover_by, period_of, spent_by
from shared.app.read_reports import cohort_of, touch_by
from shared.contracts import reports
from shared.domain.insights.groups import Figure, handover_label
from shared.domain.intake.problem import Problem
from shared.domain.money import returns
from shared.domain.money.amounts import plain
from shared.domain.money.policy_model import KINDS
from shared.domain.money.returns import Sale, Spend
from shared.ports.lake import LakeBusy

PAGE: Final = 100
SPENT_ON: Final = {f"spend_{kind}": kind for kind in KINDS}
"""Figures of what was spent on one kind."""
FIGURES: Final = {
    "conversion": ("leads", "mql", "sql", "opportunities", "customers", "advocates"),
    "touchpoints": ("people",),
    "romi": ("spend", *SPENT_ON, "revenue", "won"),
    "cac": ("spend", "companies"),
    "time-to-sale": ("leads", "customers", "open"),
    "pipeline": ("open", "won", "lost"),
    "handovers": ("handovers", "waiting", "overdue", "accepted", "rejected"),
    "content": ("regular", "others"),
}
"""What can be opened in which report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureOpener:
    """Opens what MoneyReports answered; a figure and its rows agree when nothing arrived in between."""

    reader: MoneyReports
    cursors: Cursors

    def open(self, name: str, query: reports.BehindQuery, *, limit: int = PAGE) -> reports.Behind:
        """A page of the rows behind a figure.

        Raises:
            Problem: API.NOT_FOUND for a report that opens no figures, API.BAD_REQUEST for a figure it does not have,
                API.BAD_CURSOR, API.TRY_AGAIN.
        """
        figures = FIGURES.get(name)
        if figures is None:
            raise Problem("API.NOT_FOUND", status=404, detail=f"These reports can be opened: {', '.join(FIGURES)}.")
        if query.open not in figures:
            raise Problem("API.BAD_REQUEST", status=400, detail=f"open is one of: {', '.join(figures)}.")
        asked = (name, query.open, query.line, query.from_, query.to, query.by)
        scope = "behind:" + ":".join(str(part) for part in asked)
        after = str((self.cursors.open(scope, query.cursor) or [""])[0])
        try:
            found = self._rows(name, query, after, limit)
        except LakeBusy as busy:
            raise Problem("API.TRY_AGAIN", status=503, detail="The lake is being rebuilt; ask again.") from busy
        found = sorted((item for item in found if item.id > after), key=lambda item: item.id)
        page = found[:limit]
        last = [page[-1].id] if len(found) > limit else None
        return reports.Behind(
            name=name, open=query.open, line=query.line, items=page, cursor=self.cursors.seal(scope, last)
        )

    def _rows(self, name: str, query: reports.BehindQuery, after: str, limit: int) -> list[reports.BehindItem]:
        if name in ("conversion", "time-to-sale"):
            return self._leads(query, after, limit)
        if name == "handovers":
            return self._handovers(query)
        if name == "touchpoints":
            cohort, by = cohort_of(query.from_, query.to), touch_by(query)
            ids = self.reader.insights.touched_by(cohort, by, query.line, after=after, limit=limit + 1)
            return [reports.BehindItem(kind="lead", id=lead_id) for lead_id in ids]
        return self._money(name, query)

    def _leads(self, query: reports.BehindQuery, after: str, limit: int) -> list[reports.BehindItem]:
        figure = next(one for one in get_args(Figure) if one == query.open)
        cohort = cohort_of(query.from_, query.to)
        ids = self.reader.insights.leads_behind(
            cohort, group_by(query), query.line, figure, after=after, limit=limit + 1
        )
        return [reports.BehindItem(kind="lead", id=lead_id) for lead_id in ids]

    def _handovers(self, query: reports.BehindQuery) -> list[reports.BehindItem]:
        by, rows = handover_by(query), self.reader.insights.handover_rows(cohort_of(query.from_, query.to))
        states = {"handovers": None, "waiting": "requested"}
        state = states.get(query.open, query.open)
        chosen = (row for row in rows if state in (None, row.state) and query.line in (None, handover_label(row, by)))
        # One person may have been handed over twice and is one lead.
        return [reports.BehindItem(kind="lead", id=lead_id) for lead_id in sorted({row.lead_id for row in chosen})]

    def _money(self, name: str, query: reports.BehindQuery) -> list[reports.BehindItem]:
        books, period = self.reader.books(), period_of(query)
        cohort_of(query.from_, query.to)
        if name == "content":
            regular, others = returns.content(books, period, self.reader.policy)
            chosen = regular if query.open == "regular" else others
            return _sales(sale for company, sales in chosen.items() for sale in sales if query.line in (None, company))
        if name == "pipeline":
            found = returns.pipeline(books, period, group_by(query))
            sales = [sale for label, sales in found.items() for sale in sales if query.line in (None, label)]
            return _sales(sale for sale in sales if sale.opportunity.state == query.open)
        lines = [line for line in returns.lines(books, period, spent_by(query)) if query.line in (None, line.label)]
        whole = returns.whole(lines)
        if query.open == "spend":
            return _spends(whole.spends)
        if query.open in SPENT_ON:
            return _spends(spend for spend in whole.spends if spend.cost.kind == SPENT_ON[query.open])
        return _sales({"revenue": whole.marketing, "won": whole.won, "companies": whole.first}[query.open])


def _sales(sales: Iterable[Sale]) -> list[reports.BehindItem]:
    return [
        reports.BehindItem(
            kind="opportunity",
            id=sale.opportunity.opportunity_id,
            date=sale.opportunity.closed_on or None,
            amount=None if sale.amount is None else plain(sale.amount),
            lead_ids=list(sale.opportunity.lead_ids),
            channel=sale.opportunity.channel,
            campaign=sale.opportunity.campaign or None,
            company=sale.opportunity.company,
            marketing=sale.opportunity.marketing,
        )
        for sale in sales
    ]


def _spends(spends: Iterable[Spend]) -> list[reports.BehindItem]:
    return [
        reports.BehindItem(
            kind="cost",
            id=spend.cost.key,
            date=spend.cost.day,
            amount=None if spend.amount is None else plain(spend.amount),
            channel=spend.cost.channel or None,
            campaign=spend.cost.campaign or None,
            cost_kind=spend.cost.kind,
        )
        for spend in spends
    ]
