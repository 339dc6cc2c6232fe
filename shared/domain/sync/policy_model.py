"""The compiled sync policy: which field lives where, who may write it, and who wins. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.instant import Instant
from shared.domain.scoring.condition import Condition

BOTH = "both"
IN = "in"
OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteField:
    """Where a field lives in one kind of record (``salesforce.lead``, ``marketo.person``).

    ``direction`` is seen from Leadspine: ``in`` is read only, ``out`` written only. ``default`` fills a required field
    that is empty, at creation only. ``max_length`` cuts with an ellipsis; 0 leaves the value alone.
    """

    name: str
    direction: str
    default: str = ""
    max_length: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncField:
    """One synchronised field.

    ``local`` says where Leadspine holds it: ``profile.<field>``, ``answers.<key>``, or one of the computed values of
    local.py. ``type`` is one of canonical.TYPES. ``rule`` is ``owner:<system>``, ``latest``, ``merge:union|max|sum|
    earliest|least-permissive``, ``manual`` or ``native`` (leads: Marketo wins, contacts: Salesforce). A ``passenger``
    never causes a write; it goes along with others.
    """

    name: str
    local: str
    type: str
    rule: str
    remote: Mapping[str, RemoteField]
    passenger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """Owners of hand-overs whose person meets ``when``, taken in turn."""

    name: str
    when: Condition
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverPolicy:
    """How sales gets a lead. ``answers`` maps a Salesforce status to ``accepted`` or ``rejected:<stage>``.

    ``stages`` says what Salesforce shows of people whom marketing took back: stage → (status, owner).
    ``status`` is the status of a new lead. Owners are Salesforce user names or queue names.
    """

    status: str
    territories: tuple[Territory, ...]
    answers: Mapping[str, str]
    stages: Mapping[str, tuple[str, str]]
    task_subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPolicy:
    """Shares of a vendor's daily allowance.

    From ``careful`` on cycles stretch, from ``urgent_only`` on only opt-outs and hand-overs are written, at ``stop``
    nothing is called. ``daily`` is the allowance where the vendor does not say.
    """

    daily: int
    careful: float
    urgent_only: float
    stop: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPolicy:
    """Everything in sync.yaml, compiled.

    ``create`` maps a system to the condition under which a person gets a record there. ``tie`` wins where times cannot
    decide within ``uncertainty_ms``. ``overlap_ms`` is how far a pull looks back behind its watermark.
    ``freeze_after`` flips freeze a field of a record. The native profile is compiled into the rules of the fields.
    """

    fields: tuple[SyncField, ...]
    create: Mapping[str, Condition]
    handover: HandoverPolicy
    budgets: Mapping[str, BudgetPolicy]
    tie: str
    uncertainty_ms: Instant
    overlap_ms: Instant
    freeze_after: int
    merge_in_marketo: bool
    version: str
