"""Taking a file of costs in. Good rows are kept, wrong ones refused; the same file again changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.contracts import costs as wire
from shared.domain.intake.problem import Problem
from shared.domain.money.cost_file import read_file
from shared.domain.money.policy_model import MoneyPolicy
from shared.domain.money.table_file import BadFile
from shared.ports.clock import Clock
from shared.ports.costs import CostStore

MAX_REFUSALS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CostImporter:
    """``store`` is a function because its engine is loaded only when it is needed."""

    store: Callable[[], CostStore]
    policy: MoneyPolicy
    clock: Clock

    def take(self, asked: wire.CostImport) -> wire.CostImportReport:
        """Import a file.

        Raises:
            Problem: 422 with the code of shared.domain.money.table_file.BadFile; nothing was kept.
        """
        try:
            file = read_file(asked.content, self.policy)
        except BadFile as bad:
            raise Problem(bad.code, status=422, detail=bad.detail) from bad
        store = self.store()
        held = {cost.key: cost for cost in store.costs()}
        new = sum(cost.key not in held for cost in file.costs)
        unchanged = sum(held.get(cost.key) == cost for cost in file.costs)
        replaced = len(file.costs) - new - unchanged
        if not asked.dry_run and new + replaced and not store.add(file.costs, self.clock.now()):
            # These very rows came before and were corrected since; the correction stands.
            unchanged, replaced, new = len(file.costs), 0, 0
        return wire.CostImportReport(
            rows=len(file.costs),
            new=new,
            replaced=replaced,
            unchanged=unchanged,
            refused=len({refusal.line for refusal in file.refused}),
            refusals=[wire.CostRefusal(**refusal._asdict()) for refusal in file.refused[:MAX_REFUSALS]],
        )
