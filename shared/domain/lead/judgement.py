"""What a person's score and stage are while a decision is being made: folded once per change, told once at the end."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from shared.domain.company.model import BY_ACCOUNT, BY_BARE_ACCOUNT, BY_DOMAIN, BY_NAME, CompanyLink
from shared.domain.identity.model import EVIDENCE_WORDS, Evidence
from shared.domain.instant import Instant
from shared.domain.intake.signal import Signal
from shared.domain.lead.decision import ScorePoint, StageChange, Timer
from shared.domain.lead.draft import Draft
from shared.domain.lead.model import FieldValue, Lead, LeadId
from shared.domain.lead.names import first_name, full_name, last_name
from shared.domain.lead.projection import (
    folded_counters,
    is_known,
    record_of,
    values,
    visible_company,
    visible_fields,
)
from shared.domain.lead.workspace import Workspace
from shared.domain.lifecycle.handover import TIMER, is_requested
from shared.domain.lifecycle.model import ANONYMOUS, Enter, Handover
from shared.domain.lifecycle.policy import enter, is_backfill, next_stage, request_handover
from shared.domain.scoring.model import Score, ScoreLine
from shared.domain.scoring.policy import fit_lines, score
from shared.domain.values import maker

_BY: Final = {BY_ACCOUNT: "account", BY_BARE_ACCOUNT: "account", BY_DOMAIN: "domain", BY_NAME: "name"}
_point: Final = maker(ScorePoint)


class Judgement:
    """Scores and stages of the roots that a decision touches."""

    __slots__ = ("_current", "_latest", "_records", "_told", "_work")

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self._records: dict[LeadId, dict[str, Any]] = {}
        self._told: set[LeadId] = set()
        self._latest: dict[LeadId, Signal] = {}
        self._current: dict[LeadId, Score] = {}

    def forget(self, root: Draft) -> None:
        """Profile, answers, company or members changed: fold again when next asked."""
        self._records.pop(root.lead_id, None)
        root.fit_version = ""
        self._told.add(root.lead_id)

    def judge(self, root: Draft, signal: Signal, *, moved: bool) -> None:
        """After each signal: move the person to the stage whose guard it opened.

        A signal that a machine caused, or that changed neither points nor profile, opens nothing by itself unless a
        guard speaks about the signal; guards are therefore asked for every human signal while one of them can open.
        """
        self._latest[root.lead_id] = signal
        if moved:
            self._current.pop(root.lead_id, None)
        ladder = self._work.rules.ladder
        if not signal.human or ladder.guards.get(root.stage.id, ladder.first) is None:
            return
        if not signal.evidence and not signal.is_touch:
            return  # nobody with a public key speaks for sales, or says what was paid
        at = self._as_of(root)
        current = self._score(root, at)
        record = {
            **(self._record(root) if ladder.personal else {"known": is_known(self._leads(root))}),  # type: ignore[arg-type]
            "score": {
                "total": current.total / 100,
                "fit": current.fit / 100,
                "engagement": current.engagement / 100,
                "grade": current.grade,
            },
            "signal": {
                "kind": signal.kind,
                "channel": signal.channel,
                "source": signal.source,
                "evidence": EVIDENCE_WORDS[signal.evidence],
            },
            "attributes": signal.attributes,
            "stage": {"id": root.stage.id},
        }
        outcome = next_stage(ladder, root.stage, record)
        if isinstance(outcome, Enter):
            # Another system tells of its own past, whatever the person did since.
            self._enter(root, outcome, at if signal.is_touch else signal.occurred_at, signal)

    def close(self) -> None:
        """At the end: tell what changed about each person, once."""
        for lead_id, signal in self._latest.items():
            root = self._work.draft(lead_id)
            if root.merged_into is not None:
                continue
            if lead_id in self._told:
                self._tell_profile(root, signal)
            self._tell_score(root, signal)

    def _leads(self, root: Draft) -> list[Draft]:
        return self._work.person(root)

    def _as_of(self, root: Draft) -> Instant:
        """The person's latest signal: points are reckoned there, so that history played back scores as it did live."""
        if not root.members:
            return root.last_signal_at
        return max(lead.last_signal_at for lead in self._leads(root))

    def _record(self, root: Draft) -> dict[str, Any]:
        """What fit rules and guards may read of a person."""
        found = self._records.get(root.lead_id)
        if found is None:
            found = self._records[root.lead_id] = _record(self._leads(root))
        return found

    def _fit(self, root: Draft) -> tuple[ScoreLine, ...]:
        """The person's fit lines. The head remembers which rules they come from: behaviour alone never changes them."""
        scorer = self._work.rules.scorer
        if root.fit_version != scorer.model.version:
            root.fit_rules = tuple([line.rule for line in fit_lines(scorer, self._record(root))])
            root.fit_version = scorer.model.version
        return tuple([scorer.fit_by_rule[rule] for rule in root.fit_rules])

    def _score(self, root: Draft, at: Instant) -> Score:
        current = self._current.get(root.lead_id)
        if current is None or current.at != at:
            scorer = self._work.rules.scorer
            counters = folded_counters(self._leads(root), scorer)  # type: ignore[arg-type]  # a Draft reads as a Lead
            current = self._current[root.lead_id] = score(scorer, counters, self._fit(root), at)
        return current

    def _enter(self, root: Draft, to: Enter, at: Instant, signal: Signal) -> None:
        work, ladder = self._work, self._work.rules.ladder
        before = root.stage
        root.stage = enter(ladder, before, to, at)
        backfilled = is_backfill(ladder, at, work.now)
        if before.id == ANONYMOUS:
            evidence = EVIDENCE_WORDS[Evidence.VERIFIED if root.verified else Evidence.CLAIMED]
            work.fact(root, "LeadCaptured", signal, at, source=signal.source, channel=signal.channel, evidence=evidence)
        work.stage_changed(root, StageChange(at, work.now, before.id, to.stage_id, to.reason, ladder.model.version))
        work.fact(
            root,
            "StageChanged",
            signal,
            at,
            from_stage=before.id,
            to_stage=to.stage_id,
            reason=to.reason,
            policy_version=ladder.model.version,
            backfilled=backfilled,
            entered=[stage for stage, when in root.stage.entered.items() if stage not in before.entered],
        )
        if is_requested(root.handover):
            return
        handover = request_handover(ladder, root.stage, at, work.now)
        if isinstance(handover, Handover):
            if (held := root.handover) is not None:
                handover = replace(handover, owner=held.owner, owned_at=held.owned_at)
            root.handover = handover
            if handover.due is not None:
                work.timers.append(Timer(handover.due, TIMER, root.lead_id))
            work.fact(root, "HandoverRequested", signal, at, due=handover.due)

    def _tell_score(self, root: Draft, signal: Signal) -> None:
        final = self._score(root, self._as_of(root))
        if final.total == root.score_total and final.grade == root.score_grade:
            return
        work = self._work
        grade_changed = final.grade != root.score_grade
        root.score_total, root.score_grade = final.total, final.grade
        total, fit, engagement, grade, lines, policy_version, at = final
        work.scores[root.lead_id] = _point((at, total, fit, engagement, grade, lines, policy_version))
        work.fact(
            root,
            "ScoreChanged",
            signal,
            at,
            total=total,
            fit=fit,
            engagement=engagement,
            grade=grade,
            policy_version=policy_version,
            grade_changed=grade_changed,
        )

    def _tell_profile(self, root: Draft, signal: Signal) -> None:
        """Names of the fields whose visible value changed, never the values; and a company that is another one now."""
        before = _before(self._work, root)
        was_visible, is_visible = _visible(before), _visible(self._leads(root))
        old, new = values(was_visible), values(is_visible)
        changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        if _names(was_visible) != _names(is_visible):
            # A part that is stated anew may outrank a full name without being another word than before.
            changed.add("name")
        if changed:
            self._work.fact(root, "ProfileChanged", signal, signal.occurred_at, fields=sorted(changed))
        was, company = _company(before), _company(self._leads(root))
        if company is not None and (was is None or was.company_id != company.company_id):
            self._work.fact(
                root,
                "CompanyLinked",
                signal,
                signal.occurred_at,
                company_id=company.company_id,
                domain=company.domain or None,
                by=_BY[company.rank],
                previous_company_id=was.company_id if was is not None else None,
            )


