"""A wrong merge can be taken apart for good, and the timeline of each lead is its own again."""

import pytest

from shared.app.unmerge_lead import unmerge_lead
from shared.domain.intake.problem import Problem
from tests.integration.spine import Spine


def merged() -> tuple[Spine, str, str]:
    spine = Spine()
    for n, email in enumerate(("anna@acme.example.com", "boris@acme.example.com")):
        spine.post({"id": f"json-{n}", "email": email})
        spine.post({"id": f"crm-{n}", "email": email, "external_id": "salesforce:00Q1"})
    spine.process()
    (view,) = spine.views()
    (member,) = view.member_ids
    return spine, view.lead_id, member


def test_both_persons_are_whole_again_and_stay_apart() -> None:
    spine, root, member = merged()

    unmerge_lead(root, member, store=spine.store, rules=spine.rules, clock=spine.clock)
    spine.post({"id": "crm-9", "email": "boris@acme.example.com", "external_id": "salesforce:00Q1"})
    spine.process()

    assert {view.lead_id for view in spine.views()} == {root, member}
    assert sum(view.touch_count for view in spine.views()) == 5
    assert "LeadUnmerged" in {fact["name"] for fact in spine.publish()}


def test_what_was_never_merged_cannot_be_taken_apart() -> None:
    spine, root, member = merged()
    unmerge_lead(root, member, store=spine.store, rules=spine.rules, clock=spine.clock)

    with pytest.raises(Problem) as refused:
        unmerge_lead(root, member, store=spine.store, rules=spine.rules, clock=spine.clock)
    assert (refused.value.code, refused.value.status) == ("LEAD.NOT_MERGED", 409)

    with pytest.raises(Problem) as unknown:
        unmerge_lead("lead_nobody", member, store=spine.store, rules=spine.rules, clock=spine.clock)
    assert (unknown.value.code, unknown.value.status) == ("LEAD.UNKNOWN", 404)
