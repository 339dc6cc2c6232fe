"""Writes the named queries into one JSON file for the template: ``python -m infra.athena.compile FILE``.

A process of its own, because the template must not load what runs in functions.
"""

import json
import sys
from pathlib import Path

from infra.athena.queries import named_queries
from shared.policies.loader import RULES, PolicyErrors, load_directory


def main(out: Path, rules: Path = RULES) -> None:
    """Translate every query and write ``[{"name", "purpose", "text"}]``, the same bytes for the same definitions.

    Raises:
        PolicyErrors: the rules are wrong; nothing is written.
    """
    found = [query._asdict() for query in named_queries(load_directory(rules).money)]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main(*(Path(argument) for argument in sys.argv[1:3]))
    except PolicyErrors as problems:
        sys.exit(str(problems))
