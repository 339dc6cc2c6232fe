"""Who wins a field that both sides changed."""

import pytest

from shared.domain.instant import MINUTE
from shared.domain.sync.judge import Judgement, RemoteValue, judge
from shared.domain.sync.model import LEADSPINE, MARKETO, SALESFORCE, LocalValue
from shared.domain.sync.policy_model import SyncField
from tests.unit.sync.builders import NOW, POLICY


def decide(
    rule: str,
    *,
    type_: str = "text",
    system: str = SALESFORCE,
    base: str | None = "old",
    local: str = "ours",
    remote: str = "theirs",
    ahead: int = 0,
    graded: bool = True,
    contact: bool = False,
    path: str = "profile.title",
) -> Judgement:
    field = SyncField(name="f", local=path, type=type_, rule=rule, remote={})
    return judge(
        field, system, base, LocalValue(local, NOW), RemoteValue(remote, NOW + ahead, graded), POLICY, contact=contact
    )


@pytest.mark.parametrize(
    ("rule", "system", "winner"),
    [
        ("owner:salesforce", SALESFORCE, SALESFORCE),
        ("owner:salesforce", MARKETO, LEADSPINE),
        ("owner:marketo", MARKETO, MARKETO),
        ("owner:leadspine", SALESFORCE, LEADSPINE),
    ],
)
def test_the_owner_wins_and_leadspine_stands_for_the_systems_that_are_not_there(
    rule: str, system: str, winner: str
) -> None:
    assert decide(rule, system=system).winner == winner


@pytest.mark.parametrize(
    ("ahead", "graded", "winner", "code"),
    [
        (2 * MINUTE, True, SALESFORCE, "SYNC.LATEST"),
        (-2 * MINUTE, True, LEADSPINE, "SYNC.LATEST"),
        (2 * MINUTE, False, SALESFORCE, "SYNC.LATEST.ROW_TIME"),
        (MINUTE, True, SALESFORCE, "SYNC.TIE"),
        (-MINUTE, True, SALESFORCE, "SYNC.TIE"),
        (-NOW, True, SALESFORCE, "SYNC.TIE"),
    ],
)
def test_the_later_change_wins_beyond_the_uncertainty(ahead: int, graded: bool, winner: str, code: str) -> None:
    found = decide("latest", ahead=ahead, graded=graded)

    assert (found.winner, found.code) == (winner, code)


def test_a_tie_at_the_other_system_is_for_leadspine_which_stands_for_the_tie_side() -> None:
    assert decide("latest", system=MARKETO).winner == LEADSPINE


@pytest.mark.parametrize(
    ("system", "contact", "winner"),
    [
        (SALESFORCE, False, LEADSPINE),
        (MARKETO, False, MARKETO),
        (SALESFORCE, True, SALESFORCE),
        (MARKETO, True, LEADSPINE),
    ],
)
def test_the_native_rule_is_marketo_for_leads_and_salesforce_for_contacts(
    system: str, contact: bool, winner: str
) -> None:  # fmt: skip
    assert decide("native", system=system, contact=contact).winner == winner


@pytest.mark.parametrize("base", [None, ""])
def test_an_empty_side_that_never_had_a_value_does_not_win(base: str | None) -> None:
    assert decide("owner:salesforce", base=base, remote="").value == "ours"
    assert decide("owner:leadspine", base=base, local="").value == "theirs"


def test_a_value_cleared_on_purpose_is_a_change() -> None:
    assert decide("owner:salesforce", remote="").value == ""


@pytest.mark.parametrize("rule", ["owner:salesforce", "latest", "manual", "native", "merge:least-permissive"])
@pytest.mark.parametrize(("local", "remote"), [("true", "false"), ("false", "true")])
def test_an_opt_out_beats_every_rule(rule: str, local: str, remote: str) -> None:
    found = decide(rule, type_="flag", base="false", local=local, remote=remote, path="consent.ad.email.opt_out")

    assert found.value == "true"


@pytest.mark.parametrize(
    ("rule", "type_", "base", "local", "remote", "value"),
    [
        ("merge:union", "multi", "a;b", "b;c", "a;b;d", "b;c;d"),
        ("merge:max", "number", "1", "5", "12", "12"),
        ("merge:max", "number", "9", "", "12", "12"),
        ("merge:sum", "number", "10", "13", "15", "18"),
        ("merge:sum", "number", None, "13", "15", "15"),
        ("merge:earliest", "date", "", "2026-11-21", "2026-01-01", "2026-01-01"),
    ],
)
def test_merges_are_three_way(
    rule: str, type_: str, base: str | None, local: str, remote: str, value: str
) -> None:  # fmt: skip
    found = decide(rule, type_=type_, base=base, local=local, remote=remote)

    assert (found.winner, found.value) == ("merged", value)


def test_a_sum_of_what_is_no_number_is_decided_by_time() -> None:
    assert decide("merge:sum", ahead=2 * MINUTE).winner == SALESFORCE


def test_a_manual_field_is_won_by_nobody() -> None:
    assert decide("manual") == Judgement("nobody", "ours", "SYNC.MANUAL", "manual")
