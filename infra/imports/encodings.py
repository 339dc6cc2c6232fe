"""Which encoding a file is in: its byte order mark, else UTF-8 when all of it is, else what its letters give away.

Refuses to guess between encodings that the bytes cannot tell apart: wrong letters in a name are found by nobody.
"""

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BLOCK: Final = 1 << 20

UTF_8: Final = "utf-8-sig"
CYRILLIC: Final = "cp1251"
CENTRAL_EUROPEAN: Final = "cp1250"

_MARKS: Final = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
_ONLY_LETTERS_IN_CP1250: Final = frozenset(
    b"\x8a\x8c\x8d\x8e\x8f\x9a\x9c\x9d\x9e\x9f\xa3\xa5\xaa\xaf\xb3\xb9\xba\xbc\xbe\xbf"
)
"""Letters of Central Europe (ł ś ź ż ą š ž …) where Western cp1252 has signs, or letters that are rare there."""

_WORD: Final = 4
"""So many bytes outside ASCII side by side are a word of another alphabet; Żółw and its like have three at most."""

_SAMPLE: Final = 200_000
"""Bytes outside ASCII that are enough to tell."""


class UnusableFile(Exception):
    """The file cannot be imported at all; the message says what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one pass over the bytes shows. ``encoding`` is a Python codec, ``digest`` the SHA-256 of the content."""

    encoding: str
    digest: str
    size: int


def look(path: Path, encoding: str | None = None) -> Looked:
    """Read a file once in constant memory. A given ``encoding`` is taken at its word.

    Raises:
        UnusableFile: the file is not there, is empty, or nothing tells its encoding.
    """
    digest, utf_8, letters = hashlib.sha256(), _Utf8(), _Letters()
    size, start = 0, b""
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                start = start or block[:4]
                size += len(block)
                digest.update(block)
                if encoding is None:
                    utf_8.see(block)
                    letters.see(block)
    except OSError as error:
        raise UnusableFile(f"{path}: {error.strerror}") from error
    if not size:
        raise UnusableFile(f"{path} is empty")
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    chosen = _known(encoding) if encoding else marked or (UTF_8 if utf_8.fits() else letters.encoding(path))
    return Looked(encoding=chosen, digest=digest.hexdigest(), size=size)


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError as error:
        raise UnusableFile(f"there is no encoding called {name}") from error
    return UTF_8 if found == "utf-8" else found


class _Utf8:
    """Whether everything seen is UTF-8."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._fits = True

    def see(self, block: bytes) -> None:
        if self._fits:
            try:
                self._decoder.decode(block)
            except UnicodeDecodeError:
                self._fits = False

    def fits(self) -> bool:
        return self._fits and self._decoder.getstate()[0] == b""


class _Letters:
    """What the bytes outside ASCII look like: Cyrillic words are made of them, Polish ones have a few."""

    def __init__(self) -> None:
        self._all = self._words = self._central = 0

    def see(self, block: bytes) -> None:
        if self._all > _SAMPLE:
            return
        for run in _HIGH.findall(block):
            self._all += len(run)
            self._words += len(run) if len(run) >= _WORD else 0
            self._central += sum(byte in _ONLY_LETTERS_IN_CP1250 for byte in run)

    def encoding(self, path: Path) -> str:
        """The encoding that only fits.

        Raises:
            UnusableFile: several do.
        """
        if self._words > 0.5 * self._all:
            return CYRILLIC
        if self._words < 0.1 * self._all and self._central > 0.1 * self._all:
            return CENTRAL_EUROPEAN
        raise UnusableFile(
            f"{path} is not UTF-8, and its bytes do not tell what it is; name it: --encoding cp1251 (Cyrillic), "
            "cp1250 (Central European) or cp1252 (Western European)"
        )
