"""The time of a laptop cloud, shown and moved. Elsewhere there is nothing to move, and the answer says so."""

from dataclasses import dataclass

from shared.app.read_leads import not_found
from shared.contracts.envelope import iso
from shared.contracts.operations_api import ClockAdvance, ClockView
from shared.domain.instant import SECOND
from shared.ports.clock import Clock
from shared.ports.operations import CloudClock


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDesk:
    """``cloud`` is None where time cannot be moved, which is everywhere but on a laptop."""

    clock: Clock
    cloud: CloudClock | None

    def shown(self) -> ClockView | None:
        """The time and how far it is ahead; None where it cannot be moved."""
        return None if self.cloud is None else self._view(self.cloud)

    def read(self) -> ClockView:
        """The same for callers that want an answer.

        Raises:
            Problem: API.NOT_FOUND, this is no laptop.
        """
        if self.cloud is None:
            raise not_found()
        return self._view(self.cloud)

    def advance(self, asked: ClockAdvance) -> ClockView:
        """Move the time forward. Schedules fire once each, time-outs and delays pass.

        Raises:
            Problem: API.NOT_FOUND, this is no laptop.
            StoreUnavailable: the cloud does not answer.
        """
        if self.cloud is None:
            raise not_found()
        self.cloud.advance(asked.seconds * SECOND)
        return self._view(self.cloud)

    def _view(self, cloud: CloudClock) -> ClockView:
        return ClockView(now=iso(self.clock.now()), offset_s=cloud.offset() // SECOND)
