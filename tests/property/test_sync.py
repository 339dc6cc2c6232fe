"""Whatever both sides do, synchronisation comes to rest: equal values, and one more round writes nothing."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.instant import HOUR, MINUTE, SECOND, Instant
from shared.domain.sync.canonical import TYPES, canonical, same
from shared.domain.sync.judge import MERGED, NATIVE, NOBODY, RULES, RemoteValue, judge
from shared.domain.sync.merge import FROZEN
from shared.domain.sync.model import (
    CREATED,
    LEADSPINE,
    MARKETO,
    SALESFORCE,
    UPDATED,
    Link,
    LocalValue,
    RemoteRecord,
    RemoteWrite,
    WriteOutcome,
)
from shared.domain.sync.plan import plan_write, written
from shared.domain.sync.policy_model import BOTH, IN, RemoteField, SyncField, SyncPolicy
from shared.domain.sync.reconcile import reconcile
from shared.domain.sync.shadow import cut
from shared.policies.loader import RULES as DIRECTORY
from shared.policies.loader import load_directory

START = 1_700_000_000_000
POLICY = load_directory(DIRECTORY).sync
KINDS = {SALESFORCE: ("lead", "00Q000000000001AAA"), MARKETO: ("person", "7")}

texts = st.text(st.sampled_from("aB1 ;+-.:TZ@\r\n\tłé"), max_size=12) | st.sampled_from(
    ["1.0", "1", "-0", "1e3", "1e999", "NaN", "2026-11-21T01:00:00+02:00", "2026-11-21", "001D000000IRFma", "True"]
)


@given(st.sampled_from(TYPES), texts | st.text())
def test_the_canonical_form_is_its_own(kind: str, value: str) -> None:
    once = canonical(kind, value)

    assert canonical(kind, once) == once
    assert same(kind, value, once)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_numbers_are_compared_exactly(value: Decimal) -> None:
    assert Decimal(canonical("number", str(value))) == value


TYPE_OF = {"merge:union": "multi", "merge:max": "number", "merge:sum": "number", "merge:earliest": "instant"}
times = st.sampled_from([0, START, START + SECOND, START + 61 * SECOND, START + HOUR])


@settings(max_examples=400)
@given(
    rule=st.sampled_from([*RULES, "unheard of"]),
    type_=st.sampled_from(TYPES),
    system=st.sampled_from([SALESFORCE, MARKETO]),
    base=st.none() | texts,
    local=st.builds(LocalValue, texts, times),
    remote=st.builds(RemoteValue, texts, times, st.booleans()),
    tie=st.sampled_from([SALESFORCE, MARKETO, LEADSPINE]),
    contact=st.booleans(),
)
def test_the_judge_decides_everything_the_same_way_every_time(
    rule: str,
    type_: str,
    system: str,
    base: str | None,
    local: LocalValue,
    remote: RemoteValue,
    tie: str,
    contact: bool,
) -> None:
    field = SyncField(name="f", local="answers.f", type=type_, rule=rule, remote={})
    policy = replace(POLICY, tie=tie)

    found = judge(field, system, base, local, remote, policy, contact=contact)

    assert found == judge(field, system, base, local, remote, policy, contact=contact)
    ours, theirs = canonical(type_, local.value), canonical(type_, remote.value)
    if rule == "merge:least-permissive":
        assert found.value == ("true" if "true" in (canonical("flag", ours), canonical("flag", theirs)) else "false")
    elif found.winner == MERGED:
        assert rule.startswith("merge:")
    else:
        assert found.value == {system: theirs, LEADSPINE: ours, NOBODY: ours}[found.winner]
    if found.winner == NOBODY:
        assert rule == "manual"


choices = st.frozensets(st.sampled_from("abcdef"))


@given(base=choices, local=choices, remote=choices)
def test_a_union_keeps_additions_and_removals_of_both(
    base: frozenset[str], local: frozenset[str], remote: frozenset[str]
) -> None:
    field = SyncField(name="f", local="answers.f", type="multi", rule="merge:union", remote={})
    spelt = [";".join(sorted(value)) for value in (base, local, remote)]

    found = judge(field, SALESFORCE, spelt[0], LocalValue(spelt[1]), RemoteValue(spelt[2]), POLICY)
    kept = frozenset(found.value.split(";")) - {""}

    if base or (local and remote):
        assert kept == (base | local | remote) - (base - local) - (base - remote)


@given(*[st.integers(-1000, 1000)] * 3)
def test_a_sum_counts_the_changes_of_both(base: int, local: int, remote: int) -> None:
    field = SyncField(name="f", local="answers.f", type="number", rule="merge:sum", remote={})

    found = judge(field, MARKETO, str(base), LocalValue(str(local)), RemoteValue(str(remote)), POLICY)

    assert int(found.value) == local + remote - base


class World:
    """Leadspine's values, one record in each system, and the links between them. Time moves with every step."""

    def __init__(self, policy: SyncPolicy) -> None:
        self.policy = policy
        self.now: Instant = START
        self.local = {f.name: LocalValue(canonical(f.type, ""), 0) for f in policy.fields}
        self.records: dict[str, dict[str, str]] = {}
        self.stamps: dict[str, Instant] = {}
        self.changed: dict[str, dict[str, Instant]] = {SALESFORCE: {}, MARKETO: {}}
        self.links: dict[str, Link] = {}
        self.opted_out = False

    def tick(self) -> Instant:
        self.now += MINUTE
        return self.now

    def edit(self, side: str, field: SyncField, value: str) -> None:
        at = self.tick()
        if side == LEADSPINE:
            self.local[field.name] = LocalValue(canonical(field.type, value), at)
        elif side in self.records and (spec := self.spec(side, field)):
            self.records[side][spec.name] = value
            self.stamps[side] = at
            self.changed[side][spec.name] = at

    def spec(self, system: str, field: SyncField) -> RemoteField | None:
        return field.remote.get(f"{system}.{KINDS[system][0]}")

    def round(self) -> int:
        """One pull and one push of both systems; how many things moved."""
        return sum(self.pull(system) for system in self.records) + sum(self.push(s) for s in (SALESFORCE, MARKETO))

    def act(self, action: str) -> None:
        """A round, or one that goes wrong in the middle."""
        if action == "round":
            self.round()
        elif action == "late page":
            pages = [self.read(system) for system in self.records]
            self.round()
            for page in pages:
                self.pull(page.system, page)
        elif action == "crash after taking in":
            for system in self.records:
                self.pull(system, crash=True)
        else:
            for system in self.records:
                self.push(system, crash=True)

    def read(self, system: str) -> RemoteRecord:
        read_at = self.tick()
        return RemoteRecord(
            system=system,
            object=KINDS[system][0],
            remote_id=KINDS[system][1],
            stamp=self.stamps.get(system, START),
            read_at=read_at,
            values=dict(self.records[system]),
            changed_at=dict(self.changed[system]) if system == MARKETO else {},
        )

    def pull(self, system: str, record: RemoteRecord | None = None, *, crash: bool = False) -> int:
        record = record or self.read(system)
        link = self.links.get(system)
        found = reconcile(link, record, self.local, self.policy, lead_id="lead_1", now=self.tick())
        if found.stale:
            return 0
        for name, value in found.incoming.items():
            assert found.times[name] > self.local[name].at, "a value that is taken in has to hold"
            self.local[name] = LocalValue(value, found.times[name])
        for field in self.policy.fields:
            if field.local == "consent.ad.email.opt_out" and found.withdrawn:
                assert found.withdrawn["ad.email"] > self.local[field.name].at
                self.local[field.name] = LocalValue("true", found.withdrawn["ad.email"])
        if crash:
            return 1
        again = reconcile(found.link, record, self.local, self.policy, lead_id="lead_1", now=self.tick())
        assert again.link == found.link, "the same page again is an echo"
        assert not again.incoming
        assert not again.withdrawn
        assert not again.verdicts
        self.links[system] = found.link
        return len(found.incoming) + len(found.withdrawn)

    def push(self, system: str, *, crash: bool = False) -> int:
        link = self.links.get(system)
        plan = plan_write(
            link, self.local, self.policy, system, lead_id="lead_1", may_create=link is None, now=self.tick()
        )
        if not isinstance(plan, RemoteWrite):
            return 0
        record = self.records.setdefault(
            system, {spec.name: "" for f in self.policy.fields if (spec := self.spec(system, f))}
        )
        started = self.tick()
        for name, value in plan.values.items():
            if name in record:
                record[name] = value if system == MARKETO else value.strip()
                self.changed[system][name] = self.now
        self.stamps[system] = self.now
        if crash and link is not None:
            return 1
        outcome = WriteOutcome(CREATED if link is None else UPDATED, KINDS[system][1])
        stored = written(link, plan, outcome, self.policy, started_at=started, now=self.tick())
        assert stored is not None
        self.links[system] = stored
        return 1


