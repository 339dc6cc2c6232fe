"""How much of a vendor's daily allowance may still be used, and what that leaves room for."""

from collections.abc import Mapping
from typing import Final

from shared.domain.instant import MINUTE, Instant
from shared.domain.sync.model import Usage
from shared.domain.sync.policy_model import BudgetPolicy

NORMAL: Final = "normal"
CAREFUL: Final = "careful"
"""Cycles stretch."""
URGENT_ONLY: Final = "urgent_only"
"""Only opt-outs and hand-overs are written."""
STOP: Final = "stop"
"""Nothing is called until the window turns."""
STANCES: Final = (NORMAL, CAREFUL, URGENT_ONLY, STOP)

CYCLE: Final[Mapping[str, Instant]] = {
    NORMAL: 5 * MINUTE,
    CAREFUL: 15 * MINUTE,
    URGENT_ONLY: 60 * MINUTE,
    STOP: 60 * MINUTE,
}
"""Least time between the starts of two pulls. Stopped, one look an hour finds out that the window has turned."""

HYSTERESIS: Final = 0.02
"""A stance is left when usage has fallen this share below its threshold: a rolling window would make it flutter."""


def stance(policy: BudgetPolicy, usage: Usage | None, *, previous: str = NORMAL) -> str:
    """One of STANCES, by the vendor's own figure of use: others use the same allowance, so our own count says little.

    ``usage`` None (nobody told yet) leaves the previous stance; an allowance of 0 is that of the policy.
    """
    if usage is None:
        return previous if previous in STANCES else NORMAL
    allowed = usage.allowed or policy.daily
    share = usage.used / allowed if allowed > 0 else 0.0
    limits = ((STOP, policy.stop), (URGENT_ONLY, policy.urgent_only), (CAREFUL, policy.careful))
    held = STANCES.index(previous) if previous in STANCES else 0
    for name, limit in limits:
        if share >= limit - (HYSTERESIS if STANCES.index(name) <= held else 0.0):
            return name
    return NORMAL
