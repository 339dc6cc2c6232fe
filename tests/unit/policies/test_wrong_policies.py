"""Every wrong thing in a policy file is named with file, line, field and, where there is one, the word meant."""

from pathlib import Path
from typing import NamedTuple

import pytest

from shared.policies.loader import PolicyErrors, load_directory
from tests.unit.policies.builders import FILES, errors_after, write_policies


class Wrong(NamedTuple):
    file: str
    old: str
    new: str
    field: str
    says: str


S, L, C, D = "scoring.yaml", "lifecycle.yaml", "consent_texts.yaml", "sources.yaml"
BOX = "sources.typeform.consents.box"
ASKS = "I agree that Acme processes my answers to reply to me."

WRONG = [
    Wrong(S, "points: 15", "point: 15", "rules[0].point", 'did you mean "points"?'),
    Wrong(S, "points: 15", "point: 15", "rules[0].points", "is required"),
    Wrong(S, "points: 15", "points: many", "rules[0].points", 'must be a number, not the text "many"'),
    Wrong(S, "points: 15", "points: true", "rules[0].points", "must be a number, not true"),
    Wrong(S, "points: 15", "points: 0", "rules[0].points", "must not be 0"),
    Wrong(S, "points: 15", "points: 5000", "rules[0].points", "less than or equal to 1000"),
    Wrong(S, "points: 15", "points: .inf", "rules[0].points", "must be a number"),
    Wrong(S, "category: fit", "category: fitt", "rules[0].category", 'did you mean "fit"?'),
    Wrong(S, "id: pricing", "id: executive", "rules[1].id", '"executive" is used twice'),
    Wrong(S, "id: pricing", "id: Pricing Page", "rules[1].id", "does not have the form"),
    Wrong(S, "kinds: [page_viewed]", "kinds: [page_view]", "rules[1].kinds[0]", 'did you mean "page_viewed"?'),
    Wrong(S, "    kinds: [page_viewed]\n", "", "rules[1].kinds", "an engagement rule names the signals"),
    Wrong(S, "category: fit", "category: fit\n    kinds: [page_viewed]", "rules[0].kinds", "is for engagement only"),
    Wrong(S, "category: fit", "category: fit\n    half_life_days: 3", "rules[0].half_life_days", "do not decay"),
    Wrong(S, "category: fit", "category: fit\n    cap: 3", "rules[0].cap", "is for engagement only"),
    Wrong(S, "half_life_days: 14", "half_life_days: 0", "rules[1].half_life_days", "or equal to 0.01"),
    Wrong(S, "half_life_days: 14", "half_life_days: 14d", "rules[1].half_life_days", "must be a number"),
    Wrong(S, "cap: 24", "cap: -24", "rules[1].cap", "greater than 0"),
    Wrong(S, "cap: 24", "cap: 4", "rules[1].cap", "below the 8 points of a single hit"),
    Wrong(S, "profile.title", "profile.titel", "rules[0].when.field", 'did you mean "profile.title"?'),
    Wrong(S, "profile.title", "attributes.path", "rules[0].when.field", "a fit rule cannot read"),
    Wrong(S, "attributes.path", "profile.title", "rules[1].when.all[0].field", "an engagement rule cannot read"),
    Wrong(S, "attributes.path", "attribute.path", "rules[1].when.all[0].field", 'did you mean "attributes.path"?'),
    Wrong(S, "attributes.path", "attributes", "rules[1].when.all[0].field", "unknown field"),
    Wrong(S, "attributes.path", "score.total", "rules[1].when.all[0].field", "an engagement rule cannot read"),
    Wrong(S, "utm.medium", "utm.media", "rules[1].when.all[1].not.field", 'did you mean "utm.medium"?'),
    Wrong(S, "op: contains", "op: contain", "rules[1].when.all[0].op", 'did you mean "contains"?'),
    Wrong(S, "op: contains, ", "", "rules[1].when.all[0].op", "is required"),
    Wrong(S, "value: pricing", "value: [pricing]", "rules[1].when.all[0].value", "contains takes one value"),
    Wrong(S, "value: [ceo, cfo]", "value: ceo", "rules[0].when.value", "takes a list"),
    Wrong(S, "value: [ceo, cfo]", "value: []", "rules[0].when.value", "takes a list that is not empty"),
    Wrong(S, "value: [ceo, cfo]", "value: [ceo, 1]", "rules[0].when.value", "takes a list of text"),
    Wrong(S, "value: [ceo, cfo]", 'value: [ceo, "*"]', "rules[0].when.value", "takes a list of text"),
    Wrong(S, "value: [ceo, cfo]", "value: {a: b}", "rules[0].when.value", "must be one value"),
    Wrong(S, "op: eq, value: affiliate", "op: exists, value: 1", "rules[1].when.all[1].not.value", "takes no value"),
    Wrong(S, ", value: affiliate", "", "rules[1].when.all[1].not.value", "is required by eq"),
    Wrong(S, "op: contains", "op: ge", "rules[1].when.all[0].value", "ge takes a number"),
    Wrong(S, "      all:", "      al:", "rules[1].when.al", 'did you mean "all"?'),
    Wrong(S, "{A: 40, B: 25, C: 10}", "{A: 40, B: 45, C: 10}", "fit_bands.B", "must be below band A (40)"),
    Wrong(S, '"3": 10', '"3": 30', "engagement_bands.3", "must be below band 2 (30)"),
    Wrong(S, ", C: 10}", "}", "fit_bands.C", "is required"),
    Wrong(L, "order: 2", "order: 1", "stages[1].order", "must be above 1"),
    Wrong(L, "order: 2", "order: two", "stages[1].order", "must be a whole number"),
    Wrong(L, "id: customer", "id: inquiry", "stages[2].id", "is used twice"),
    Wrong(L, "id: customer", "id: anonymous", "stages[2].id", "is not written down"),
    Wrong(L, "stage: sql", "stage: sqll", "handover.stage", 'did you mean "sql"?'),
    Wrong(L, "sla_hours: 4", "sla_hours: -4", "handover.sla_hours", "or equal to 0.01"),
    Wrong(L, "field: known", "field: know", "stages[0].enter.field", 'did you mean "known"?'),
    Wrong(L, "field: known", "field: utm.source", "stages[0].enter.field", "a guard cannot read"),
    Wrong(L, "field: score.total, op: ge, value: 50", "field: score.grade, op: in, value: [A1, E1]",
          "stages[1].enter.value[1]", '"E1" never occurs in score.grade'),
    Wrong(L, "field: score.total, op: ge, value: 50", "field: stage.id, op: eq, value: inquri",
          "stages[1].enter.value", 'did you mean "inquiry"?'),
    Wrong(L, "field: score.total, op: ge, value: 50", "field: signal.kind, op: eq, value: form_sent",
          "stages[1].enter.value", "never occurs in signal.kind"),
    Wrong(L, "reason: LIFECYCLE.WON", "reason: they won", "stages[2].reason", "does not have the form"),
    Wrong(L, "    reason: LIFECYCLE.WON\n", "", "stages[2].reason", "is required"),
    Wrong(C, "purpose: processing\n", "purpose: procesing\n", "texts[0].purpose", 'did you mean "processing"?'),
    Wrong(C, "purpose: processing\n", "purpose: [processing, ad.email]\n", "texts[0].purpose", "exactly one"),
    Wrong(C, "default: false", "default: true", "texts[1].default", "may not be ticked in advance"),
    Wrong(C, "family: data", "family: dat", "purposes[0].family", 'did you mean "data"?'),
    Wrong(C, "id: email-1", "id: processing-1", "texts[1].id", "is used twice"),
    Wrong(C, "id: ad.email", "id: processing", "purposes[1].id", "is used twice"),
    Wrong(C, "to reply to me.", "to reply to me and to send a newsletter.", "texts[0].text", "mixes advertising"),
    Wrong(C, "to reply to me.", "to reply to me and accept the privacy policy.", "texts[0].text", "another document"),
    Wrong(C, ASKS, "I agree to receive advertising from Acme by e-mail.",
          "texts[1].text", 'is also the text of "processing-1"'),
    Wrong(C, f"text: {ASKS}", "text: OK", "texts[0].text", "at least 20"),
    Wrong(C, "regimes: [eu]", "regimes: [us]", "texts[0].regimes[0]", 'unknown value "us"; valid: eu, pl, ru'),
    Wrong(C, "regimes: [eu]", "regimes: [ru]", "texts[0].metadata.term", "is required for regime ru"),
    Wrong(C, "language: en\n    version: 1\n    regimes: [eu]", "language: english\n    version: 1\n    regimes: [eu]",
          "texts[0].language", "does not have the form"),
    Wrong(D, "vendor: typeform", "vendor: typefrom", "sources.typeform.vendor", 'did you mean "typeform"?'),
    Wrong(D, "scheme: typeform", "scheme: basic", "sources.typeform.scheme", 'unknown scheme "basic"'),
    Wrong(D, "purpose: ad.email", "purpose: ad.mail", f"{BOX}.purpose", 'did you mean "ad.email"?'),
    Wrong(D, "text_id: email-1", "text_id: email-2", f"{BOX}.text_id", 'did you mean "email-1"?'),
    Wrong(D, "text_id: email-1", "text_id: processing-1", f"{BOX}.text_id", "is a text for processing"),
    Wrong(D, "text_id: email-1", "text_id: [email-1, processing-1]", f"{BOX}.text_id", "exactly one"),
    Wrong(D, "    evidence: claimed\n", "", "sources.segment.evidence", "must be claimed"),
    Wrong(D, "evidence: claimed", "evidence: sure", "sources.segment.evidence", "unknown value"),
    Wrong(D, "scheme: typeform", "scheme: typeform\n    region: Poland", "sources.typeform.region", "form"),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.field} {wrong.new[:40]}")