def equal(world: World, system: str, field: SyncField, spec: RemoteField, remote: Mapping[str, str]) -> bool:
    ours, theirs = world.local[field.name].value, canonical(field.type, remote[spec.name])
    if theirs in (ours, canonical(field.type, cut(ours, spec.max_length))):
        return True
    state = world.links[system].fields.get(field.name)
    if state is not None and (state.verdict in FROZEN or world.links[system].parked.get(field.name) == ours):
        # Reported, and left alone until one side changes it.
        return True
    # A required field cannot be cleared there.
    return not ours and bool(spec.default)


MUTABLE = [f for f in POLICY.fields if any(r.direction in (BOTH, IN) for r in f.remote.values())]
values = st.sampled_from(
    ["", "x", "y", " x ", "X@Y.io", "x@y.io", "+48 1", "+481", "z" * 200, "a;b", "b; c", "a\r\nb", "a\nb", "5", "7.0"]
)
ACTIONS = ("round", "late page", "crash after taking in", "crash after writing")
edits = st.tuples(
    st.sampled_from([SALESFORCE, MARKETO, LEADSPINE, LEADSPINE, *ACTIONS]),
    st.sampled_from(MUTABLE),
    values,
    st.booleans(),
)


def ruled(profile: str) -> SyncPolicy:
    """The shipped policy, or one whose two-way fields have one rule, or merges of several types."""
    policy = POLICY
    if profile == "merge":
        merges = {
            "title": ("multi", "merge:union"),
            "country": ("number", "merge:sum"),
            "phone": ("number", "merge:max"),
        }
        changed = {f.name: (f.type, f.rule) for f in POLICY.fields} | merges
        fields = (replace(f, type=changed[f.name][0], rule=changed[f.name][1]) for f in POLICY.fields)
        policy = replace(POLICY, fields=tuple(fields))
    elif profile != "leadspine":
        two_way = {f.name for f in MUTABLE if "opt_out" not in f.local}
        policy = replace(
            POLICY, fields=tuple(replace(f, rule=profile) if f.name in two_way else f for f in POLICY.fields)
        )
    return policy


