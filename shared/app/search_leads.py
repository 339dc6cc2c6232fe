"""Finding people: by identifier and name through rows of their own, by filter through the state table. No Scan."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from shared.app.cursors import Cursors
from shared.app.lead_filters import filter_of, holds, of_company, still_holds
from shared.app.lead_views import lead_view
from shared.app.read_leads import LeadReader
from shared.contracts import api
from shared.domain.identity.model import EMAIL, EXTERNAL, USER, Identifier
from shared.domain.insights.filters import LeadFilter
from shared.domain.intake.problem import Problem
from shared.domain.lead.model import LeadId
from shared.domain.lead.names import name_words
from shared.domain.lead.projection import PersonView
from shared.ports.lake import LakeBusy, LeadInsights
from shared.ports.leads import LeadStore

PAGE: Final = 50
_PHONE: Final = re.compile(r"\+?[\d\s().-]{7,24}")
_LEAD_ID: Final = re.compile(r"lead_[A-Za-z0-9_-]+")
_SPACE: Final = re.compile(r"\s")
_NAMES: Final = "names"
_COMPANIES: Final = "companies"
_PAGES_OF_NAMES: Final = 8

Normalise = Callable[[str], str | None]
Position = Sequence[str | int] | None
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadSearcher:
    """``insights`` is a function because the engine behind it is loaded only for questions that need it."""

    store: LeadStore
    reader: LeadReader
    insights: Callable[[], LeadInsights]
    email: Normalise
    phone: Normalise
    cursors: Cursors

    def search(self, asked: api.LeadSearch) -> api.LeadList:
        """One page of the persons that match.

        Raises:
            Problem: API.BAD_CURSOR, API.BAD_REQUEST, API.TRY_AGAIN while the lake is being rebuilt.
        """
        asked_filter = filter_of(asked.filter) if asked.filter else LeadFilter(stage=asked.stage)
        exact = self._exactly(asked)
        if exact is not None:
            people = [person for person in self.reader.people(exact) if holds(asked_filter, person)]
            return _list(people, None)
        scope = _scope(asked)
        position = self.cursors.open(scope, asked.cursor)
        if asked.text is None:
            people, after = self._listed(asked_filter, position, PAGE)
        else:
            people, after = self._by_text(asked.text.strip(), asked_filter, position)
        return _list(people, self.cursors.seal(scope, after))

    def size(self, asked: api.LeadFilters) -> int:
        """How many persons a filter holds for, as far as the state table knows.

        Raises:
            Problem: API.BAD_REQUEST, API.TRY_AGAIN.
        """
        wanted = filter_of(asked)
        return _patient(lambda: self.insights().size(wanted))

    def _exactly(self, asked: api.LeadSearch) -> list[LeadId] | None:
        """Leads that own an identifier; None when the question is not about one."""
        if asked.email is not None:
            return self._by_email(asked.email)
        if asked.phone is not None:
            return self._by_phone(asked.phone)
        if asked.external_id is not None:
            return self._owners(Identifier(EXTERNAL, asked.external_id), Identifier(USER, asked.external_id))
        text = (asked.text or "").strip()
        if "@" in text:
            return self._by_email(text)
        if _PHONE.fullmatch(text):
            return self._by_phone(text)
        return [text] if _LEAD_ID.fullmatch(text) else None

    def _by_email(self, text: str) -> list[LeadId]:
        value = self.email(text)
        return self._owners(Identifier(EMAIL, value)) if value else []

    def _by_phone(self, text: str) -> list[LeadId]:
        value = self.phone(text)
        return list(self.store.find_by_phone(value)) if value else []

    def _owners(self, *identifiers: Identifier) -> list[LeadId]:
        return [owner for identifier in identifiers if (owner := self.store.find(identifier))]

    def _listed(self, asked: LeadFilter, position: Position, limit: int) -> tuple[list[PersonView], Position]:
        """By filter, newest first; without one, everybody. The heads have the last word on who moved on."""
        place = (int(position[0]), str(position[1])) if position else None
        found = _patient(lambda: self.insights().search(asked, after=place, limit=limit))
        people = [person for person in self.reader.people(found.lead_ids) if still_holds(asked, person)]
        return people, found.after

    def _by_text(self, text: str, asked: LeadFilter, position: Position) -> tuple[list[PersonView], Position]:
        """People of that name first, then those of companies whose domain has it; nobody twice."""
        words = set(name_words(text))
        people: list[PersonView] = []
        if position is None or position[0] == _NAMES:
            people, onward = self._by_name(words, asked, str(position[1]) if position else None)
            if onward is not None:
                return people, (_NAMES, onward)
            position = (_COMPANIES,)
        # No domain and no id has a space in it.
        if not text or _SPACE.search(text):
            return people, None
        if len(people) >= PAGE:
            return people, position
        wanted = asked if asked.company else asked._replace(company=text)
        found, after = self._listed(wanted, position[1:], PAGE - len(people))
        there = [person for person in found if not asked.company or of_company(text, person)]
        people += [person for person in there if not _is_called(person, words)]
        return people, (_COMPANIES, *after) if after else None

    def _by_name(self, words: set[str], asked: LeadFilter, after: str | None) -> tuple[list[PersonView], str | None]:
        """Some pages of rows at most, so that a filter that fits few of many Annas does not keep anybody waiting."""
        people: list[PersonView] = []
        for _ in range(_PAGES_OF_NAMES):
            page = self.store.find_by_name(words, after=after, limit=PAGE)
            found = self.reader.people(page.lead_ids)
            people += [person for person in found if _is_called(person, words) and holds(asked, person)]
            after = page.after
            if people or after is None:
                break
        return people, after


def _is_called(person: PersonView, words: set[str]) -> bool:
    """Whether the name that is shown has all these words: a row of the index may be of a name that was corrected."""
    return bool(words) and words <= set(name_words(person.name or ""))


def _list(people: Iterable[PersonView], cursor: str | None) -> api.LeadList:
    return api.LeadList(items=[lead_view(person) for person in people], cursor=cursor)


def _patient(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except LakeBusy as busy:
        raise Problem("API.TRY_AGAIN", status=503, detail="The lake is being rebuilt; ask again.") from busy


def _scope(asked: api.LeadSearch) -> str:
    question = json.dumps([asked.stage, asked.text, asked.filter.given() if asked.filter else None])
    return f"search {hashlib.sha256(question.encode()).hexdigest()}"
