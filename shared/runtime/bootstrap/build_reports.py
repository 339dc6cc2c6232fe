"""The collaborators of build_reports."""

from collections.abc import Callable
from typing import Protocol

from shared.adapters.duckdb.costs import ParquetCosts
from shared.adapters.duckdb.insights import ParquetInsights
from shared.adapters.s3.lake import S3Objects
from shared.app.build_reports import Built, build_reports
from shared.runtime.clients import client
from shared.runtime.observability import logger


class Settings(Protocol):
    """What the function has to know."""

    @property
    def lake_bucket_name(self) -> str:
        """Where facts and the state table are."""


def builder(settings: Settings) -> Callable[[], dict[str, int | str]]:
    """A function that builds once and says what it did."""
    objects = S3Objects(client("s3"), settings.lake_bucket_name)
    insights = ParquetInsights(objects, root=f"s3://{settings.lake_bucket_name}/")
    costs = ParquetCosts(objects)

    def build() -> dict[str, int | str]:
        outcome = build_reports(insights)
        told: dict[str, int | str] = {"outcome": "overtaken"}
        if isinstance(outcome, Built):
            result = outcome.result
            told = {"outcome": "built", "files": result.files, "facts": result.facts, "leads": result.leads}
        told["costs_packed"] = costs.pack()
        logger.info("REPORTS.BUILT", extra=told)
        return told

    return build