def test_a_wrong_value_is_named_with_its_line_and_field(tmp_path: Path, wrong: Wrong) -> None:
    errors = errors_after(tmp_path, wrong.file, wrong.old, wrong.new)

    found = [error for error in errors if error.field == wrong.field and wrong.says in error.message]
    assert found, f"expected {wrong.field}: …{wrong.says}…, got:\n" + "\n".join(map(str, errors))
    assert found[0].file == wrong.file
    assert found[0].line > 0


@pytest.mark.parametrize(
    "name", ["operator_name", "operator_address", "data", "actions", "processors", "term", "withdrawal"]
)
def test_a_russian_text_without_one_of_the_mandatory_statements_is_refused(tmp_path: Path, name: str) -> None:
    line = next(line for line in FILES[C].splitlines() if line.startswith(f"      {name}:"))

    errors = errors_after(tmp_path, C, f"{line}\n", "")

    assert [(error.field, error.message) for error in errors] == [
        (f"texts[1].metadata.{name}", "is required for regime ru (FZ-152 art. 9(4))")
    ]


def test_the_line_is_the_one_on_which_the_wrong_word_stands(tmp_path: Path) -> None:
    [error] = errors_after(tmp_path, S, "op: contains", "op: contain")

    assert str(error) == (
        'scoring.yaml:16: rules[1].when.all[0].op: unknown operator "contain"; did you mean "contains"?'
    )


