"""What is wrong with a policy file: file, line, field, and words a person can act on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

Path = tuple[str | int, ...]
"""Where a value stands in a file: keys and positions from the top."""


@dataclass(frozen=True, slots=True, order=True)
class PolicyError:
    """One thing that is wrong. ``field`` reads like ``rules[3].when.op``; empty when the whole file is meant."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        """``scoring.yaml:12: rules[3].when.op: unknown operator …``."""
        where = f"{self.file}:{self.line}: "
        return where + (f"{self.field}: {self.message}" if self.field else self.message)


class PolicyErrors(Exception):
    """Everything that is wrong with a directory of policies, in order of file and line."""

    def __init__(self, errors: Iterable[PolicyError]) -> None:
        self.errors = tuple(sorted(set(errors)))
        super().__init__("\n".join(map(str, self.errors)))


def field_name(path: Path) -> str:
    """A path as people write it: ``("rules", 3, "when")`` is ``rules[3].when``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def suggest(word: object, valid: Iterable[str]) -> str:
    """``; did you mean "eq"?`` for the nearest valid word, or the valid words when they are few, or nothing."""
    words: Sequence[str] = sorted(set(valid))
    close = get_close_matches(str(word).lower(), words, n=1, cutoff=0.6)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; valid: {', '.join(words)}" if 0 < len(words) <= 16 else ""


def unknown(what: str, word: object, valid: Iterable[str]) -> str:
    """``unknown operator "equals"; did you mean "eq"?``."""
    return f'unknown {what} "{word}"{suggest(word, valid)}'
