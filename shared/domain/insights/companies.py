"""Companies as their people have them: who, how far, how lately.

This is the definition; ``shared/adapters/duckdb`` computes the same in SQL, and a property test holds both equal.
"""

from collections.abc import Iterable
from typing import NamedTuple

from shared.domain.insights.metrics import LINE, reach_of
from shared.domain.insights.model import Person
from shared.domain.instant import Instant


class CompanyCount(NamedTuple):
    """One company. ``reach`` is the furthest position on the line that any of its people came to, -1 for none.

    ``seen_at`` is the latest touch of any of its people, 0 without one.
    """

    company_id: str
    domain: str
    people: int
    leads: int
    reach: int
    touches: int
    content: int
    seen_at: Instant


def companies(people: Iterable[Person], text: str | None = None) -> tuple[CompanyCount, ...]:
    """Companies with people, latest touched first; ``text`` is an id, or a part of the domain in any case."""
    groups: dict[str, list[Person]] = {}
    for person in people:
        if person.company_id:
            groups.setdefault(person.company_id, []).append(person)
    found = [_company(name, members) for name, members in groups.items()]
    chosen = [one for one in found if text is None or text == one.company_id or text.lower() in one.domain]
    return tuple(sorted(chosen, key=lambda one: (-one.seen_at, one.company_id)))


def _company(name: str, members: list[Person]) -> CompanyCount:
    reaches = [reach_of(person, LINE) for person in members]
    return CompanyCount(
        company_id=name,
        domain=max(person.domain or "" for person in members),
        people=len(members),
        leads=sum(reach >= 0 for reach in reaches),
        reach=max(reaches),
        touches=sum(person.touches for person in members),
        content=sum(person.content for person in members),
        seen_at=max(person.seen_at for person in members),
    )
