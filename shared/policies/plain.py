"""Validated policy files as one plain, hashed, JSON-ready value: what assets carry. Reads and checks nothing."""

import hashlib
import json
import unicodedata
from typing import Any, Final

from shared.domain.instant import DAY, HOUR
from shared.policies.condition_models import plain_condition
from shared.policies.message_models import MessagesFile
from shared.policies.message_policy import plain_messages
from shared.policies.models import ConsentFile, LifecycleFile, RuleModel, ScoringFile, SourcesFile, TextModel
from shared.policies.money_models import MoneyFile
from shared.policies.money_policy import plain_money
from shared.policies.sync_models import SyncFile
from shared.policies.sync_plain import plain_sync

FORMAT: Final = 1
"""Version of the compiled layout; raised when compiled.py can no longer read the old one."""


def plain(
    scoring: ScoringFile,
    lifecycle: LifecycleFile,
    consent: ConsentFile,
    sources: SourcesFile,
    sync: SyncFile,
    messages: MessagesFile,
    money: MoneyFile,
) -> dict[str, Any]:
    """All policies. Every part carries the hash of its content, so comments and layout change no version."""
    parts = {
        "scoring": _versioned(_scoring(scoring)),
        "lifecycle": _versioned(_lifecycle(lifecycle)),
        "consent": _versioned(_consent(consent)),
        "sources": {name: source.model_dump() for name, source in sorted(sources.sources.items())},
        "sync": _versioned(plain_sync(sync)),
        "messages": _versioned(plain_messages(messages)),
        "money": _versioned(plain_money(money)),
    }
    return {"format": FORMAT, **_versioned(parts)}


def digest(value: object, length: int) -> str:
    """The first hexadecimal digits of the SHA-256 of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def text_digest(text: str) -> str:
    """The SHA-256 of a consent text: NFC, UTF-8, no white space around it."""
    return hashlib.sha256(normal_text(text).encode()).hexdigest()


def normal_text(text: str) -> str:
    """The form of a consent text that is stored, shown and hashed."""
    return unicodedata.normalize("NFC", text.strip())


def _versioned(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "version": digest(content, 12)}


def _rule(rule: RuleModel) -> dict[str, Any]:
    content = {
        "id": rule.id,
        "category": rule.category,
        "points": float(rule.points),
        "kinds": sorted(set(rule.kinds)),
        "when": plain_condition(rule.when),
        "half_life_ms": None if rule.half_life_days is None else round(rule.half_life_days * DAY),
        "cap": None if rule.cap is None else float(rule.cap),
    }
    return {**content, "version": digest(content, 8)}


def _scoring(scoring: ScoringFile) -> dict[str, Any]:
    fit, engagement = scoring.fit_bands, scoring.engagement_bands
    return {
        "rules": [_rule(rule) for rule in scoring.rules],
        # None is "everything below": JSON has no minus infinity.
        "fit_bands": [["A", fit.A], ["B", fit.B], ["C", fit.C], ["D", None]],
        "engagement_bands": [["1", engagement.one], ["2", engagement.two], ["3", engagement.three], ["4", None]],
    }


def _lifecycle(lifecycle: LifecycleFile) -> dict[str, Any]:
    stages = [
        {
            "id": stage.id,
            "order": stage.order,
            "reason": stage.reason,
            "enter": None if stage.enter is None else plain_condition(stage.enter),
            "side": stage.side,
        }
        for stage in lifecycle.stages
    ]
    return {
        "stages": stages,
        "handover_stage": lifecycle.handover.stage,
        "handover_sla_ms": round(lifecycle.handover.sla_hours * HOUR),
        "backfill_after_ms": round(lifecycle.backfill_after_days * DAY),
    }


def _consent(consent: ConsentFile) -> dict[str, Any]:
    return {
        "controllers": {id_: controller.model_dump() for id_, controller in sorted(consent.controllers.items())},
        "purposes": [purpose.model_dump() for purpose in consent.purposes],
        "texts": [_text(text) for text in consent.texts],
    }


def _text(text: TextModel) -> dict[str, Any]:
    metadata = {name: value for name, value in text.metadata.model_dump().items() if value}
    content = text.model_dump(exclude={"default", "metadata", "text"})
    return {**content, "text": normal_text(text.text), "sha256": text_digest(text.text), "metadata": metadata}
