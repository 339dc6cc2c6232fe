"""Three-way merge of one field: what is taken in, what has to go out, and what the shadow remembers. Pure and total."""

from typing import Final, NamedTuple

from shared.domain.instant import Instant
from shared.domain.sync.canonical import FLAG_ON, canonical
from shared.domain.sync.judge import (
    MANUAL,
    MERGED,
    NOBODY,
    OPT_OUT,
    UNDECIDED,
    Judgement,
    RemoteValue,
    judge,
)
from shared.domain.sync.model import LEADSPINE, MARKETO, FieldState, LocalValue, RemoteRecord
from shared.domain.sync.policy_model import BOTH, IN, OUT, RemoteField, SyncField, SyncPolicy
from shared.domain.sync.shadow import cut

AGREED: Final = "SYNC.AGREED"
TAKEN: Final = "SYNC.TAKEN"
RESTORED: Final = "SYNC.RESTORED"
"""The other side changed what only Leadspine may say; it is written again."""
BY_DIRECTION: Final = "SYNC.DIRECTION"
BLOCKED: Final = "SYNC.BLOCKED"
"""The other side took our write and kept its value."""
PING_PONG: Final = "SYNC.PING_PONG"
OPT_IN_IGNORED: Final = "SYNC.OPT_IN_IGNORED"
"""The other side allows again what the person forbade; that alone resubscribes nobody."""
FROZEN: Final = frozenset({PING_PONG, UNDECIDED})
"""Verdicts under which a field is left alone by both sides until they agree or, undecided, one of them gives in."""


class Step(NamedTuple):
    """One field: its new state, the value to take in (None: nothing), whether to write, and a verdict to keep."""

    state: FieldState
    incoming: str | None = None
    outgoing: bool = False
    verdict: Judgement | None = None
    withdrawn: bool = False
    blocked: bool = False


class Comparison(NamedTuple):
    """Everything the merge of one field reads."""

    field: SyncField
    spec: RemoteField
    state: FieldState
    local: LocalValue
    remote: RemoteValue
    record: RemoteRecord
    policy: SyncPolicy
    now: Instant
    contact: bool


def permission(one: Comparison, *, live: bool) -> Step | None:
    """An opt-out: taken in whatever any rule says; an opt-in is never taken in by itself."""
    state, ours, theirs = one.state, one.local.value == FLAG_ON, one.remote.value == FLAG_ON
    reads, writes = one.spec.direction != OUT, one.spec.direction != IN and live
    if theirs and not ours and reads and state.remote != FLAG_ON:
        at = max(min(one.remote.at, one.now), one.local.at + 1)
        taken = _settled(one, FLAG_ON, FLAG_ON, OPT_OUT)._replace(at=at)
        return Step(taken, withdrawn=True)
    if theirs == ours:
        return _agreed(one)
    if theirs:
        # Known and withdrawn before; whether a newer consent may be written is the plan's to say.
        return Step(state._replace(prior=None), outgoing=writes)
    if state.remote != FLAG_ON:
        return Step(state._replace(prior=None), outgoing=writes)
    if state.prior is not None:
        # Our opt-out did not stay. It is written as often as it takes; somebody is told once.
        flips = state.flips + 1
        lost = Judgement(LEADSPINE, FLAG_ON, PING_PONG, one.field.rule) if flips == one.policy.freeze_after else None
        seen = FieldState(one.remote.value, one.remote.value, RESTORED, one.field.rule, one.now, flips=flips)
        return Step(seen, outgoing=writes, verdict=lost)
    kept = FieldState(one.remote.value, one.remote.value, OPT_IN_IGNORED, one.field.rule, one.now)
    return Step(kept, outgoing=writes, verdict=Judgement(LEADSPINE, FLAG_ON, OPT_IN_IGNORED, one.field.rule))


def merge(one: Comparison) -> Step | None:
    """An ordinary field."""
    state, local, remote = one.state, one.local.value, one.remote.value
    if remote == local or remote == cut(local, one.spec.max_length):
        return _agreed(one)
    if state.verdict == PING_PONG:
        return Step(state._replace(remote=remote, prior=None))
    if state.verdict == UNDECIDED:
        return _undecided(one)
    if state.prior is not None:
        if remote == state.prior and remote != state.remote and _is_blocked(one):
            kept = FieldState(state.base, remote, BLOCKED, one.field.rule, one.now)
            verdict = Judgement(one.record.system, remote, BLOCKED, one.field.rule)
            # The base goes back as well: our value is still to be written, should it ever change.
            return Step(kept._replace(base=remote), verdict=verdict, blocked=True)
        if remote != state.remote:
            return _rewritten(one)
        state = state._replace(prior=None, flips=0)
        one = one._replace(state=state)
    if remote == state.remote:
        return Step(state, outgoing=local != state.base and _writes(one) and state.verdict not in FROZEN)
    return _changed(one)


