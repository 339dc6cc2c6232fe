"""The list of leads and the segments of the team: found by text and filters, kept under a name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import ValidationError

from shared.app.console import lead_list
from shared.app.console.lead_list import ADDRESS
from shared.contracts import api
from shared.domain.intake.problem import Problem
from shared.runtime.api_routes import ApiServices
from shared.runtime.console.web import Page, Redirect, Route, Visit
from shared.runtime.roles import EVERYBODY, KEEPERS

SEGMENTS: Final = "/console/segments"
_NOBODY: Final = api.LeadList(items=[], cursor=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What somebody asks: ``parts`` as they were filled in, ``wrong`` says why they are no filter."""

    text: str
    parts: Mapping[str, str]
    asked: api.LeadFilters
    wrong: str
    cursor: str | None
    segment: api.SegmentPeople | None = None
    name: str = ""


class LeadListPages:
    """The list, and what is done with its filter."""

    def __init__(self, services: ApiServices) -> None:
        self._services = services

    def routes(self) -> tuple[Route, ...]:
        """The list and the segments."""
        return (
            Route(method="GET", path=ADDRESS, name="leads", roles=EVERYBODY, endpoint=self.listed, menu="Leads"),
            Route(method="POST", path=ADDRESS, name="searchLeads", roles=EVERYBODY, endpoint=self.searched),
            Route(method="GET", path=SEGMENTS, name="segments", roles=EVERYBODY, endpoint=self.segments),
            Route(method="POST", path=SEGMENTS, name="addSegment", roles=KEEPERS, endpoint=self.kept),
            Route(method="GET", path=f"{SEGMENTS}/{{id}}", name="segment", roles=EVERYBODY, endpoint=self.segment),
            Route(
                method="POST",
                path=f"{SEGMENTS}/{{id}}/rename",
                name="renameSegment",
                roles=KEEPERS,
                endpoint=self.renamed,
            ),
            Route(
                method="POST",
                path=f"{SEGMENTS}/{{id}}/delete",
                name="removeSegment",
                roles=KEEPERS,
                endpoint=self.removed,
            ),
        )

    def listed(self, visit: Visit) -> Page:
        """By a filter, which may stand in an address: none of its parts is personal data."""
        return self._page(visit, _question("", visit.query, visit.query.get("cursor")))

    def searched(self, visit: Visit) -> Page | Redirect:
        """What people type stays in the form; a filter alone leads to its address."""
        question = _question(visit.form.get("text", "").strip(), visit.form, visit.form.get("cursor"))
        if question.text or question.wrong:
            return self._page(visit, question)
        return Redirect(to=lead_list.address(question.asked.given()))

    def segments(self, visit: Visit) -> Page:
        """All segments, each in plain words."""
        owners = self._services.owners.all()
        found = self._services.segments.listed().items
        rows = [(segment, lead_list.chips(segment.filter, owners)) for segment in found]
        values = {"rows": rows, "keeps": _keeps(visit)}
        return Page(template="segments.html", title="Segments", values=values)

    def segment(self, visit: Visit) -> Page:
        """The people of a segment now."""
        return self._page(visit, self._opened(visit))

    def kept(self, visit: Visit) -> Page | Redirect:
        """Keep the filter under a name."""
        question = replace(_question("", visit.form, None), name=visit.form.get("name", "").strip())
        if question.wrong:
            return self._page(visit, question)
        try:
            made = self._services.segments.add(_draft(question.name, question.asked))
        except Problem as problem:
            return self._refused(visit, question, problem)
        return Redirect(to=f"{SEGMENTS}/{made.id}")

    def renamed(self, visit: Visit) -> Page | Redirect:
        """Give a segment another name."""
        question = replace(self._opened(visit), name=visit.form.get("name", "").strip())
        try:
            changed = self._services.segments.change(visit.path["id"], _draft(question.name, question.asked))
        except Problem as problem:
            return self._refused(visit, question, problem)
        return Redirect(to=f"{SEGMENTS}/{changed.id}")

    def removed(self, visit: Visit) -> Redirect:
        """Delete a segment."""
        self._services.segments.remove(visit.path["id"])
        return Redirect(to=SEGMENTS)

    def _opened(self, visit: Visit) -> _Question:
        segment = self._services.segments.one(visit.path["id"])
        question = _question("", segment.filter.given(), visit.query.get("cursor"))
        return replace(question, segment=segment)

    def _refused(self, visit: Visit, question: _Question, problem: Problem) -> Page:
        if problem.status >= 500 or problem.status == 404:
            raise problem
        shown = self._page(visit, replace(question, wrong=problem.detail))
        return replace(shown, status=problem.status)

    def _page(self, visit: Visit, question: _Question) -> Page:
        parts, owners = question.asked.given(), self._services.owners.all()
        found, wrong = self._found(question)
        segment = question.segment
        first = f"{SEGMENTS}/{segment.id}" if segment else lead_list.address(parts)
        values: dict[str, Any] = {
            "text": question.text,
            "parts": parts,
            "fields": lead_list.fields(question.parts, owners),
            "chips": lead_list.chips(question.asked, owners),
            "found": found,
            "people": self._count(question),
            "first": first,
            "following": _following(first, found.cursor),
            "continued": bool(question.cursor),
            "wrong": wrong or question.wrong,
            "segment": segment,
            "name": question.name or (segment.name if segment else ""),
            "keeps": _keeps(visit),
        }
        status = 400 if values["wrong"] else 200
        title = segment.name if segment else "Leads"
        return Page(
            template="leads.html",
            title=title,
            values=values,
            people=tuple(lead.id for lead in found.items),
            status=status,
        )

    def _found(self, question: _Question) -> tuple[api.LeadList, str]:
        if question.wrong:
            return _NOBODY, ""
        try:
            asked = api.LeadSearch(text=question.text or None, filter=question.asked, cursor=question.cursor)
        except ValidationError:
            return _NOBODY, "That is too long to search for."
        return self._services.search.search(asked), ""

    def _count(self, question: _Question) -> int | None:
        """How many people the filter holds for; text is looked for page by page, and never counted ahead."""
        if question.text or question.wrong:
            return None
        return question.segment.people if question.segment else self._services.search.size(question.asked)


def _question(text: str, form: Mapping[str, str], cursor: str | None) -> _Question:
    parts = lead_list.given(form)
    asked, wrong = lead_list.read_filters(parts)
    return _Question(text=text, parts=parts, asked=asked, wrong=wrong, cursor=cursor or None)


def _draft(name: str, asked: api.LeadFilters) -> api.SegmentDraft:
    try:
        return api.SegmentDraft(name=name, filter=asked)
    except ValidationError:
        detail = "A segment needs a name of at most 80 characters."
        raise Problem("API.BAD_REQUEST", status=400, detail=detail) from None


def _following(first: str, cursor: str | None) -> str:
    return f"{first}{'&' if '?' in first else '?'}cursor={cursor}" if cursor else ""


def _keeps(visit: Visit) -> bool:
    return bool(visit.session.roles & KEEPERS)
