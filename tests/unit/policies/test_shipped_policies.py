"""The rules that the project ships, and the way they travel into assets."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from shared.contracts.intake import SIGNAL_KINDS
from shared.domain.consent.model import DEFAULT_PURPOSES
from shared.domain.lifecycle.model import StageState
from shared.domain.lifecycle.policy import compile_lifecycle, next_stage
from shared.domain.scoring.condition import holds
from shared.domain.scoring.policy import compile_model
from shared.policies import compile as compiling
from shared.policies.compiled import load_compiled, load_sources
from shared.policies.loader import RULES, Policies, PolicyErrors, load_directory
from shared.policies.plain import text_digest
from tests.unit.policies.builders import FILES, write_policies


@pytest.fixture(scope="module")
def shipped() -> Policies:
    return load_directory(RULES)


def test_the_shipped_rules_are_valid_and_cover_both_categories(shipped: Policies) -> None:
    categories = [rule.category for rule in shipped.scoring.rules]

    assert categories.count("fit") >= 12
    assert categories.count("engagement") >= 18
    assert any(rule.points < 0 for rule in shipped.scoring.rules)
    assert all(rule.half_life_ms and rule.cap for rule in shipped.scoring.rules if rule.category == "engagement")


def test_bands_end_below_everything(shipped: Policies) -> None:
    assert [name for name, _ in shipped.scoring.fit_bands] == ["A", "B", "C", "D"]
    assert [name for name, _ in shipped.scoring.engagement_bands] == ["1", "2", "3", "4"]
    assert shipped.scoring.fit_bands[-1][1] == shipped.scoring.engagement_bands[-1][1] == -math.inf


def test_stages_are_those_of_the_design(shipped: Policies) -> None:
    stages = [stage.id for stage in shipped.lifecycle.stages]

    assert stages == ["inquiry", "mql", "sql", "recycled", "disqualified", "opportunity", "customer", "advocate"]
    assert shipped.lifecycle.handover_stage == "sql"
    assert shipped.lifecycle.handover_sla_ms == 4 * 3_600_000
    assert shipped.lifecycle.backfill_after_ms == 86_400_000


def test_every_default_purpose_has_a_text_in_three_languages(shipped: Policies) -> None:
    assert set(shipped.consent.purposes) == set(DEFAULT_PURPOSES)
    asked = {(text.purpose, text.language) for text in shipped.consent.texts.values()}
    assert asked == {(purpose, language) for purpose in DEFAULT_PURPOSES for language in ("en", "pl", "ru")}


def test_the_hash_of_a_text_is_the_hash_of_its_very_words(shipped: Policies) -> None:
    text = shipped.consent.texts["ad.email-ru-1"]

    assert text.sha256 == text_digest(text.text)
    assert text_digest("e\u0301t\u00e9 ") == text_digest("\u00e9t\u00e9")


def test_the_ready_sources_are_those_of_the_design(shipped: Policies) -> None:
    found = {name: (s.vendor, s.scheme, s.evidence) for name, s in shipped.sources.items()}
    own = {name for name, (_, scheme, _) in found.items() if scheme == "internal"}

    assert own == {"unsubscribe", "mail"}
    found = {name: listed for name, listed in found.items() if name not in own}
    assert found == {
        "typeform": ("typeform", "typeform", "verified"),
        "tilda": ("tilda", "query_token", "verified"),
        "meta": ("meta", "meta", "verified"),
        "standard-webhooks": ("standard_webhooks", "standard_webhooks", "verified"),
        "json": ("json_post", "bearer", "verified"),
        "form": ("form_post", "query_token", "verified"),
        "segment": ("segment", "write_key", "claimed"),
        "segment-server": ("segment", "server_key", "verified"),
        "woocommerce": ("woocommerce", "woocommerce", "verified"),
        "orders": ("order_rows", "bearer", "verified"),
        "costs": ("cost_files", "standard_webhooks", "verified"),
    }
    assert shipped.sources["tilda"].consents["consent_email"] == {"purpose": "ad.email", "text_id": "ad.email-ru-1"}


@pytest.mark.parametrize(
    ("title", "rules"),
    [
        ("CFO", {"title-executive"}),
        ("VP of Finance", {"title-executive", "title-buying-department"}),
        ("Head of Procurement", {"title-director", "title-buying-department"}),
        ("IT Director", {"title-director", "title-buying-department"}),
        ("Managing Director", {"title-executive"}),
        ("AP Manager", {"title-manager", "title-buying-department"}),
        ("International Account Executive", set()),
        ("Marketing Intern", {"title-student"}),
        ("Заместитель финансового директора", {"title-director", "title-buying-department"}),
        ("Dyrektorka zakupów", {"title-director", "title-buying-department"}),
    ],
)
def test_titles_are_read_as_a_person_would_read_them(shipped: Policies, title: str, rules: set[str]) -> None:
    record = {"profile": {"title": title}, "known": True}
    found = {r.id for r in shipped.scoring.rules if r.id.startswith("title-") and holds(r.when, record)}

    assert found == rules


def test_answers_outweigh_guesses(shipped: Policies) -> None:
    points = {rule.id: rule.points for rule in shipped.scoring.rules}

    guesses = max(abs(points[rule]) for rule in points if rule.startswith("title-") and points[rule] > 0)
    assert min(points["answer-budget"], points["answer-timeline-soon"], points["answer-decides"]) > guesses


@pytest.mark.parametrize(
    ("record", "stage"),
    [
        ({"known": False, "score": {"total": 90.0, "fit": 0.0, "grade": "D1"}}, None),
        ({"known": True, "score": {"total": 1.0, "fit": 0.0, "grade": "D4"}}, "inquiry"),
        ({"known": True, "score": {"total": 50.0, "fit": 12.0, "grade": "C2"}}, "mql"),
        ({"known": True, "score": {"total": 70.0, "fit": 0.0, "grade": "D1"}}, "inquiry"),
        ({"known": True, "score": {"total": 71.0, "fit": 41.0, "grade": "A2"}}, "sql"),
        (
            {
                "known": True,
                "score": {"total": 40.0, "fit": 25.0, "grade": "B3"},
                "signal": {"kind": "form_submitted"},
                "attributes": {"form_name": "Request a demo"},
            },
            "sql",
        ),
        (
            {
                "known": True,
                "score": {"total": 40.0, "fit": 24.0, "grade": "C3"},
                "signal": {"kind": "form_submitted"},
                "attributes": {"form_name": "Request a demo"},
            },
            "inquiry",
        ),
        (
            {
                "known": True,
                "score": {"total": 5.0, "fit": 0.0, "grade": "D4"},
                "signal": {"kind": "order_paid", "evidence": "verified"},
            },
            "customer",
        ),
        (
            {
                "known": True,
                "score": {"total": 5.0, "fit": 0.0, "grade": "D4"},
                "signal": {"kind": "order_paid", "evidence": "claimed"},
            },
            "inquiry",
        ),
    ],
)
def test_guards_open_the_stage_that_is_meant(shipped: Policies, record: dict[str, object], stage: str | None) -> None:
    outcome = next_stage(compile_lifecycle(shipped.lifecycle), StageState(), record)

    assert getattr(outcome, "stage_id", None) == stage


def _told(**attributes: str) -> dict[str, object]:
    """What guards read of a person without points, when another system tells something."""
    score = {"total": 5.0, "fit": 0.0, "grade": "D4"}
    return {"known": True, "score": score, "signal": {"kind": "remote_changed"}, "attributes": attributes}


@pytest.mark.parametrize(
    ("current", "told", "stage"),
    [
        ("inquiry", {"opportunity_state": "open"}, "opportunity"),
        ("inquiry", {"opportunity_state": "won"}, "customer"),
        ("inquiry", {"opportunity_state": "lost"}, None),
        ("opportunity", {"opportunity_state": "open"}, None),
        ("opportunity", {"opportunity_state": "won"}, "customer"),
        ("customer", {"opportunity_state": "won"}, None),
        ("sql", {"stage": "recycled"}, "recycled"),
        ("mql", {"stage": "disqualified"}, "disqualified"),
        ("opportunity", {"stage": "recycled"}, None),
        ("customer", {"stage": "disqualified"}, None),
        ("recycled", {"stage": "disqualified"}, None),
        ("recycled", {"opportunity_state": "open"}, "opportunity"),
        ("disqualified", {"opportunity_state": "won"}, "customer"),
    ],
)
def test_guards_open_on_what_another_system_tells(
    shipped: Policies, current: str, told: dict[str, str], stage: str | None
) -> None:
    ladder = compile_lifecycle(shipped.lifecycle)
    record = {**_told(**told), "stage": {"id": current}}
    forged = {**record, "signal": {"kind": "custom_event"}}

    outcome = next_stage(ladder, StageState(id=current), record)

    assert getattr(outcome, "stage_id", None) == stage
    assert getattr(next_stage(ladder, StageState(id=current), forged), "stage_id", None) not in {
        "opportunity", "customer", "recycled", "disqualified",
    }  # fmt: skip


def test_nobody_pays_for_guards_that_cannot_open(shipped: Policies) -> None:
    guards = compile_lifecycle(shipped.lifecycle).guards

    assert {stage for stage, matcher in guards.items() if matcher is None} == {
        "customer",
        "advocate",
    }


def test_the_core_compiles_the_shipped_model(shipped: Policies) -> None:
    scorer = compile_model(shipped.scoring)

    assert set(scorer.by_kind) <= SIGNAL_KINDS
    assert len(scorer.rules) == len(shipped.scoring.rules)


def test_compiled_policies_are_the_same_values(tmp_path: Path, shipped: Policies) -> None:
    out = tmp_path / "policies.json"
    compiling.main(out)

    assert load_compiled(out) == shipped
    assert load_sources(out) == shipped.sources


def test_compiling_twice_gives_the_same_bytes_and_layout_changes_no_version(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    write_policies(tmp_path / "a")
    write_policies(
        tmp_path / "b", scoring="# a comment\n" + FILES["scoring.yaml"].replace("points: 15", "points:    15")
    )

    compiling.main(tmp_path / "a.json", tmp_path / "a")
    compiling.main(tmp_path / "b.json", tmp_path / "b")

    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_changed_rule_changes_its_own_version_and_that_of_the_whole(tmp_path: Path) -> None:
    before = load_directory(write_policies(tmp_path))
    after = load_directory(write_policies(tmp_path, scoring=FILES["scoring.yaml"].replace("points: 15", "points: 16")))

    versions = [(b.version == a.version) for b, a in zip(before.scoring.rules, after.scoring.rules, strict=True)]
    assert versions == [False, True]
    assert before.scoring.version != after.scoring.version
    assert before.version != after.version
    assert before.lifecycle.version == after.lifecycle.version
    assert all(len(rule.version) == 8 for rule in after.scoring.rules)


def test_wrong_rules_compile_to_nothing(tmp_path: Path) -> None:
    write_policies(tmp_path, scoring="rules: []")

    with pytest.raises(PolicyErrors):
        compiling.main(tmp_path / "out.json", tmp_path)

    assert not (tmp_path / "out.json").exists()


def test_country_codes_stay_text(tmp_path: Path) -> None:
    text = FILES["scoring.yaml"].replace("value: [ceo, cfo]", "value: [NO, no, on, 'yes', 2026-01-01]")

    rule = load_directory(write_policies(tmp_path, scoring=text)).scoring.rules[0]

    assert rule.when.value == ("NO", "no", "on", "yes", "2026-01-01")  # type: ignore[union-attr]


def test_reading_compiled_policies_loads_neither_yaml_nor_pydantic(tmp_path: Path) -> None:
    compiling.main(tmp_path / "policies.json")
    script = (
        "import sys, json, pathlib\n"
        "from shared.policies.compiled import load_compiled\n"
        f"load_compiled(pathlib.Path({str(tmp_path / 'policies.json')!r}))\n"
        "print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    )

    loaded = json.loads(
        subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout
    )

    assert not {"yaml", "pydantic", "typer", "aws_lambda_powertools"} & set(loaded)


def test_the_doors_load_no_rules_with_their_sources() -> None:
    script = "import sys, shared.policies.sources; print([m for m in sys.modules if m.startswith('shared.domain')])"

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout

    assert loaded.strip() == "[]"
