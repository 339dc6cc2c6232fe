"""Time as the core sees it; owns no clock."""

from typing import Final

Instant = int
"""Milliseconds since the Unix epoch, UTC. An integer keeps comparison, storage and replay exact."""

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
