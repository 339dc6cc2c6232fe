"""One person's page: consent in plain words, the timeline by day, score lines as bars, fields of other systems."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from shared.app.console import times, words
from shared.contracts import api, sync_api

_SAID: Final = frozenset({"system", "object", "remote_id", "fields", "handover", "opportunity_state"})
"""Attributes that the line itself tells, or that only machines need."""

WITHDRAWN: Final = "withdrawn"
GIVEN: Final = "given"


class ConsentLine(NamedTuple):
    """What holds for a purpose: its words, yes, no or never asked, and since when by which source."""

    purpose: str
    what: str
    answer: str
    tone: str
    since: str | None
    source: str


class TimelineDay(NamedTuple):
    """What happened on one day, newest first."""

    day: str
    items: tuple["Happened", ...]


class Happened(NamedTuple):
    """One item of the timeline."""

    at: str
    iso: str
    family: str
    what: str
    details: tuple[tuple[str, str], ...]


class ScoreBar(NamedTuple):
    """One line of the score; ``share`` compares it with the largest one, 0 to 100."""

    rule: str
    points: float
    share: float
    hits: int


class FieldLine(NamedTuple):
    """One field of one record, and why it stands as it does."""

    field: str
    value: str
    remote: str
    differs: bool
    why: str
    rule: str


class RecordBlock(NamedTuple):
    """One record of another system with its fields."""

    record: sync_api.SyncRecordView
    fields: tuple[FieldLine, ...]


def consent_lines(consents: Iterable[api.ConsentView]) -> tuple[ConsentLine, ...]:
    """Every purpose that there is by default, and every other one that something is known about."""
    held = {consent.purpose: consent for consent in consents}
    named = list(dict.fromkeys((*words.PURPOSES, *held)))
    return tuple(_consent(purpose, held.get(purpose)) for purpose in named)


def _consent(purpose: str, consent: api.ConsentView | None) -> ConsentLine:
    what = words.PURPOSES.get(purpose, words.label(purpose))
    if consent is None:
        return ConsentLine(purpose, what, "Never asked", "calm", None, "")
    answers = {GIVEN: ("Agreed", "good"), WITHDRAWN: ("Withdrawn", "bad")}
    answer, tone = answers.get(consent.state, (words.label(consent.state), "calm"))
    return ConsentLine(purpose, what, answer, tone, consent.since, consent.source)


def days(items: Sequence[api.TimelineItem]) -> tuple[TimelineDay, ...]:
    """A page of the timeline by day."""
    return tuple(
        TimelineDay(times.day_of(f"{day}T00:00:00Z"), tuple(_happened(item) for item in found))
        for day, found in groupby(items, key=lambda item: item.occurred_at[:10])
    )


def _happened(item: api.TimelineItem) -> Happened:
    return Happened(
        at=times.clock_of(item.occurred_at),
        iso=item.occurred_at,
        family=words.family(item.kind),
        what=_what(item),
        details=tuple(_details(item)),
    )


def _what(item: api.TimelineItem) -> str:
    extra = item.model_extra or {}
    if item.kind == "stage_changed":
        return f"{words.stage(str(extra.get('from_stage')))} → {words.stage(str(extra.get('to_stage')))}"
    if item.kind == "remote_changed":
        return _changed_there(extra.get("attributes"))
    if item.kind in {"consent_given", "consent_withdrawn"} and extra.get("purpose"):
        purpose = str(extra["purpose"])
        return f"{words.label(item.kind)}: {words.PURPOSES.get(purpose, purpose)}"
    return item.summary


def _changed_there(attributes: object) -> str:
    """What another system told: which fields changed, an answer to a hand-over, an opportunity."""
    told = attributes if isinstance(attributes, Mapping) else {}
    where = words.system(str(told.get("system") or "another system"))
    if told.get("handover"):
        return f"Hand-over {told['handover']} in {where}"
    if told.get("opportunity_state"):
        return f"Opportunity {told['opportunity_state']} in {where}"
    fields = ", ".join(words.label(name).lower() for name in str(told.get("fields") or "").split(",") if name)
    return f"Changed in {where}: {fields}" if fields else f"Told by {where}"


def _details(item: api.TimelineItem) -> Iterable[tuple[str, str]]:
    extra = item.model_extra or {}
    if item.kind == "stage_changed":
        yield "because the person", words.reason(str(extra.get("reason", "")))
        return
    yield "via", words.system(item.source)
    if extra.get("channel") not in (None, "", "Unassigned"):
        yield "channel", str(extra["channel"])
    if extra.get("verified") is False:
        yield "claimed", "not proven by a signed source"
    for group in ("attributes", "answers", "utm"):
        told = extra.get(group)
        if isinstance(told, Mapping):
            shown = ((str(name), value) for name, value in sorted(told.items()) if value and name not in _SAID)
            yield from ((words.label(name).lower(), str(value)) for name, value in shown)


def answers(lead: api.Lead) -> tuple[tuple[str, str], ...]:
    """What the person answered, without what the contact shows already."""
    shown = {words.label(name).casefold() for name in (*lead.profile, "first_name", "last_name")}
    told = ((words.label(name), value) for name, value in lead.answers.items())
    return tuple((name, value) for name, value in told if name.casefold() not in shown)


def score_bars(lines: Sequence[api.ScoreLineView]) -> tuple[ScoreBar, ...]:
    """The lines, the weightiest first."""
    most = max((abs(line.points) for line in lines), default=0) or 1
    ordered = sorted(lines, key=lambda line: (-abs(line.points), line.rule))
    return tuple(
        ScoreBar(words.label(line.rule), line.points, round(100 * abs(line.points) / most, 2), line.count)
        for line in ordered
    )


def record_blocks(sync: sync_api.LeadSync) -> tuple[RecordBlock, ...]:
    """Every record with its fields, those that neither side ever had left out."""
    return tuple(
        RecordBlock(
            record,
            tuple(
                _field(line)
                for line in sync.items
                if (line.system, line.remote_id) == (record.system, record.remote_id) and (line.value or line.remote)
            ),
        )
        for record in sync.records
    )


def _field(line: sync_api.SyncFieldView) -> FieldLine:
    return FieldLine(
        field=words.label(line.field),
        value=line.value,
        remote=line.remote,
        differs=line.value != line.remote,
        why=words.VERDICTS.get(line.verdict, line.verdict),
        rule=line.rule,
    )
