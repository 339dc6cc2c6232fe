"""Who wins a field that both sides changed. Total and pure: every rule, every evidence, blanks, unknown bases.

An opt-out is judged least-permissive whatever its rule says. A side that cleared a value changed it; a side that was
empty all along said nothing. Times decide only beyond the policy's uncertainty, because they are of several clocks.
"""

from typing import Final, NamedTuple

from shared.domain.instant import Instant
from shared.domain.sync.canonical import FLAG_OFF, FLAG_ON, canonical, number_of, parts_of, plain_number
from shared.domain.sync.local import purpose_of
from shared.domain.sync.model import CONTACT, LEADSPINE, MARKETO, SALESFORCE, LocalValue
from shared.domain.sync.policy_model import SyncField, SyncPolicy

MERGED: Final = "merged"
NOBODY: Final = "nobody"
NATIVE: Final = "native"
"""The rule of the native connector: on a lead Marketo wins, on a contact Salesforce."""
MANUAL: Final = "manual"
LATEST: Final = "latest"
MERGES: Final = ("union", "max", "sum", "earliest", "least-permissive")
RULES: Final = (
    *(f"owner:{system}" for system in (SALESFORCE, MARKETO, LEADSPINE)),
    LATEST,
    *(f"merge:{way}" for way in MERGES),
    MANUAL,
    NATIVE,
)

BY_OWNER: Final = "SYNC.OWNER"
BY_TIME: Final = "SYNC.LATEST"
BY_ROW_TIME: Final = "SYNC.LATEST.ROW_TIME"
"""The other system tells only when the record changed, not when the field did."""
BY_TIE: Final = "SYNC.TIE"
BY_MERGE: Final = "SYNC.MERGED"
BY_NATIVE: Final = "SYNC.NATIVE"
NOT_BLANK: Final = "SYNC.BLANK"
OPT_OUT: Final = "SYNC.OPT_OUT"
UNDECIDED: Final = "SYNC.MANUAL"


class RemoteValue(NamedTuple):
    """What the other system holds, since when (0: it does not say). ``graded``: that is the field's own time."""

    value: str
    at: Instant = 0
    graded: bool = False


class Judgement(NamedTuple):
    """``winner`` is a system, ``merged`` or ``nobody``; with nobody each side keeps its own (``value`` is ours)."""

    winner: str
    value: str
    code: str
    rule: str


def judge(
    field: SyncField,
    system: str,
    base: str | None,
    local: LocalValue,
    remote: RemoteValue,
    policy: SyncPolicy,
    *,
    contact: bool = False,
) -> Judgement:
    """Decide a field whose two values differ. ``base`` None: nobody knows what they last agreed on.

    ``contact`` says whether the person is a contact in Salesforce, which the native rule asks for.
    """
    base = None if base is None else canonical(field.type, base)
    local = local._replace(value=canonical(field.type, local.value))
    remote = remote._replace(value=canonical(field.type, remote.value))
    if purpose_of(field.local) is not None or field.rule == "merge:least-permissive":
        return _least_permissive(field, system, local, remote)
    if not base and bool(local.value) != bool(remote.value):
        # Nobody cleared anything: the empty side has only never had a value.
        return _win(field, system, local, remote, remote_wins=bool(remote.value), code=NOT_BLANK)
    word, _, argument = field.rule.partition(":")
    if field.rule == MANUAL:
        return Judgement(NOBODY, local.value, UNDECIDED, field.rule)
    if field.rule == NATIVE:
        return _win(field, system, local, remote, remote_wins=(system == MARKETO) != contact, code=BY_NATIVE)
    if word == "owner":
        return _win(field, system, local, remote, remote_wins=argument == system, code=BY_OWNER)
    if word == "merge" and (value := _merged(argument, base, local.value, remote.value)) is not None:
        return Judgement(MERGED, canonical(field.type, value), BY_MERGE, field.rule)
    return _by_time(field, system, local, remote, policy)


def is_contact(object_: str, salesforce_id: str) -> bool:
    """Whether Salesforce knows the person as a contact, by the kind of record or by its id."""
    return object_ == CONTACT or salesforce_id.startswith("003")


def _win(
    field: SyncField, system: str, local: LocalValue, remote: RemoteValue, *, remote_wins: bool, code: str
) -> Judgement:
    if remote_wins:
        return Judgement(system, remote.value, code, field.rule)
    return Judgement(LEADSPINE, local.value, code, field.rule)


def _least_permissive(field: SyncField, system: str, local: LocalValue, remote: RemoteValue) -> Judgement:
    """One "no" of any side is a no."""
    if canonical("flag", local.value) == FLAG_ON:
        return Judgement(LEADSPINE, FLAG_ON, OPT_OUT, field.rule)
    value = canonical("flag", remote.value)
    return Judgement(system if value == FLAG_ON else LEADSPINE, value or FLAG_OFF, OPT_OUT, field.rule)


def _by_time(field: SyncField, system: str, local: LocalValue, remote: RemoteValue, policy: SyncPolicy) -> Judgement:
    """The later change; within the uncertainty, or where a time is missing, the tie side."""
    apart = remote.at - local.at
    if remote.at <= 0 or local.at <= 0 or abs(apart) <= policy.uncertainty_ms:
        return _win(field, system, local, remote, remote_wins=policy.tie == system, code=BY_TIE)
    return _win(
        field, system, local, remote, remote_wins=apart > 0, code=BY_TIME if remote.graded else BY_ROW_TIME
    )  # fmt: skip


def _merged(way: str, base: str | None, local: str, remote: str) -> str | None:
    """Both changes in one value, or None where the values do not allow it."""
    if way == "union":
        return _union(base or "", local, remote)
    if way == "earliest":
        return min(value for value in (local, remote) if value) if local or remote else ""
    ours, theirs = number_of(local or "0"), number_of(remote or "0")
    if ours is None or theirs is None:
        return None
    if way == "max":
        return plain_number(max(ours, theirs)) if local and remote else local or remote
    if way == "sum":
        before = number_of(base or "0") if base is not None else None
        # Without a base a sum would count what both have twice.
        return plain_number(max(ours, theirs) if before is None else ours + theirs - before)
    return None


def _union(base: str, local: str, remote: str) -> str:
    """Additions of both sides without what either removed."""
    before, ours, theirs = parts_of(base), parts_of(local), parts_of(remote)
    return ";".join(sorted((before & ours & theirs) | (ours - before) | (theirs - before)))
