"""What an installation decides about money; the file is money.yaml."""

from dataclasses import dataclass
from typing import Final

from shared.domain.money.amounts import Rates

KINDS: Final = ("media", "licence", "staff", "content", "other")
"""Kinds of costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyPolicy:
    """The reporting currency with its rates, which costs count as marketing spend, and who answers for all this.

    ``regular_content`` is how many touches with content make a company one that regularly consumes it.
    """

    owner: str
    rates: Rates
    spend: frozenset[str]
    regular_content: int
    version: str
