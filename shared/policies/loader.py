"""Loads a directory of policy files, or says everything that is wrong with it. Never runs inside a Lambda."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from shared.policies.checks import check_consent, check_lifecycle, check_scoring, check_sources
from shared.policies.compiled import Policies, load_compiled, policies_from
from shared.policies.condition_checks import Finding
from shared.policies.message_checks import check_messages
from shared.policies.models import FILES
from shared.policies.money_checks import check_money
from shared.policies.plain import plain
from shared.policies.problems import PolicyError, PolicyErrors, suggest
from shared.policies.shape import check_shape
from shared.policies.sync_checks import check_sync
from shared.policies.yaml_lines import Document, read

__all__ = ["RULES", "Policies", "PolicyError", "PolicyErrors", "load_compiled", "load_directory", "load_plain"]

RULES: Final = Path(__file__).parent / "rules"
"""The policies that the project ships."""

_Raw = dict[str, Any]
_CHECKS: Final[dict[str, Callable[[_Raw, _Raw], Iterable[Finding]]]] = {
    "scoring.yaml": lambda data, _all: check_scoring(data),
    "lifecycle.yaml": lambda data, _all: check_lifecycle(data),
    "consent_texts.yaml": lambda data, _all: check_consent(data),
    "sources.yaml": lambda data, all_: check_sources(data, all_["consent_texts.yaml"]),
    "sync.yaml": lambda data, all_: check_sync(data, all_["lifecycle.yaml"], all_["consent_texts.yaml"]),
    "messages.yaml": lambda data, all_: check_messages(data, all_["consent_texts.yaml"]),
    "money.yaml": lambda data, _all: check_money(data),
}


def load_directory(path: Path) -> Policies:
    """The policies of a directory.

    Raises:
        PolicyErrors: one or more files are wrong; it lists everything, not only the first error.
    """
    return policies_from(load_plain(path))


def load_plain(path: Path) -> dict[str, Any]:
    """The policies of a directory in the plain form that compile.py writes into assets.

    Raises:
        PolicyErrors: as for load_directory.
    """
    documents = {name: read(path / name) for name in FILES if (path / name).is_file()}
    errors = [*_wrong_files(path), *(error for document in documents.values() for error in document.errors)]
    models: dict[str, Any] = {}
    # A file that is not YAML has said so; its missing fields would only be noise.
    readable = {
        name: document for name, document in documents.items() if document.data is not None or not document.errors
    }
    raw = {name: _group(readable[name].data) if name in readable else {} for name in FILES}
    for name, document in readable.items():
        model, found = _check(document, FILES[name], _CHECKS[name](raw[name], raw))
        models[name] = model
        errors += found
    if errors:
        raise PolicyErrors(errors)
    return plain(*(models[name] for name in FILES))


def _check(
    document: Document, shape: type[BaseModel], findings: Iterable[Finding]
) -> tuple[BaseModel | None, list[PolicyError]]:
    model, errors = check_shape(document, shape)
    named = {error.field for error in errors}
    # Where the shape is already wrong, a second sentence about the same field would not help.
    found = [document.error(where, message) for where, message in findings]
    return model, errors + [error for error in found if error.field not in named]


def _group(data: object) -> _Raw:
    return data if isinstance(data, dict) else {}


def _wrong_files(path: Path) -> list[PolicyError]:
    if not path.is_dir():
        return [PolicyError(str(path), 1, "", "is not a directory")]
    present = {file.name for file in path.iterdir() if file.suffix in (".yaml", ".yml")}
    errors = [PolicyError(name, 1, "", "is missing") for name in FILES if name not in present]
    strange = sorted(present - set(FILES))
    return errors + [PolicyError(name, 1, "", f"is not a policy file{suggest(name, FILES)}") for name in strange]
