"""The catalog agrees with itself and with the folders of the repository."""

import dataclasses
import importlib
from collections import Counter
from pathlib import Path

import pytest

from infra.catalog import CATALOG, DEAD_LETTER_QUEUES_VARIABLE, INSTALLATION_VARIABLE
from infra.catalog_types import Alarm, Function, QueueTrigger, StreamTrigger

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = pytest.mark.parametrize("function", CATALOG.functions, ids=lambda f: f.name)


def folders() -> set[str]:
    return {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}


def test_every_name_is_used_once() -> None:
    names = Counter(r.name for r in (*CATALOG.named(), CATALOG.users, CATALOG.login, *CATALOG.functions))

    assert [name for name, count in names.items() if count > 1] == []


def test_every_function_has_a_folder_and_every_folder_is_listed() -> None:
    assert {f.name for f in CATALOG.functions} == folders()


@FUNCTIONS
def test_a_function_says_what_it_does_in_its_readme(function: Function) -> None:
    readme = (ROOT / "functions" / function.name / "README.md").read_text().lower()

    for word in ("trigger", "reads", "writes", "idempot", "fail"):
        assert word in readme, f"{function.name}/README.md does not mention {word}"


@FUNCTIONS
def test_a_function_is_told_exactly_what_its_settings_ask_for(function: Function) -> None:
    settings = importlib.import_module(f"functions.{function.name}.settings").Settings
    fields = dataclasses.fields(settings)
    needed = {f.name.upper() for f in fields if f.default is dataclasses.MISSING}
    known = {f.name.upper() for f in fields}
    told = set(CATALOG.variables_of(function)) | {name for name, _ in function.environment}
    if function.name == CATALOG.drain:
        told.add(DEAD_LETTER_QUEUES_VARIABLE)
    if function.watches:
        told.add(INSTALLATION_VARIABLE)

    assert needed <= told, "it would not start"
    assert told <= known, "told what it does not read"
    assert function.policies == ("POLICIES_FILE" in known)


@FUNCTIONS
def test_grants_name_resources_that_exist_and_whole_actions(function: Function) -> None:
    names = {resource.name for resource in CATALOG.named()}

    for grant in function.grants:
        assert grant.resource in names
        assert all(action.isalpha() for action in grant.actions), "no wildcards, no service prefix"
    assert set(function.knows) <= names | {CATALOG.users.name, CATALOG.login.name}


def test_every_working_queue_has_a_dead_letter_queue_that_keeps_longer() -> None:
    for queue in CATALOG.queues:
        if queue.is_dead_letter:
            continue
        dlq = CATALOG.queue(str(queue.dlq))
        assert dlq.is_dead_letter
        assert dlq.retention_s > queue.retention_s
        assert (queue.max_receive or 0) >= 3


def test_the_drain_empties_every_dead_letter_queue_and_no_other() -> None:
    triggers = CATALOG.triggers_of(CATALOG.function(CATALOG.drain))
    drained = {trigger.queue for trigger in triggers if isinstance(trigger, QueueTrigger)}

    assert drained == {queue.name for queue in CATALOG.queues if queue.is_dead_letter}


def test_every_failure_ends_in_a_queue_that_is_drained() -> None:
    dead = {queue.name for queue in CATALOG.dead_letter_queues()}
    streams = {t.dlq for f in CATALOG.functions for t in f.triggers if isinstance(t, StreamTrigger)}

    assert streams | {s.dlq for s in CATALOG.schedules} | {r.dlq for r in CATALOG.rules} <= dead


def test_a_message_stays_hidden_for_six_runs_of_its_function() -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    for function in CATALOG.functions:
        for trigger in CATALOG.triggers_of(function):
            if isinstance(trigger, QueueTrigger):
                assert CATALOG.queue(trigger.queue).visibility_s >= 6 * function.timeout_s


def test_every_queue_is_watched() -> None:
    watched = {(alarm.resource, alarm.metric) for alarm in CATALOG.alarms}

    for queue in CATALOG.queues:
        metric = "ApproximateNumberOfMessagesVisible" if queue.is_dead_letter else "ApproximateAgeOfOldestMessage"
        assert (queue.name, f"AWS/SQS/{metric}") in watched


def test_every_schedule_has_an_alarm_for_its_silence() -> None:
    silent = {alarm.resource for alarm in CATALOG.alarms if alarm.missing == "breaching"}

    assert silent == {schedule.function for schedule in CATALOG.schedules}


def test_every_alarm_has_a_runbook_and_every_runbook_an_alarm() -> None:
    runbooks = {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")}

    assert runbooks == {alarm.name for alarm in CATALOG.alarms}


@pytest.mark.parametrize("alarm", CATALOG.alarms, ids=lambda a: a.name)
def test_a_runbook_says_what_it_means_how_to_look_and_what_to_do(alarm: Alarm) -> None:
    text = (ROOT / "docs" / "runbooks" / f"{alarm.name}.md").read_text()

    assert text.startswith(f"# {alarm.name}\n")
    for heading in ("## What it means", "## How to look", "## What to do"):
        assert heading in text


def test_routes_and_schedules_start_functions_that_exist() -> None:
    names = {f.name for f in CATALOG.functions}

    assert {r.function for r in CATALOG.routes} | {s.function for s in CATALOG.schedules} <= names
    assert {CATALOG.authorizer, CATALOG.drain} <= names


def test_every_function_is_started_by_something() -> None:
    started = {r.function for r in CATALOG.routes} | {s.function for s in CATALOG.schedules} | {CATALOG.authorizer}
    triggered = {f.name for f in CATALOG.functions if CATALOG.triggers_of(f)}

    assert started | triggered == {f.name for f in CATALOG.functions}


def test_tables_with_personal_data_cannot_be_restored_beyond_a_week() -> None:
    assert [t.name for t in CATALOG.tables if t.personal_data and t.recovery_days > 7] == []


def test_buckets_with_personal_data_forget() -> None:
    assert [b.name for b in CATALOG.buckets if b.personal_data and not b.expire_days] == []
