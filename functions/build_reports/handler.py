"""Schedule ``build-reports``: new facts are folded into the state table."""

from functions.build_reports.settings import Settings
from shared.runtime.bootstrap.build_reports import builder
from shared.runtime.settings import load

build = builder(load(Settings))


def lambda_handler(event: object, context: object) -> dict[str, int | str]:  # noqa: ARG001 (Lambda's signature)
    """Fold what arrived since the last run."""
    return build()
