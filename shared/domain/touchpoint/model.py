"""A touchpoint: anything a lead did, as history keeps it."""

from collections.abc import Mapping
from typing import NamedTuple

from shared.domain.instant import Instant
from shared.domain.values import EMPTY


class TouchRef(NamedTuple):
    """The part of a touchpoint that the head keeps. Compared as a tuple: earliest, then smallest id."""

    occurred_at: Instant
    signal_id: str
    kind: str
    channel: str
    source: str
    campaign: str


class Touchpoint(NamedTuple):
    """One row of the timeline. ``signal_id`` is its identity; ``identifier_kind`` says what it was recognised by."""

    signal_id: str
    kind: str
    occurred_at: Instant
    recorded_at: Instant
    source: str
    channel: str
    evidence: int
    vendor_id: str | None = None
    attributes: Mapping[str, str | int | float | bool] = EMPTY
    answers: Mapping[str, str] = EMPTY
    utm: Mapping[str, str] = EMPTY
    flags: tuple[str, ...] = ()
    archive_key: str = ""
