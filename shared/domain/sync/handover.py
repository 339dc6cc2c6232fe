"""How sales gets a person: whose lead it is, what the task beside it says, and what an answer means."""

from collections.abc import Iterable
from typing import Final

from shared.domain.instant import Instant
from shared.domain.lead.projection import PersonView
from shared.domain.scoring.condition import holds
from shared.domain.sync.gate import creation_record
from shared.domain.sync.local import iso
from shared.domain.sync.model import Task
from shared.domain.sync.policy_model import SyncPolicy, Territory
from shared.domain.touchpoint.model import Touchpoint

ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
SUBJECT_WORDS: Final = ("name", "company", "grade", "stage")
"""What a subject may name in braces: ``Call {name}``."""

_LINES: Final = 5
_LONGEST_DESCRIPTION: Final = 8_000
_LONGEST_SUBJECT: Final = 255


def territory(view: PersonView, policy: SyncPolicy) -> Territory:
    """The first territory whose condition the person meets; the last one has none and takes everybody."""
    record = creation_record(view)
    found = policy.handover.territories
    return next((one for one in found[:-1] if holds(one.when, record)), found[-1])


def owner_of(territory: Territory, turn: int) -> str:
    """Whose turn it is, round robin."""
    return territory.owners[turn % len(territory.owners)]


def answer_of(status: str, converted: bool, policy: SyncPolicy) -> tuple[str, str] | None:
    """What sales said about a hand-over: ``accepted`` or ``rejected``, and the stage after a rejection; None: nothing.

    A conversion accepts, whatever status it left.
    """
    if converted:
        return ACCEPTED, ""
    answer, _, stage = policy.handover.answers.get(status, "").partition(":")
    return (answer, stage) if answer else None


def task_id(view: PersonView) -> str:
    """The id of a hand-over's task: the same however often it is made."""
    return f"{view.lead_id}:{view.handover.requested_at if view.handover else 0}"


def task_of(view: PersonView, touches: Iterable[Touchpoint], policy: SyncPolicy, now: Instant) -> Task:
    """What a sales person has to know before the call.

    ``touches`` in any order; the latest five are told. Due on the day of the hand-over's SLA, UTC.
    """
    handed = view.handover
    due = handed.due if handed and handed.due else now
    return Task(
        external_id=task_id(view),
        subject=_subject(view, policy),
        description=_description(view, touches, due)[:_LONGEST_DESCRIPTION],
        due=iso(due)[:10],
    )


def _subject(view: PersonView, policy: SyncPolicy) -> str:
    company = view.company.name or view.company.domain if view.company else ""
    stated = view.profile.get("company")
    words = {
        "name": view.name or view.email or view.phone or "a new lead",
        "company": (stated.value if stated else "") or company or "unknown company",
        "grade": view.score.grade,
        "stage": view.stage.id,
    }
    text = policy.handover.task_subject
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    return text[:_LONGEST_SUBJECT]


def _description(view: PersonView, touches: Iterable[Touchpoint], due: Instant) -> str:
    latest = sorted(touches, key=lambda touch: (touch.occurred_at, touch.signal_id), reverse=True)[:_LINES]
    paragraphs = (
        (
            "Why now",
            [f"{view.stage.id} since {_moment(view.stage.since)} ({view.stage.reason})", f"call by {_moment(due)}"],
        ),
        (f"Score {_points(view.score.total)}, grade {view.score.grade}", _score_lines(view)),
        ("Latest", [f"{_moment(t.occurred_at)}  {_words(t.kind)}, {t.channel}" for t in latest]),
        (
            "Answers",
            [f"{_words(key)}: {' '.join(a.value.split())}" for key, a in sorted(view.answers.items()) if a.value],
        ),
        ("How to reach", _reach(view)),
    )
    return "\n\n".join("\n".join((title, *(f"- {line}" for line in lines))) for title, lines in paragraphs if lines)


def _score_lines(view: PersonView) -> list[str]:
    return [f"{_points(line.points, sign=True)}  {_words(line.rule)}" for line in view.score.lines[:_LINES]]


def _reach(view: PersonView) -> list[str]:
    """Ways to the person, with what they forbade: a rep has to see it where the number stands."""
    refused = {state.channel for state in view.consents if state.state == "withdrawn"}
    found = []
    if view.email:
        found.append(f"e-mail: {view.email}" + (" (no advertising)" if "email" in refused else ""))
    if view.phone:
        found.append(f"phone: {view.phone}" + (" (does not want calls)" if "call" in refused else ""))
    return found


def _points(hundredths: int, *, sign: bool = False) -> str:
    text = f"{hundredths / 100:+.2f}" if sign else f"{hundredths / 100:.2f}"
    return text.rstrip("0").rstrip(".")


def _words(key: str) -> str:
    return key.replace("_", " ").replace("-", " ")


def _moment(at: Instant) -> str:
    return f"{iso(at)[:16].replace('T', ' ')} UTC" if at > 0 else "an unknown time"
