"""What is behind a figure, as a page and as a file: people with their names, opportunities, costs."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from shared.app.console import forms, report_files, words
from shared.app.console.report_catalog import REPORTS
from shared.app.console.reports import Asked
from shared.app.console.sheets import Owner, name_of
from shared.contracts import api, reports

KINDS: Final = {"lead": "People", "opportunity": "Opportunities", "cost": "Costs"}
BUYERS: Final = {
    "regular": ("Regular consumers", "Opportunities won with companies that regularly consume content."),
    "others": ("All others", "Opportunities won with companies that do not."),
}


class Figure(NamedTuple):
    """A figure that was opened: its name, of which line, and what it means."""

    name: str
    line: str
    means: str


class Person(NamedTuple):
    """Somebody behind a figure; ``lead`` is None when nothing of them is left."""

    id: str
    lead: api.Lead | None


class Deal(NamedTuple):
    """An opportunity. ``address`` is that of the company, or of the person when no company is known."""

    item: reports.BehindItem
    amount: str
    company: str
    address: str
    people: tuple[Person, ...]


class Cost(NamedTuple):
    """A cost, as people read it."""

    item: reports.BehindItem
    amount: str
    kind: str


class Rows(NamedTuple):
    """The rows of a page, of one kind; two of the three are empty. ``read`` are the ids of the people in them."""

    people: tuple[Person, ...]
    deals: tuple[Deal, ...]
    costs: tuple[Cost, ...]
    read: tuple[str, ...]


def figure_of(asked: Asked, figure: str, line: str, owner: Owner = str) -> Figure:
    """What a figure is called."""
    column = next((column for column in REPORTS[asked.name].columns if column.opens == figure), None)
    name, means = (column.name, column.means) if column else BUYERS.get(figure, (words.label(figure), ""))
    return Figure(name, name_of(line, asked.by, owner), means)


def wanted(items: Sequence[reports.BehindItem]) -> list[str]:
    """The leads that have to be read to show these rows."""
    named = (lead for item in items for lead in ([item.id] if item.kind == "lead" else item.lead_ids))
    return list(dict.fromkeys(named))


def rows_of(items: Sequence[reports.BehindItem], leads: Sequence[api.Lead]) -> Rows:
    """Rows with the people who are still there. A lead that was merged is shown as the person it belongs to."""
    known: dict[str, api.Lead] = {}
    for lead in leads:
        known |= dict.fromkeys((*lead.merged_ids, lead.id), lead)
    people = tuple(Person(item.id, known.get(item.id)) for item in items if item.kind == "lead")
    return Rows(
        people=people,
        deals=tuple(_deal(item, known) for item in items if item.kind == "opportunity"),
        costs=tuple(
            Cost(item, forms.money(item.amount), words.label(item.cost_kind or ""))
            for item in items
            if item.kind == "cost"
        ),
        read=tuple(lead.id for lead in leads),
    )


def file(rows: Rows, currency: str, *, comma: bool) -> str:
    """The rows as CSV."""
    head: tuple[str, ...]
    if rows.deals:
        head = (
            "Opportunity",
            "Closed",
            f"Amount ({currency})",
            "Company",
            "Channel",
            "Campaign",
            "Marketing",
            "People",
        )
        return report_files.file_of(head, map(_deal_line, rows.deals), comma=comma)
    if rows.costs:
        head = ("Key", "Date", f"Amount ({currency})", "Kind", "Channel", "Campaign")
        return report_files.file_of(head, map(_cost_line, rows.costs), comma=comma)
    head = ("Id", "Name", "E-mail", "Company", "Stage", "Grade", "Score", "Channel", "First touch", "Last touch")
    return report_files.file_of(head, _people_lines(rows.people), comma=comma)


def _deal(item: reports.BehindItem, known: Mapping[str, api.Lead]) -> Deal:
    people = tuple({id_: Person(id_, known.get(id_)) for id_ in item.lead_ids}.values())
    company = item.company or ""
    held = next((p.lead.company for p in people if p.lead and p.lead.company and p.lead.company.id == company), None)
    named = (held.name or held.domain) if held else None
    alone = known.get(company)
    return Deal(
        item=item,
        amount=forms.money(item.amount),
        company=named or (alone.name if alone else None) or company,
        address=f"/console/{'leads' if company in item.lead_ids else 'companies'}/{company}" if company else "",
        people=people,
    )


def _deal_line(deal: Deal) -> tuple[Any, ...]:
    item = deal.item
    names = ", ".join(person.lead.name or person.id for person in deal.people if person.lead)
    marketing = None if item.marketing is None else "yes" if item.marketing else "no"
    return (item.id, item.date, _amount(item), deal.company, item.channel, item.campaign, marketing, names)


def _cost_line(cost: Cost) -> tuple[Any, ...]:
    item = cost.item
    return (item.id, item.date, _amount(item), item.cost_kind, item.channel, item.campaign)


def _people_lines(people: Sequence[Person]) -> Iterator[tuple[Any, ...]]:
    for person in people:
        lead = person.lead
        if lead is None:
            yield (person.id, "no longer here", *[None] * 8)
            continue
        company = lead.company.name or lead.company.domain if lead.company else None
        touches = [touch.occurred_at if touch else None for touch in (lead.first_touch, lead.last_touch)]
        channel = lead.first_touch.channel if lead.first_touch else None
        yield (lead.id, lead.name, lead.email, company, words.stage(lead.stage.id), lead.score.grade,
               lead.score.total, channel, *touches)  # fmt: skip


def _amount(item: reports.BehindItem) -> Decimal | None:
    return None if item.amount is None else Decimal(item.amount)
