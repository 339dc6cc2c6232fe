"""messages.yaml: what is wrong with it is said at its line."""

import shutil
from pathlib import Path

import pytest

from shared.policies.loader import RULES, PolicyErrors, load_directory


def broken(folder: Path, old: str, new: str) -> str:
    for file in RULES.glob("*.yaml"):
        shutil.copy(file, folder)
    text = (folder / "messages.yaml").read_text()
    assert old in text
    (folder / "messages.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(PolicyErrors) as caught:
        load_directory(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("purpose: ad.email", "purpose: ad.emial", "ad.email"),
        ("purpose: ad.email", "purpose: ad.sms", "another channel"),
        ("on: [ConsentGiven]", "on: [ConsentGivn]", "ConsentGiven"),
        ("    to: sales", "    to: salse", "sales"),
        ("    once: cause", "    once: address", "must be cause"),
        ("Hello {name}", "Hello {nmae}", "name"),
        ("Hello {name}", "Hello {name}, {score}", "word"),
        ("  sales: []", "  sales: [not an address]", "no e-mail address"),
        ("id: handover-overdue", "id: welcome", "used twice"),
        ("default: en", "default: de", 'default language "de"'),
        ("    class: marketing", "    class: marketting", "class"),
        ("    to: person", "    to: sales", "only internal messages"),
    ],
)
def test_a_mistake_is_named_where_it_stands(tmp_path: Path, old: str, new: str, says: str) -> None:
    told = broken(tmp_path, old, new)

    assert "messages.yaml" in told
    assert says in told
