"""What belongs together in sync.yaml. Works on raw values of any shape, like checks.py."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.domain.sync.canonical import TYPES
from shared.domain.sync.handover import ACCEPTED, REJECTED, SUBJECT_WORDS
from shared.domain.sync.judge import RULES
from shared.domain.sync.local import COMPUTED, CONSENT_PARTS, NAME_PARTS, purpose_of
from shared.policies.checks import Raw, duplicates, group, is_number, records
from shared.policies.condition_checks import VOCABULARIES, Finding, check_condition
from shared.policies.problems import Path, unknown
from shared.policies.sections import PROFILE_FIELDS, SYNC_FIELDS, Sections

RECORDS: Final = ("salesforce.lead", "salesforce.contact", "marketo.person")
"""Kinds of records that stand for a person."""
RULE_TYPES: Final = {
    "merge:union":            ("multi",),
    "merge:max":              ("number",),
    "merge:sum":              ("number",),
    "merge:earliest":         ("date", "instant"),
    "merge:least-permissive": ("flag",),
}  # fmt: skip
"""Rules that only make sense for values of some types."""
REQUIRED: Final = ("LastName", "Company")
"""What Salesforce creates no lead without."""
STATES: Final = frozenset({"requested", "accepted", "rejected", "overdue"})
"""States of a hand-over."""

_WORD: Final = re.compile(r"\{([^{}]*)\}")


def check_sync(data: Raw, lifecycle: Raw, consent: Raw) -> Iterator[Finding]:
    """Known places, types and rules that fit each other, complete territories, shares that rise.

    Words of a file that says nothing are not looked for: what is wrong with it is said there.
    """
    purposes = frozenset(str(p.get("id")) for _, p in records(consent, "purposes"))
    stages = frozenset(str(s.get("id")) for _, s in records(lifecycle, "stages"))
    fields = list(records(data, "fields"))
    yield from duplicates(fields, "name")
    for path, field in fields:
        yield from _check_field(field, path, purposes)
    yield from _check_places(fields)
    for system, condition in group(data.get("create")).items():
        yield from _check_condition(condition, ("create", system), purposes, stages)
    if "salesforce" in group(data.get("create")):
        yield from _check_required(fields)
    handover = group(data.get("handover"))
    yield from _check_territories(handover, purposes, stages)
    yield from _check_answers(handover, stages)
    yield from _check_budgets(group(data.get("budgets")), data)


def _check_field(field: Raw, path: Path, purposes: frozenset[str]) -> Iterator[Finding]:
    local, kind, rule = field.get("local"), field.get("type", "text"), field.get("rule", "latest")
    if isinstance(local, str):
        yield from _check_local(local, (*path, "local"), purposes)
    if isinstance(kind, str) and kind not in TYPES:
        yield (*path, "type"), unknown("type", kind, TYPES)
    if isinstance(rule, str) and rule not in RULES:
        yield (*path, "rule"), unknown("rule", rule, RULES)
    elif isinstance(rule, str) and kind not in RULE_TYPES.get(rule, (kind,)):
        yield (*path, "rule"), f"{rule} is for fields of type {' or '.join(RULE_TYPES[rule])}, not {kind}"
    opt_out = isinstance(local, str) and purpose_of(local) is not None
    if opt_out and rule != "merge:least-permissive":
        yield (*path, "rule"), "must be merge:least-permissive: an opt-out of any side is one of all sides"
    if opt_out and kind != "flag":
        yield (*path, "type"), "must be flag: somebody has opted out or not"
    yield from _check_remote(field, path, worked_out=isinstance(local, str) and _is_worked_out(local))


def _check_local(local: str, path: Path, purposes: frozenset[str]) -> Iterator[Finding]:
    section, _, key = local.partition(".")
    purpose, _, part = key.rpartition(".")
    if section == "consent" and part in CONSENT_PARTS:
        if purposes and purpose not in purposes:
            yield path, unknown("purpose", purpose, purposes)
        return
    known = section == "answers" and bool(key)
    if not known and local not in _places(purposes):
        yield path, unknown("place", local, _places(purposes))


def _places(purposes: frozenset[str]) -> list[str]:
    consent = [f"consent.{purpose}.{part}" for purpose in purposes for part in CONSENT_PARTS]
    return [*(f"profile.{name}" for name in PROFILE_FIELDS), *NAME_PARTS, *COMPUTED, *consent]


def _is_worked_out(local: str) -> bool:
    """Whether nobody outside can state the value."""
    return local in COMPUTED or (local.startswith("consent.") and purpose_of(local) is None)


def _check_remote(field: Raw, path: Path, *, worked_out: bool) -> Iterator[Finding]:
    for record, spec in group(field.get("remote")).items():
        where = (*path, "remote", record)
        if record not in RECORDS:
            yield where, unknown("kind of record", record, RECORDS)
        direction = group(spec).get("direction", "both")
        if worked_out and direction in ("both", "in"):
            yield (*where, "direction"), f"must be out: Leadspine works {field.get('local')} out, nobody can change it"
        if group(spec).get("default") and direction == "in":
            yield (*where, "default"), "is for fields that are written, and this one is only read"


def _check_places(fields: list[tuple[Path, Raw]]) -> Iterator[Finding]:
    """One field of a record belongs to one field of ours; and records are matched by e-mail."""
    taken: dict[tuple[str, str], Any] = {}
    for path, field in fields:
        for record, spec in group(field.get("remote")).items():
            name = group(spec).get("name")
            if not isinstance(name, str):
                continue
            other = taken.setdefault((str(record), name.lower()), field.get("name"))
            if other != field.get("name"):
                yield (*path, "remote", record, "name"), f'"{name}" is already mapped to {other}'
    if fields and not any(field.get("local") == "profile.email" for _, field in fields):
        yield ("fields",), "must map profile.email: other systems' records are found by it"


def _check_required(fields: list[tuple[Path, Raw]]) -> Iterator[Finding]:
    leads = [(path, group(group(field.get("remote")).get("salesforce.lead"))) for path, field in fields]
    for name in REQUIRED:
        found = [(path, spec) for path, spec in leads if spec.get("name") == name]
        for path, spec in found:
            if not spec.get("default") and spec.get("direction", "both") != "in":
                where = (*path, "remote", "salesforce.lead", "default")
                yield where, f"is required: Salesforce creates no lead without {name}"
        if fields and not found:
            yield ("fields",), f"must map salesforce.lead {name}: Salesforce creates no lead without it"


def _check_condition(
    condition: Any, path: Path, purposes: frozenset[str], stages: frozenset[str]
) -> Iterator[Finding]:  # fmt: skip
    sections: Sections = {**SYNC_FIELDS, "consent": purposes}
    states = {f"consent.{purpose}": frozenset({"given", "withdrawn"}) for purpose in purposes}
    words: Mapping[str, frozenset[str]] = {**VOCABULARIES, **states, "stage.id": stages, "handover.state": STATES}
    yield from check_condition(condition, path, place="sync.yaml", sections=sections, vocabularies=words)


def _check_territories(handover: Raw, purposes: frozenset[str], stages: frozenset[str]) -> Iterator[Finding]:
    territories = [(("handover", *path), one) for path, one in records(handover, "territories")]
    yield from duplicates(territories, "name")
    for number, (path, one) in enumerate(territories, 1):
        last = number == len(territories)
        if last and one.get("when") is not None:
            yield (*path, "when"), "must be left out in the last territory: it takes everybody else"
        elif not last and one.get("when") is None:
            yield (*path, "when"), "is required: without it no later territory would get anybody"
        yield from _check_condition(one.get("when"), (*path, "when"), purposes, stages)


def _check_answers(handover: Raw, stages: frozenset[str]) -> Iterator[Finding]:
    for status, answer in group(handover.get("answers")).items():
        path: Path = ("handover", "answers", status)
        word, colon, stage = answer.partition(":") if isinstance(answer, str) else (ACCEPTED, "", "")
        if (word, colon) not in ((ACCEPTED, ""), (REJECTED, ":")):
            yield path, f'must be {ACCEPTED} or {REJECTED}:<stage>, not "{answer}"'
        elif colon and stages and stage not in stages:
            yield path, unknown("stage", stage, stages)
    for stage in group(handover.get("stages")):
        if stages and stage not in stages:
            yield ("handover", "stages", stage), unknown("stage", stage, stages)
    subject = handover.get("task_subject")
    for word in _WORD.findall(subject) if isinstance(subject, str) else []:
        if word not in SUBJECT_WORDS:
            yield ("handover", "task_subject"), unknown("word", f"{{{word}}}", [f"{{{one}}}" for one in SUBJECT_WORDS])


def _check_budgets(budgets: Raw, data: Raw) -> Iterator[Finding]:
    if isinstance(data.get("budgets"), dict):
        for system in ("salesforce", "marketo"):
            if system not in budgets:
                yield ("budgets", system), "is required"
    for system, budget in budgets.items():
        names = ("careful", "urgent_only", "stop")
        shares = [group(budget).get(name) for name in names]
        for number in range(1, len(shares)):
            lower, higher = shares[number - 1], shares[number]
            if is_number(lower) and is_number(higher) and higher <= lower:
                yield ("budgets", system, names[number]), f"must be above {names[number - 1]} ({lower})"
