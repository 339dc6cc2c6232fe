"""What this installation costs to run: its own counts, priced by the model that the bench uses, too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from shared.app.read_reports import ReportReader
from shared.contracts.api import ReportQuery
from shared.contracts.operations_api import CostPart, RunningCostsView
from shared.contracts.reports import KpiReport
from shared.domain.running_costs.bill import running_costs
from shared.domain.running_costs.prices import AS_OF, REGION

ASSUMPTIONS: Final = [
    "Events are touches of leads, as reports count them; visitors who stayed anonymous are not among them.",
    "Every event came in a request of its own and was decided by itself; batches make it up to six times cheaper.",
    "One event of each lead was a form with two consents; all others were page views.",
    "How long functions run on AWS is assumed, on the expensive side.",
    "Left out: free tiers, storage, data transfer, the calls of synchronisation, messages, reading reports and pages.",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCosts:
    """``reports`` loads its engine late. ``paid_monthly`` are counts of what is paid without traffic, by price."""

    reports: Callable[[], ReportReader]
    paid_monthly: Mapping[str, int]

    def costs(self) -> RunningCostsView:
        """Dollars per lead and per million events, from the counts of all time.

        Raises:
            StoreUnavailable: the lake does not answer now.
        """
        counted = self.reports().read("kpis", ReportQuery())
        assert isinstance(counted, KpiReport)  # noqa: S101 (told apart by the name asked for)
        found = running_costs(leads=counted.leads, events=counted.touches, fixed=self.paid_monthly)
        return RunningCostsView(
            leads=found.leads,
            events=found.events,
            per_lead=found.per_lead,
            per_million_events=found.per_million,
            parts=_parts(found.parts),
            monthly=_parts(found.monthly),
            monthly_total=sum(found.monthly.values()),
            region=REGION,
            prices_of=AS_OF,
            assumptions=ASSUMPTIONS,
        )


def _parts(dollars: Mapping[str, float]) -> list[CostPart]:
    return [CostPart(service=service, dollars=spent) for service, spent in dollars.items()]
