"""The company a person belongs to."""

from typing import Final, NamedTuple

from shared.domain.instant import Instant

BY_ACCOUNT: Final = 3
BY_DOMAIN: Final = 2
BY_NAME: Final = 1


class CompanyLink(NamedTuple):
    """Why a lead belongs to a company. Compared with ``precedence``: CRM account, e-mail domain, then stated name."""

    company_id: str
    domain: str
    name: str
    rank: int
    evidence: int
    occurred_at: Instant
    signal_id: str

    @property
    def precedence(self) -> tuple[int, int, int, str]:
        """Verified first, then the better evidence, then the earliest statement, then the smaller id."""
        return (-self.evidence, -self.rank, self.occurred_at, self.signal_id)