def test_all_errors_of_all_files_come_at_once_in_order(tmp_path: Path) -> None:
    write_policies(
        tmp_path,
        scoring=FILES[S].replace("op: contains", "op: like").replace("points: 15", "points: x"),
        lifecycle=FILES[L].replace("stage: sql", "stage: mql"),
        sources=FILES[D].replace("vendor: segment", "vendor: mixpanel"),
    )

    with pytest.raises(PolicyErrors) as caught:
        load_directory(tmp_path)

    assert [(error.file, error.field) for error in caught.value.errors] == [
        ("lifecycle.yaml", "handover.stage"),
        ("scoring.yaml", "rules[0].points"),
        ("scoring.yaml", "rules[1].when.all[0].op"),
        ("sources.yaml", "sources.segment.vendor"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("sources:\n  a: [1\n", 3, "is not YAML"),
        ("sources:\n  a: {vendor: meta, scheme: meta}\n  a: {vendor: meta, scheme: meta}\n", 3, "is written twice"),
        ("a: &a [*a]\n", 1, "is nested too deeply"),
        ("a: *nowhere\n", 1, "is not YAML"),
        ("a: !!python/object/apply:os.getcwd []\n", 1, "unknown field"),
        ("- a\n", 1, "must be a group of named values"),
        ("\x01", 1, "is not YAML"),
        ('sources:\n  "a\\ud800": {vendor: meta, scheme: meta}\n', 2, "half a character"),
        ('sources:\n  a: {vendor: "\\udfff", scheme: meta}\n', 2, "half a character"),
        ("a: 1\n--- \nb: 2\n", 2, "is not YAML"),
    ],
)
def test_broken_yaml_is_an_error_with_a_line_and_never_a_crash(tmp_path: Path, text: str, line: int, says: str) -> None:
    write_policies(tmp_path, sources=text)

    with pytest.raises(PolicyErrors) as caught:
        load_directory(tmp_path)

    assert any(e.file == "sources.yaml" and e.line == line and says in e.message for e in caught.value.errors), str(
        caught.value
    )


def test_text_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    write_policies(tmp_path)
    (tmp_path / "sources.yaml").write_bytes(b"sources: \xff\xfe")

    with pytest.raises(PolicyErrors, match=r"sources.yaml:1: is not UTF-8 text"):
        load_directory(tmp_path)


def test_an_empty_file_says_what_it_lacks(tmp_path: Path) -> None:
    write_policies(tmp_path, lifecycle="")

    with pytest.raises(PolicyErrors) as caught:
        load_directory(tmp_path)

    assert {error.field for error in caught.value.errors} == {"handover", "backfill_after_days", "stages"}


def test_a_missing_file_and_a_misspelt_one_are_both_named(tmp_path: Path) -> None:
    write_policies(tmp_path)
    (tmp_path / "scoring.yaml").rename(tmp_path / "scorings.yaml")

    with pytest.raises(PolicyErrors) as caught:
        load_directory(tmp_path)

    assert list(map(str, caught.value.errors)) == [
        "scoring.yaml:1: is missing",
        'scorings.yaml:1: is not a policy file; did you mean "scoring.yaml"?',
    ]


def test_a_folder_that_is_not_there_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(PolicyErrors, match="is not a directory"):
        load_directory(tmp_path / "nowhere")
