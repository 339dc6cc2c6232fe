"""POST /api/leads/{id}/unmerge: a person of marketing or operations takes a wrong merge apart."""

from shared.domain.identity.model import EMAIL, EXTERNAL, Evidence, Identifier
from shared.domain.intake.signal import Signal
from tests.unit.api.world import NOW, World

ANNA, BORIS = Identifier(EMAIL, "anna@example.com"), Identifier(EMAIL, "boris@example.com")
RECORD = Identifier(EXTERNAL, "salesforce:00Q1")


def form(n: int, *who: Identifier) -> Signal:
    return Signal(
        signal_id=f"sig_{n}",
        kind="form_submitted",
        occurred_at=NOW + n,
        recorded_at=NOW + n,
        source="json",
        evidence=Evidence.VERIFIED,
        identifiers=who,
        profile={"email": who[0].value},
    )


def merged() -> tuple[World, str, str]:
    world = World()
    for n, email in enumerate((ANNA, BORIS)):
        world.happen([form(n, email)])
    for n, email in enumerate((ANNA, BORIS)):
        world.happen([form(10 + n, email, RECORD)])
    (root,) = [lead for lead in world.tables.heads.values() if lead.members]
    return world, root.lead_id, root.members[0]


def test_both_persons_answer_for_themselves_afterwards() -> None:
    world, root, member = merged()

    status, answer = world.call("POST", f"/api/leads/{root}/unmerge", {"lead_id": member})

    assert status == 200
    assert answer["merged_ids"] == []
    assert world.get(f"/api/leads/{member}")["id"] == member


def test_refusals_have_stable_codes_and_sales_may_not() -> None:
    world, root, member = merged()
    path = f"/api/leads/{root}/unmerge"

    assert world.call("POST", path, {"lead_id": member}, roles="sales")[0] == 403
    assert world.call("POST", path, {})[0] == 400
    assert world.call("POST", path, {"lead_id": "lead_other"})[1]["code"] == "LEAD.NOT_MERGED"
    assert world.call("POST", "/api/leads/lead_nobody/unmerge", {"lead_id": member})[1]["code"] == "LEAD.UNKNOWN"