def _before(work: Workspace, root: Draft) -> list[Lead]:
    """The person as it stood before the decision."""
    members = [work.known.leads[m] for m in root.before.members if m in work.known.leads]
    return [root.before, *members]


def _verified(leads: Iterable[Any]) -> bool:
    for lead in leads:  # noqa: SIM110 - asked for every decision, mostly about one lead: a generator costs more
        if lead.verified:
            return True
    return False


def _record(leads: list[Draft]) -> dict[str, Any]:
    verified = _verified(leads)
    company = visible_company(leads, verified=verified)  # type: ignore[arg-type]  # a Draft reads as a Lead
    profile = _values([lead.profile for lead in leads], verified=verified)
    answers = _values([lead.answers for lead in leads], verified=verified)
    return record_of(profile, answers, company, known=is_known(leads))  # type: ignore[arg-type]


def _values(mappings: list[Mapping[str, FieldValue]], *, verified: bool) -> dict[str, str]:
    """The visible values; in one pass where the person is one lead, as most are."""
    if len(mappings) > 1:
        return values(visible_fields(mappings, verified=verified))
    fields = mappings[0].items()
    if not verified:
        return {name: value for name, (_, value, _) in fields if value}
    return {name: value for name, (stamp, value, _) in fields if stamp[0] and value}


def _names(profile: Mapping[str, FieldValue]) -> tuple[str | None, ...]:
    parts = (first_name(profile), last_name(profile))
    return full_name(profile), *(part.value if part else None for part in parts)


def _visible(leads: Iterable[Any]) -> Mapping[str, FieldValue]:
    leads = list(leads)
    return visible_fields((lead.profile for lead in leads), verified=_verified(leads))


def _company(leads: Iterable[Any]) -> CompanyLink | None:
    leads = list(leads)
    return visible_company(leads, verified=_verified(leads))
