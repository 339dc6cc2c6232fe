"""The company a person belongs to."""

from typing import Final, NamedTuple

from shared.domain.instant import Instant

BY_ACCOUNT: Final = 4
BY_DOMAIN: Final = 3
BY_BARE_ACCOUNT: Final = 2
"""A CRM account of which no domain is known: the person's own address says more about which company it is."""
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
        """Verified first, then the better evidence, then the earliest statement, then the smaller id.

        Of CRM accounts the latest: sales moves people from one to the other.
        """
        at = -self.occurred_at if self.rank in (BY_ACCOUNT, BY_BARE_ACCOUNT) else self.occurred_at
        return (-self.evidence, -self.rank, at, self.signal_id)
