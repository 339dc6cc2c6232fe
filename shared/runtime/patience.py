"""How long to wait before a lost race is decided again. Decides nothing else."""

import random
import time
from typing import Final

_FIRST_PAUSE_S: Final = 0.02
_LONGEST_PAUSE_S: Final = 0.5


def pause(attempt: int) -> None:
    """Wait before deciding again: exponential with full jitter, so that racing decisions spread out."""
    time.sleep(random.uniform(0, min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt)))  # noqa: S311 - not a secret
