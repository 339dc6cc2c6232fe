"""Reads the compiled policies that assets carry: JSON to frozen values. Loads neither YAML nor pydantic.

It checks nothing: what is in the file was validated when it was built (see compile.py).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.contracts.intake import Source
from shared.domain.consent.policy_model import ConsentPolicy, ConsentText, Purpose
from shared.domain.engagement.policy_model import MessagePolicy
from shared.domain.lifecycle.policy_model import LifecycleModel, Stage
from shared.domain.money.policy_model import MoneyPolicy
from shared.domain.scoring.condition import All, Always, Any_, Compare, Condition, Not
from shared.domain.scoring.policy_model import ScoringModel, ScoringRule
from shared.domain.sync.policy_model import (
    BudgetPolicy,
    HandoverPolicy,
    RemoteField,
    SyncField,
    SyncPolicy,
    Territory,
)
from shared.policies.message_policy import messages_from
from shared.policies.money_policy import money_from
from shared.policies.sources import load_sources, sources_from

__all__ = ["Policies", "condition_from", "load_compiled", "load_sources", "policies_from"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All rules that are in force. ``version`` changes when anything in them does."""

    scoring: ScoringModel
    lifecycle: LifecycleModel
    consent: ConsentPolicy
    version: str
    sources: Mapping[str, Source] = field(default_factory=dict)
    sync: SyncPolicy
    messages: MessagePolicy
    money: MoneyPolicy


def load_compiled(path: Path) -> Policies:
    """The policies of an asset."""
    return policies_from(json.loads(path.read_bytes()))


def policies_from(data: Mapping[str, Any]) -> Policies:
    """Policies from their plain form."""
    return Policies(
        scoring=_scoring(data["scoring"]),
        lifecycle=_lifecycle(data["lifecycle"]),
        consent=_consent(data["consent"]),
        sources=sources_from(data),
        sync=_sync(data["sync"]),
        messages=messages_from(data["messages"]),
        money=money_from(data["money"]),
        version=data["version"],
    )


def condition_from(data: Mapping[str, Any] | None) -> Condition:
    """A condition from its plain form."""
    if data is None or "always" in data:
        return Always()
    if "all" in data:
        return All(tuple(condition_from(item) for item in data["all"]))
    if "any" in data:
        return Any_(tuple(condition_from(item) for item in data["any"]))
    if "not" in data:
        return Not(condition_from(data["not"]))
    value = data["value"]
    return Compare(data["field"], data["op"], tuple(value) if isinstance(value, list) else value)


def _scoring(data: Mapping[str, Any]) -> ScoringModel:
    return ScoringModel(
        rules=tuple(_rule(rule) for rule in data["rules"]),
        fit_bands=_bands(data["fit_bands"]),
        engagement_bands=_bands(data["engagement_bands"]),
        version=data["version"],
    )


def _bands(data: list[list[Any]]) -> tuple[tuple[str, float], ...]:
    return tuple((name, -math.inf if least is None else float(least)) for name, least in data)


def _rule(data: Mapping[str, Any]) -> ScoringRule:
    return ScoringRule(
        id=data["id"],
        version=data["version"],
        category=data["category"],
        points=data["points"],
        kinds=frozenset(data["kinds"]),
        when=condition_from(data["when"]),
        half_life_ms=data["half_life_ms"],
        cap=data["cap"],
    )


def _lifecycle(data: Mapping[str, Any]) -> LifecycleModel:
    return LifecycleModel(
        stages=tuple(_stage(stage) for stage in data["stages"]),
        handover_stage=data["handover_stage"],
        handover_sla_ms=data["handover_sla_ms"],
        backfill_after_ms=data["backfill_after_ms"],
        version=data["version"],
    )


def _stage(data: Mapping[str, Any]) -> Stage:
    enter = data["enter"]
    return Stage(
        id=data["id"],
        order=data["order"],
        enter=None if enter is None else condition_from(enter),
        reason=data["reason"],
        side=data["side"],
    )


def _consent(data: Mapping[str, Any]) -> ConsentPolicy:
    texts = [ConsentText(**{**text, "regimes": tuple(text["regimes"])}) for text in data["texts"]]
    return ConsentPolicy(
        purposes={purpose["id"]: Purpose(**purpose) for purpose in data["purposes"]},
        texts={text.id: text for text in texts},
        version=data["version"],
    )


def _sync(data: Mapping[str, Any]) -> SyncPolicy:
    handover = data["handover"]
    territories = [{**one, "when": condition_from(one["when"])} for one in handover["territories"]]
    return SyncPolicy(
        **{name: value for name, value in data.items() if name not in ("fields", "create", "handover", "budgets")},
        fields=tuple(_sync_field(field) for field in data["fields"]),
        create={system: condition_from(condition) for system, condition in data["create"].items()},
        handover=HandoverPolicy(
            status=handover["status"],
            territories=tuple(Territory(**{**one, "owners": tuple(one["owners"])}) for one in territories),
            answers=handover["answers"],
            stages={stage: (status, owner) for stage, (status, owner) in handover["stages"].items()},
            task_subject=handover["task_subject"],
        ),
        budgets={system: BudgetPolicy(**budget) for system, budget in data["budgets"].items()},
    )


def _sync_field(field: Mapping[str, Any]) -> SyncField:
    return SyncField(**{**field, "remote": {record: RemoteField(**spec) for record, spec in field["remote"].items()}})
