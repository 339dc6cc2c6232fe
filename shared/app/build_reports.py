"""Keeping the state table up to date. Reports do not wait for it: they read what is not folded yet as well."""

from dataclasses import dataclass

from shared.ports.lake import BuildResult, LakeBusy, LeadInsights


@dataclass(frozen=True, slots=True)
class Built:
    """A new state table was published, or there was nothing to add."""

    result: BuildResult


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Another builder was faster; the next run continues from there."""


def build_reports(insights: LeadInsights) -> Built | Overtaken:
    """Fold facts that arrived since the last run."""
    try:
        return Built(insights.build())
    except LakeBusy:
        return Overtaken()
