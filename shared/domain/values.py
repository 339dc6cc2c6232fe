"""Small things every value shares; owns no rule."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

T = TypeVar("T", bound=tuple[Any, ...])

EMPTY: Final[Mapping[Any, Any]] = {}
"""The empty default of mappings. Values are never written to, so one is enough."""


def maker(cls: type[T]) -> Callable[[tuple[Any, ...]], T]:
    """Makes a NamedTuple of all its fields in their order, in a third of its constructor's time.

    For values that every decision makes, and only there: nothing checks the number and the order of the fields.
    """
    return partial(tuple.__new__, cls)
