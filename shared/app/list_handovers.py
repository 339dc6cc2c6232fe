"""Hand-overs by where they stand: found in the state table, shown as the heads of the leads have them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.app.cursors import Cursors
from shared.app.lead_views import handover_item
from shared.app.read_leads import LeadReader
from shared.contracts import api
from shared.ports.lake import LeadInsights

PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverLister:
    """``insights`` is a function because the engine behind it is loaded only for questions that need it."""

    reader: LeadReader
    insights: Callable[[], LeadInsights]
    cursors: Cursors

    def listed(self, asked: api.HandoverQuery) -> api.HandoverList:
        """One page, the first due first. The heads have the last word: what was answered since is left out.

        Raises:
            Problem: API.BAD_CURSOR.
        """
        scope = f"handovers {asked.state}"
        after = self.cursors.open(scope, asked.cursor)
        place = (int(after[0]), str(after[1])) if after else None
        found = self.insights().handovers(asked.state, after=place, limit=PAGE)
        people = self.reader.people(found.lead_ids)
        items = [handover_item(p, p.handover) for p in people if p.handover and p.handover.state == asked.state]
        return api.HandoverList(items=items, cursor=self.cursors.seal(scope, found.after))
