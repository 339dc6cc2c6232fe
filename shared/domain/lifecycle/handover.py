"""The hand-over's life: requested, answered or overdue. What sales says later holds, whatever order it arrives in."""

from dataclasses import replace
from typing import Final

from shared.domain.instant import Instant
from shared.domain.lifecycle.model import ACCEPTED, NONE, OVERDUE, REJECTED, REQUESTED, Handover

TIMER: Final = "handover"
"""The kind of the timer that looks at a hand-over when its time to answer has passed."""


def is_requested(handover: Handover | None) -> bool:
    """Whether the person was ever handed over: at most once, so that nobody is called twice."""
    return handover is not None and handover.state != NONE


def answered(held: Handover | None, state: str, reason: str | None, at: Instant) -> Handover | None:
    """The hand-over after sales accepted or rejected it at an instant; None when that changes nothing.

    An answer after the time to answer still counts. Without a request there is nothing to answer.
    """
    if held is None or held.state == NONE or state not in (ACCEPTED, REJECTED):
        return None
    # Of two answers of one instant a rejection holds, so that the order of arrival never matters.
    if (at, state) < (held.heard_at, held.state if held.answered_at is not None else ""):
        return None
    if held.state == state:
        return replace(held, heard_at=at)
    return replace(held, state=state, reason=reason, answered_at=at, heard_at=at)


def assigned(held: Handover | None, owner: str, at: Instant) -> Handover | None:
    """The hand-over after sales gave the person an owner; None when an owner named later is known."""
    if held is None:
        return Handover(NONE, 0, owner=owner, owned_at=at)
    if (at, owner) < (held.owned_at, held.owner or ""):
        return None
    return replace(held, owner=owner, owned_at=at)


def overdue(held: Handover | None, now: Instant) -> Handover | None:
    """The hand-over when nobody answered in time; None when somebody did, or there is time left."""
    if held is None or held.state != REQUESTED or held.due is None or now < held.due:
        return None
    return replace(held, state=OVERDUE)


def in_time(handover: Handover) -> bool:
    """Whether the answer came before it was due; always, when no time was set."""
    return handover.answered_at is not None and (handover.due is None or handover.answered_at <= handover.due)


def merged(winner: Handover | None, loser: Handover | None) -> Handover | None:
    """The hand-over of two persons who are one: the winner's if it was ever handed over, else the loser's."""
    if is_requested(winner) or loser is None:
        return winner
    if winner is None or is_requested(loser):
        return loser
    return max(winner, loser, key=lambda h: (h.owned_at, h.owner or ""))