def overtaken(one: Comparison) -> Step | None:
    """A field of a record that was read before our last write to it began: what that write went over unseen.

    Somebody's edit is judged all the same, against the value before both. If it wins it is taken in and written back;
    if it loses, the verdict says so. The shadow then knows what the write replaced, so that it is judged once.
    """
    state, remote = one.state, one.remote.value
    if state.prior is None or one.record.read_at >= state.at or one.spec.direction != BOTH or state.verdict in FROZEN:
        return None
    if remote in (state.prior, state.remote, one.local.value, cut(one.local.value, one.spec.max_length)):
        return None
    found = judge(one.field, one.record.system, state.prior, one.local, one.remote, one.policy, contact=one.contact)
    seen = state._replace(prior=remote)
    if found.winner == NOBODY:
        return Step(seen._replace(verdict=found.code, rule=found.rule), verdict=found)
    return Step(
        seen,
        incoming=found.value if found.value != one.local.value else None,
        outgoing=found.value != state.remote,
        verdict=found,
    )


def _is_blocked(one: Comparison) -> bool:
    """Whether our write was taken and left without effect, rather than changed back by somebody.

    Only a system that tells per field what changed can show that nothing did (Marketo's blocked field updates). A field
    that is as empty as before was never filled, so nobody cleared it.
    """
    never_filled = one.remote.value == canonical(one.field.type, "")
    return never_filled or (one.record.system == MARKETO and one.spec.name not in one.record.changed_at)


def _rewritten(one: Comparison) -> Step:
    """Our write did not stay: taken as a change of the other side, until it has happened too often."""
    flips = one.state.flips + 1
    if flips >= one.policy.freeze_after:
        frozen = FieldState(one.remote.value, one.remote.value, PING_PONG, one.field.rule, one.now, flips=flips)
        return Step(frozen, verdict=Judgement(NOBODY, one.local.value, PING_PONG, one.field.rule))
    return _changed(one._replace(state=one.state._replace(prior=None, flips=flips)))


def _undecided(one: Comparison) -> Step:
    """A conflict that waits for a person: it ends when one side gives in, or by another rule."""
    state, local, remote = one.state, one.local.value, one.remote.value
    if local == state.base or one.field.rule != MANUAL:
        return _changed(one._replace(state=state._replace(verdict="")))
    if remote == state.base:
        return Step(_settled(one, remote, remote, AGREED), outgoing=_writes(one))
    return Step(state) if remote == state.remote else _changed(one)


def _changed(one: Comparison) -> Step:
    """The other side changed the field, since the shadow or for the first time."""
    state, local, remote = one.state, one.local.value, one.remote.value
    if one.spec.direction == OUT:
        if not local and not state.base:
            return Step(state._replace(remote=remote))
        return Step(_settled(one, remote, remote, RESTORED), outgoing=True)
    if local == state.base:
        return Step(_settled(one, remote, remote, TAKEN), incoming=remote)
    if one.spec.direction == IN:
        verdict = Judgement(one.record.system, remote, BY_DIRECTION, one.field.rule)
        return Step(_settled(one, remote, remote, BY_DIRECTION), incoming=remote, verdict=verdict)
    found = judge(one.field, one.record.system, state.base, one.local, one.remote, one.policy, contact=one.contact)
    if found.winner == NOBODY:
        kept = state._replace(remote=remote, verdict=found.code, rule=found.rule, at=one.now, prior=None)
        return Step(kept, verdict=found)
    if found.winner == MERGED and found.value in (local, remote):
        found = found._replace(winner=LEADSPINE if found.value == local else one.record.system)
    return Step(
        _settled(one, remote, remote, found.code),
        incoming=found.value if found.value != local else None,
        outgoing=found.value != remote,
        verdict=found,
    )


def _agreed(one: Comparison) -> Step | None:
    """Both have the same; worth a note unless the shadow said so."""
    state = one.state
    quiet = state.base == one.local.value and state.remote == one.remote.value and state.verdict not in FROZEN
    if quiet and state.prior is None:
        return None
    if quiet:
        return Step(state._replace(prior=None, flips=0))
    return Step(_settled(one, one.local.value, one.remote.value, AGREED)._replace(flips=0))


def _settled(one: Comparison, base: str, remote: str, code: str) -> FieldState:
    return FieldState(base, remote, code, one.field.rule, one.now, None, one.state.flips)


def _writes(one: Comparison) -> bool:
    return one.spec.direction in (OUT, BOTH)
