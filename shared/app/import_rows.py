"""Rows of an imported file, judged by the parser and the normaliser that will meet them behind the door.

Sends and stores nothing: it says before the door is asked what would become of a row. What it refuses beyond the door
is a time that cannot be read: the door would take such an event for one of this moment, and history would start clocks.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from shared.app.normalise import normalise
from shared.contracts.intake import InboundRequest, Rejected, Source, Submission
from shared.domain.instant import Instant
from shared.domain.intake.problem import Problem
from shared.ports.intake import SourceParser

TIME_REFUSED: Final = "IMPORT.TIME"

_BAD_TIMES: Final[Mapping[str, str]] = {
    "time:unreadable": "The time cannot be read; 2026-11-22T09:30:00Z is one that always can.",
    "time:future": "The time is in the future.",
    "time:implausible": "The time is before the year 2000.",
    "time:epoch0": "The time is zero.",
}


class RowVerdict(NamedTuple):
    """What would become of a row: ``code`` and ``reason`` when it is refused; ``dated`` when it says when it was."""

    code: str = ""
    reason: str = ""
    dated: bool = True


def judge_rows(
    items: Sequence[bytes], source: Source, *, parse: SourceParser, received_at: Instant
) -> list[RowVerdict]:
    """One verdict per item, in order. ``items`` are JSON objects as they would stand in the list of a request."""
    try:
        parsed = parse(_request(items, source, received_at), source.parser_options)
    except Problem as problem:
        if len(items) == 1:
            return [RowVerdict(problem.code, problem.detail)]
        # The request as a whole is refused because of one of them: find out which.
        return [judge_rows([item], source, parse=parse, received_at=received_at)[0] for item in items]
    if len(parsed) != len(items):
        raise ValueError(f"{source.vendor} read {len(parsed)} submissions in {len(items)} rows")
    return [_verdict(item, source, received_at) for item in parsed]


def body_of(items: Sequence[bytes]) -> bytes:
    """The body of a request with these items."""
    return b"[" + b",".join(items) + b"]"


def item_bytes(item: Mapping[str, Any]) -> bytes:
    """A row as it stands in a request."""
    return json.dumps(item, separators=(",", ":")).encode()


def _request(items: Sequence[bytes], source: Source, received_at: Instant) -> InboundRequest:
    return InboundRequest(
        method="POST",
        path=f"/in/{source.name}",
        source=source.name,
        query={},
        headers={"content-type": "application/json"},
        body=body_of(items),
        received_at=received_at,
    )


def _verdict(item: Submission | Rejected, source: Source, received_at: Instant) -> RowVerdict:
    if isinstance(item, Rejected):
        return RowVerdict(item.code, item.detail)
    try:
        signal = normalise(item, source=source, received_at=received_at)
    except Problem as problem:
        return RowVerdict(problem.code, problem.detail)
    bad = next((_BAD_TIMES[flag] for flag in signal.flags if flag in _BAD_TIMES), "")
    return RowVerdict(TIME_REFUSED, bad) if bad else RowVerdict(dated=item.occurred_at not in (None, ""))
