"""Purposes and the texts that ask for them, as compiled values. One text, one purpose, one act (facts R2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Something a person may allow. ``family``: data, advertising, tracking, profiling; ``title`` by language."""

    id: str
    channel: str | None
    family: str
    title: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentText:
    """One version of one text in one language, as it is shown beside one control.

    ``sha256`` is the hash of the text's NFC form in UTF-8: the proof names the very bytes. ``metadata`` is what a
    regime demands to be said (FZ-152 art. 9(4)).
    """

    id: str
    purpose: str
    language: str
    version: int
    regimes: tuple[str, ...]
    controller: str
    text: str
    sha256: str
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPolicy:
    """All purposes and texts, by id. A published text never changes: a new wording is a new id."""

    purposes: Mapping[str, Purpose]
    texts: Mapping[str, ConsentText]
    version: str
