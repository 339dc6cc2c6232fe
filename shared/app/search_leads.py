"""Finding people: by identifier through pointer rows, by stage or company through the state table. Never by Scan."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.app.cursors import Cursors
from shared.app.lead_views import lead_view
from shared.app.read_leads import LeadReader
from shared.contracts import api
from shared.domain.identity.model import EMAIL, EXTERNAL, USER, Identifier
from shared.domain.lead.model import LeadId
from shared.ports.lake import LeadInsights
from shared.ports.leads import LeadStore

PAGE: Final = 50
_PHONE: Final = re.compile(r"\+?[\d\s().-]{7,24}")
_LEAD_ID: Final = re.compile(r"lead_[A-Za-z0-9_-]+")

Normalise = Callable[[str], str | None]


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
            Problem: API.BAD_CURSOR.
        """
        exact = self._exactly(asked)
        if exact is not None:
            people = self.reader.people(exact)
            return api.LeadList(items=[lead_view(person) for person in people], cursor=None)
        return self.listed(asked.stage, asked.text, asked.cursor)

    def is_exact(self, asked: api.LeadSearch) -> bool:
        """Whether the question is about an identifier, not about a stage or a company."""
        text = (asked.text or "").strip()
        named = asked.email or asked.phone or asked.external_id
        return bool(named or "@" in text or _PHONE.fullmatch(text) or _LEAD_ID.fullmatch(text))

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

    def listed(self, stage: str | None, text: str | None, cursor: str | None) -> api.LeadList:
        """By stage and company, newest first; without both, everybody.

        The heads have the last word: a person who moved on is left out.

        Raises:
            Problem: API.BAD_CURSOR.
        """
        scope = _scope(stage, text)
        after = self.cursors.open(scope, cursor)
        found = self.insights().search(
            stage=stage,
            company=text.strip() if text else None,
            after=(int(after[0]), str(after[1])) if after else None,
            limit=PAGE,
        )
        people = self.reader.people(found.lead_ids)
        shown = [lead_view(person) for person in people if stage in (None, person.stage.id)]
        return api.LeadList(items=shown, cursor=self.cursors.seal(scope, found.after))


def _scope(stage: str | None, text: str | None) -> str:
    question = json.dumps([stage, text])
    return f"search {hashlib.sha256(question.encode()).hexdigest()}"
