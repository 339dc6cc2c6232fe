"""Where the first durable write of a person's data has to happen. Pure; knows nothing of stores, only their names.

FZ-152 art. 18(5): data of Russian subjects is first written to a store in Russia, before any foreign hop. A store that
is not bound means that nothing is written at all: the sender keeps the data and tries again.
"""

from collections.abc import Collection
from typing import Final

from shared.domain.intake.problem import Problem

LOCAL: Final = "local"
"""This account and region."""


def store_for(residency: str, bound: Collection[str]) -> str:
    """The name of the store that must take the first write.

    Raises:
        Problem: INTAKE.RESIDENCY_UNAVAILABLE (503); no such store is bound here. Nothing may have been written before.
    """
    if residency in bound:
        return residency
    detail = "The store that has to keep this data first is not available. Nothing was kept; send it again later."
    raise Problem("INTAKE.RESIDENCY_UNAVAILABLE", status=503, detail=detail)
