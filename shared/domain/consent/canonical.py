"""Canonical JSON (RFC 8785, JCS) for what is hashed. Refuses what two readers could write differently."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

_EXACT: Final = 2**53
"""Integers from here on are not exact in every JSON reader; they travel as strings."""


class NotCanonical(ValueError):
    """A value has no canonical form: a float, a huge integer, a lone surrogate, a key that is not text.

    The message names the place, never the value.
    """


def canonical(value: Mapping[str, Any]) -> bytes:
    """The only JSON text of a mapping, as UTF-8: NFC strings, keys by UTF-16 code units, no spaces.

    Raises:
        NotCanonical: something in it has no canonical form.
    """
    text = json.dumps(_normal(value, "$"), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise NotCanonical("a string holds half a surrogate pair") from None


def _normal(value: Any, place: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, int):
        if not -_EXACT < value < _EXACT:
            raise NotCanonical(f"{place}: an integer beyond 2^53 must be a string")
        return int(value)
    if isinstance(value, Mapping):
        return _object(value, place)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_normal(item, f"{place}[{position}]") for position, item in enumerate(value)]
    raise NotCanonical(f"{place}: {type(value).__name__} has no canonical form")


def _object(value: Mapping[Any, Any], place: str) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise NotCanonical(f"{place}: a key is not text")
        name = key if key.isascii() else unicodedata.normalize("NFC", key)
        if name in members:
            raise NotCanonical(f"{place}: two keys are the same after normalisation")
        members[name] = _normal(item, f"{place}.{'*' if not name.isidentifier() else name}")
    if all(map(str.isascii, members)):
        return dict(sorted(members.items()))
    return dict(sorted(members.items(), key=lambda member: member[0].encode("utf-16-be", "surrogatepass")))
