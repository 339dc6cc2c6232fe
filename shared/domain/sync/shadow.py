"""Small facts about shadows that both the merge and the plans of writes read."""

from typing import Final

from shared.domain.sync.canonical import canonical
from shared.domain.sync.model import FieldState, Link
from shared.domain.sync.policy_model import SyncField

ELLIPSIS: Final = "…"
WHOLE: Final = "*"
"""Key in ``parked`` of a record that was refused as a whole: the digest of what was refused."""


def state_of(link: Link | None, field: SyncField) -> FieldState:
    """The shadow of a field; both sides empty where there is none yet."""
    held = link.fields.get(field.name) if link else None
    empty = canonical(field.type, "")
    return held if held is not None else FieldState(empty, empty, "", "", 0)


def cut(value: str, max_length: int) -> str:
    """A value as a shorter field can hold it; the mark says that there was more. 0: any length fits."""
    if not max_length or len(value) <= max_length:
        return value
    return value[: max_length - 1].rstrip() + ELLIPSIS
