"""Short ways to say facts in tests."""

from itertools import count
from typing import Any

from shared.domain.insights.model import FactRow
from shared.domain.instant import DAY

START = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""

_numbers = count(1)


def day(number: float) -> int:
    return START + int(number * DAY)


def fact(
    name: str,
    lead_id: str,
    version: int,
    at: float,
    /,
    *,
    event_id: str | None = None,
    recorded: float | None = None,
    **data: Any,
) -> FactRow:
    """A fact about a lead, ``at`` days after the start."""
    return FactRow(
        event_id=event_id or f"{lead_id}.{version}.{next(_numbers)}",
        name=name,
        schema_version="1-0-0",
        occurred_at=day(at),
        recorded_at=day(at if recorded is None else recorded),
        lead_id=lead_id,
        lead_version=version,
        producer="leadspine",
        data=data,
    )


def touch(
    lead_id: str,
    version: int,
    at: float,
    channel: str = "Paid Search",
    *,
    human: bool = True,
    kind: str = "page_viewed",
) -> FactRow:
    return fact(
        "TouchpointRecorded", lead_id, version, at, touchpoint_id=f"t{next(_numbers)}", kind=kind, channel=channel,
        source="segment", campaign="spring", human=human,
    )  # fmt: skip


def stage(lead_id: str, version: int, at: float, to_stage: str, *passed: str) -> FactRow:
    return fact(
        "StageChanged", lead_id, version, at, from_stage="anonymous", to_stage=to_stage, entered=[*passed, to_stage]
    )
