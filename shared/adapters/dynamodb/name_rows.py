"""Rows by which a name is found: one per word, by its keyed digest, with short digests of the other words beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.items import Item, sort_key, to_item
from shared.adapters.dynamodb.table import Table
from shared.adapters.secrets.identity_key import IdentityKey
from shared.domain.instant import SECOND
from shared.domain.lead.decision import NameWrite
from shared.domain.lead.model import LeadId
from shared.ports.leads import NamePage

_OTHER_CHARS: Final = 16
"""64 bits of each other word narrow a list down; the head of the lead has the last word."""

ROWS_LOOKED_AT: Final = 2000
"""Of each list, per request, when several words are asked for: about 300 KB."""


def name_items(change: NameWrite, identity: IdentityKey, now: int) -> Iterator[Item]:
    """The rows of a changed name. One that holds no more says so, and DynamoDB removes it: decisions never delete."""
    digests = {word: identity.name_word(word) for word in (*change.words, *change.left)}
    for word in change.words:
        others = " ".join(sorted(digests[other][:_OTHER_CHARS] for other in change.words if other != word))
        held = {"words": others} if others else {}
        yield to_item("name", keys.name(digests[word], change.lead_id), **held)
    for word in change.left:
        yield to_item("name", keys.name(digests[word], change.lead_id), gone=1, expires_at=now // SECOND)


@dataclass(slots=True)
class _List:
    """The rows of one word, as far as they were read."""

    number: int
    pk: str
    others: tuple[str, ...]
    position: str | None = None
    found: list[LeadId] = field(default_factory=list)

    def read_on(self, leads: Table, limit: int) -> None:
        names = [f"o{n}" for n in range(len(self.others))]
        items, self.position = leads.page(
            self.pk,
            after=self.position,
            limit=ROWS_LOOKED_AT if self.others else limit + 1,
            where=" AND ".join(("attribute_not_exists(gone)", *(f"contains(words, :{name})" for name in names))),
            **dict(zip(names, self.others, strict=True)),
        )
        self.found += [keys.member_lead_id(sort_key(item)) for item in items]

    def page(self, limit: int) -> NamePage:
        shown = tuple(self.found[:limit])
        if len(self.found) > limit:
            return NamePage(shown, f"{self.number} {keys.name('', shown[-1]).sk}")
        return NamePage(shown, f"{self.number} {self.position}" if self.position else None)


def find_names(leads: Table, digests: Sequence[str], *, after: str | None, limit: int) -> NamePage:
    """Leads with rows under all these digests, in order of id.

    Which of the words is the rare one is not known, so all their lists are read side by side, until one ends or fills
    the page: the effort is that of the shortest. Further pages stay with that list.
    """
    lists = [
        _List(n, keys.name(digest, "").pk, tuple(other[:_OTHER_CHARS] for other in digests if other != digest))
        for n, digest in enumerate(digests)
    ]
    if after is not None:
        number, _, position = after.partition(" ")
        lists = [lists[int(number)]]
        lists[0].position = position
    while lists:
        for one in lists:
            one.read_on(leads, limit)
            if one.position is None or len(one.found) > limit:
                return one.page(limit)
    return NamePage((), None)
