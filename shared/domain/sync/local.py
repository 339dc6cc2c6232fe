"""What Leadspine holds of a person, by the names of the sync policy. The one place that knows where a value lives."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from shared.domain.consent.model import WITHDRAWN
from shared.domain.identity.model import EXTERNAL
from shared.domain.instant import Instant
from shared.domain.lead.model import FieldValue
from shared.domain.lead.names import first_name, last_name
from shared.domain.lead.projection import PersonView
from shared.domain.sync.canonical import canonical
from shared.domain.sync.model import MARKETO, SALESFORCE, LocalValue
from shared.domain.sync.policy_model import SyncPolicy

STAGE: Final = "stage.id"
SALESFORCE_ID: Final = "external.salesforce"
STANDING: Final = (STAGE, SALESFORCE_ID)
"""Paths that are among the local values whether a field maps them or not: plans and the native rule read them."""

COMPUTED: Final = frozenset({"score.total", "score.grade", "lead.id", STAGE, SALESFORCE_ID, "external.marketo"})
"""Values that Leadspine works out: nobody outside can state them."""
CONSENT_PARTS: Final = ("opt_out", "status", "date", "source")
"""What may be mapped of a purpose: ``consent.ad.email.opt_out``."""
NAME_PARTS: Final = {"name.first": "first_name", "name.last": "last_name"}
"""Parts of a name → the profile field that a part taken in is stated as."""


def local_values(view: PersonView, policy: SyncPolicy) -> dict[str, LocalValue]:
    """Every field of the policy as the person has it now, in canonical text, and the STANDING paths.

    A field that is empty is ``""`` since 0. ``profile.*`` and ``answers.*`` tell when they were stated, consent since
    when it holds; what is computed has no time.
    """
    values = {path: _read(view, path) for path in STANDING}
    for field in policy.fields:
        value, at = _read(view, field.local)
        values[field.name] = LocalValue(canonical(field.type, value), at)
    return values


def purpose_of(path: str) -> str | None:
    """The purpose whose opt-out a path is: ``consent.ad.email.opt_out`` is ``ad.email``; None for other paths."""
    section, _, rest = path.partition(".")
    purpose, _, part = rest.rpartition(".")
    return purpose if section == "consent" and part == "opt_out" and purpose else None


def _read(view: PersonView, path: str) -> LocalValue:
    section, _, key = path.partition(".")
    if path in _PATHS:
        return _PATHS[path](view)
    if section == "consent":
        return _consent(view, key)
    held = {"profile": view.profile, "answers": view.answers}.get(section, {}).get(key)
    return LocalValue(held.value, held.stamp.occurred_at) if held else LocalValue("")


def _email(view: PersonView) -> LocalValue:
    """The stated address; else the one by which the person is known."""
    held = view.profile.get("email")
    return LocalValue(held.value, held.stamp.occurred_at) if held else LocalValue(view.email or "")


def _named(part: Callable[[Mapping[str, FieldValue]], FieldValue | None]) -> Callable[[PersonView], LocalValue]:
    def read(view: PersonView) -> LocalValue:
        held = part(view.profile)
        return LocalValue(held.value, held.stamp.occurred_at) if held else LocalValue("")

    return read


def _consent(view: PersonView, key: str) -> LocalValue:
    purpose, _, part = key.rpartition(".")
    state = next((state for state in view.consents if state.purpose == purpose), None)
    if state is None:
        return LocalValue({"opt_out": "false", "status": "unknown"}.get(part, ""))
    values = {
        "opt_out": "true" if state.state == WITHDRAWN else "false",
        "status": state.state,
        "date": iso(state.since),
        "source": state.source,
    }
    return LocalValue(values.get(part, ""), state.since)


def _external(system: str) -> Callable[[PersonView], LocalValue]:
    def read(view: PersonView) -> LocalValue:
        """Of several records the contact before the lead, and the oldest of Marketo: ids of one length by order."""
        found = [
            i.value.partition(":")[2]
            for i in view.identifiers
            if i.kind == EXTERNAL and i.value.startswith(f"{system}:")
        ]
        return LocalValue(min(found, key=lambda id_: (len(id_), id_), default=""))

    return read


def iso(at: Instant) -> str:
    """An instant as canonical text, whole seconds UTC; ``""`` for never."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at > 0 else ""


_PATHS: Final[Mapping[str, Callable[[PersonView], LocalValue]]] = {
    "profile.email":    _email,
    "name.first":       _named(first_name),
    "name.last":        _named(last_name),
    # Whole points: hundredths would be written for nobody to read, and Marketo's scores are whole.
    "score.total":      lambda view: LocalValue(str((view.score.total + 50) // 100)),
    "score.grade":      lambda view: LocalValue(view.score.grade),
    STAGE:              lambda view: LocalValue(view.stage.id, view.stage.since),
    "lead.id":          lambda view: LocalValue(view.lead_id),
    SALESFORCE_ID:      _external(SALESFORCE),
    "external.marketo": _external(MARKETO),
}  # fmt: skip
