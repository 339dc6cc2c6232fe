"""Costs as a list, by day and key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.app.cursors import Cursors
from shared.contracts import costs as wire
from shared.domain.money.amounts import plain
from shared.domain.money.costs import Cost, plain_amount
from shared.domain.money.policy_model import MoneyPolicy
from shared.domain.money.returns import Period
from shared.ports.costs import CostStore

PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLister:
    """``store`` is a function because its engine is loaded only when it is needed."""

    store: Callable[[], CostStore]
    policy: MoneyPolicy
    cursors: Cursors

    def listed(self, query: wire.CostQuery) -> wire.CostList:
        """A page of costs.

        Raises:
            Problem: API.BAD_CURSOR.
        """
        scope = f"costs:{query.from_}:{query.to}:{query.kind}"
        position = self.cursors.open(scope, query.cursor) or ("", "")
        after = (str(position[0]), str(position[1]))
        period = Period(query.from_, query.to)
        found = [
            cost
            for cost in self.store().costs()
            if period.holds(cost.day) and query.kind in (None, cost.kind) and (cost.day, cost.key) > after
        ]
        page = found[:PAGE]
        last = (page[-1].day, page[-1].key) if len(found) > PAGE else None
        return wire.CostList(
            items=[self._view(cost) for cost in page],
            currency=self.policy.rates.currency,
            cursor=self.cursors.seal(scope, last),
        )

    def _view(self, cost: Cost) -> wire.CostView:
        value = self.policy.rates.convert(cost.amount, cost.currency, cost.day)
        return wire.CostView(
            key=cost.key,
            date=cost.day,
            kind=cost.kind,
            channel=cost.channel,
            campaign=cost.campaign,
            amount=plain_amount(cost.amount),
            currency=cost.currency,
            value=None if value is None else plain(value),
        )
