"""Writes the policies into one JSON file for assets: validated, hashed, the same bytes for the same rules."""

import json
import sys
from pathlib import Path

from shared.policies.loader import RULES, PolicyErrors, load_plain


def main(out: Path, rules: Path = RULES) -> None:
    """Validate a directory of rules and write ``policies.json``.

    Raises:
        PolicyErrors: the rules are wrong; nothing is written.
    """
    text = json.dumps(load_plain(rules), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main(*(Path(argument) for argument in sys.argv[1:3]))
    except PolicyErrors as problems:
        sys.exit(str(problems))