@pytest.mark.parametrize("profile", ["leadspine", NATIVE, "manual", "latest", "merge"])
@settings(max_examples=150, deadline=None)
@given(steps=st.lists(edits, max_size=14))
def test_it_comes_to_rest_with_equal_values(profile: str, steps: list[tuple[str, SyncField, str, bool]]) -> None:
    policy = ruled(profile)
    world = World(policy)
    for side, field, value, flag in steps:
        if side in ACTIONS:
            world.act(side)
        elif field.type == "flag":
            world.edit(side, field, "true" if flag else "false")
        else:
            world.edit(side, next(f for f in policy.fields if f.name == field.name), value)

    for _ in range(12):
        if not world.round():
            break
    else:
        pytest.fail("it never comes to rest")

    assert world.round() == 0
    for system, record in world.records.items():
        for field in policy.fields:
            spec = world.spec(system, field)
            if spec is not None and spec.direction == BOTH:
                assert equal(world, system, field, spec, record), (system, field.name)


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from([SALESFORCE, MARKETO]), st.booleans(), st.booleans()), max_size=8))
def test_no_edit_of_another_system_subscribes_anybody_again(steps: list[tuple[str, bool, bool]]) -> None:
    world = World(POLICY)
    opt_out = next(f for f in POLICY.fields if f.local == "consent.ad.email.opt_out")
    world.round()
    world.edit(LEADSPINE, opt_out, "true")
    for side, flag, look in steps:
        world.edit(side, opt_out, "true" if flag else "false")
        if look:
            world.round()
    for _ in range(3):
        world.round()

    assert world.local[opt_out.name].value == "true"
    assert world.records[SALESFORCE]["HasOptedOutOfEmail"] == world.records[MARKETO]["unsubscribed"] == "true"
