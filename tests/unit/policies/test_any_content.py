"""Whatever stands in a policy file, the loader answers with policies or with errors, never with a crash."""

import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.policies.loader import PolicyError, PolicyErrors, load_directory
from tests.unit.policies.builders import FILES, write_policies

WORDS = st.sampled_from(
    [
        *(
            "all",
            "any",
            "not",
            "field",
            "op",
            "value",
            "id",
            "eq",
            "in",
            "mentions_any",
            "profile.title",
            "known",
            "ru",
        ),
        *(
            "A",
            "1",
            "purpose",
            "text_id",
            "metadata",
            "stage.id",
            "processing",
            "email-1",
            "fit",
            "engagement",
            "*",
            "",
        ),
    ]
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=True), WORDS, st.text(max_size=8))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in children for found in paths(child, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The document with one place replaced."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


DOCUMENTS = {name: yaml.safe_load(text) for name, text in FILES.items()}
PLACES = [(name, path) for name, document in DOCUMENTS.items() for path in paths(document)]


def errors_of(file: str, text: str) -> list[PolicyError]:
    """What the loader says about the valid set with one file replaced."""
    with tempfile.TemporaryDirectory() as folder:
        write_policies(Path(folder), **{file.removesuffix(".yaml"): text})
        try:
            load_directory(Path(folder))
        except PolicyErrors as problems:
            return list(problems.errors)
    return []


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(PLACES), VALUES)
def test_any_value_anywhere_is_either_valid_or_an_error_in_its_file(
    place: tuple[str, tuple[Any, ...]], new: Any
) -> None:
    name, path = place

    errors = errors_of(name, yaml.safe_dump(replaced(DOCUMENTS[name], path, new), allow_unicode=True))

    # Some files are held against texts and stages of others, so what is wrong with those can also show there.
    assert {error.file for error in errors} <= {name, "sources.yaml", "sync.yaml", "messages.yaml"}
    assert all(error.line >= 1 and error.message for error in errors)


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(sorted(FILES)),
    st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#%@`\n \t0\u00e9\\u"), max_size=40),
)
def test_any_text_is_either_valid_or_an_error_with_a_line(name: str, text: str) -> None:
    assert all(error.line >= 1 and error.message for error in errors_of(name, text))
