"""Small things every value shares; owns no rule."""

from collections.abc import Mapping
from typing import Any, Final

EMPTY: Final[Mapping[Any, Any]] = {}
"""The empty default of mappings. Values are never written to, so one is enough."""
