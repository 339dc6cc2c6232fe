"""What the preflight says about rights, fields and the vendor's own synchronisation."""

import pytest

from shared.policies.loader import RULES, load_directory
from tests.unit.connectors_marketo.world import World

SCHEMA = "Read-Write Schema Standard Field"


def judged(world: World) -> dict[str, bool | None]:
    return {finding.subject: finding.ok for finding in world.system.preflight()}


def test_a_user_with_just_enough_rights_passes(world: World) -> None:
    world.settings(denied_rights=[SCHEMA])
    before = world.site.journal.last

    found = judged(world)

    assert set(found.values()) == {True}
    assert "field unsubscribed" in found
    assert world.site.journal.last == before
    usage = world.system.usage()
    assert usage is not None
    assert usage.used > 0


def test_the_shipped_policy_fits_a_fresh_subscription(world: World) -> None:
    world.policy = load_directory(RULES).sync
    world.system = world.connect()

    assert {name: ok for name, ok in judged(world).items() if name.startswith("field ") and not ok} == {}


@pytest.mark.parametrize(
    ("right", "subject"),
    [
        ("Read-Only Activity", "read the activity log"),
        ("Read-Write Lead", "write people"),
        ("Read-Only Lead", "login, describe"),
    ],
)
def test_a_missing_right_is_named(world: World, right: str, subject: str) -> None:
    world.settings(denied_rights=[SCHEMA, right])

    wrong = {finding.subject: finding.detail for finding in world.system.preflight() if finding.ok is False}

    assert right in wrong[subject]


def test_the_vendors_own_synchronisation_must_be_off(world: World) -> None:
    world.settings(native_crm=True)

    assert judged(world)["native Salesforce sync is off"] is False


def test_whether_it_is_off_cannot_be_seen_without_the_right(world: World) -> None:
    world.settings(denied_rights=["Read-Write Company"])

    assert judged(world)["native Salesforce sync is off"] is None


def test_a_right_that_nothing_needs_is_reported(world: World) -> None:
    assert judged(world)["no schema right"] is False


def test_a_refused_login_is_one_finding(world: World) -> None:
    world.credentials["client_secret"] = "wrong"

    assert judged(world) == {"login": False}
