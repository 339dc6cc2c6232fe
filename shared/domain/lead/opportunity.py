"""Opportunities of a person, as the CRM tells of them: registers by id, bounded, folded over merged leads."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from shared.domain.identity.model import Stamp
from shared.domain.intake.signal import REMOTE_CHANGED, Signal

MAX_OPPORTUNITIES: Final = 50
"""Of so many a head knows; beyond it those told of longest ago are forgotten, so that a head stays bounded."""


class Opportunity(NamedTuple):
    """One opportunity; the greatest stamp holds. ``""`` is unknown.

    ``state`` is ``open``, ``won`` or ``lost``, ``stage`` the CRM's own name of it. ``amount`` is a plain decimal in
    ``currency`` (ISO 4217). ``opened_on`` and ``closed_on`` are calendar days (``2026-11-21``) of the CRM.
    """

    stamp: Stamp
    state: str
    stage: str = ""
    amount: str = ""
    currency: str = ""
    opened_on: str = ""
    closed_on: str = ""
    account_id: str = ""


def stated(signal: Signal) -> tuple[str, Opportunity] | None:
    """The opportunity that a signal tells of, with its id; None when of none. Claims tell of none."""
    if signal.kind != REMOTE_CHANGED or not signal.evidence:
        return None
    found = signal.attributes.get("opportunity_id")
    if not found:
        return None
    opportunity_id = str(found)
    return opportunity_id, Opportunity(
        Stamp(signal.evidence, signal.occurred_at, signal.signal_id),
        _text(signal, "opportunity_state"),
        _text(signal, "opportunity_stage"),
        _text(signal, "amount"),
        _text(signal, "currency"),
        _text(signal, "opened_on"),
        _text(signal, "closed_on"),
        _text(signal, "account_id"),
    )


def add(held: Mapping[str, Opportunity], opportunity_id: str, new: Opportunity) -> dict[str, Opportunity]:
    """The opportunities with one more statement. Commutes: greatest stamp per id, then the greatest stamps of all."""
    together = dict(held)
    together[opportunity_id] = max(new, held.get(opportunity_id, new))
    if len(together) > MAX_OPPORTUNITIES:
        del together[min(together, key=lambda key: (together[key].stamp, key))]
    return together


def fold(mappings: Iterable[Mapping[str, Opportunity]]) -> dict[str, Opportunity]:
    """The opportunities of several leads that are one person, in order of id."""
    together: dict[str, Opportunity] = {}
    for mapping in mappings:
        for opportunity_id, found in mapping.items():
            together[opportunity_id] = max(found, together.get(opportunity_id, found))
    return dict(sorted(together.items()))


def _text(signal: Signal, name: str) -> str:
    return str(signal.attributes.get(name, ""))
