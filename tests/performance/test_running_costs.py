"""The kinds of work that the console prices are those that are counted on real rows."""

import pytest

from infra.bench import cost, writes
from shared.domain.running_costs.bill import FIRST_FORM, VISIT, Work


@pytest.mark.parametrize(("case", "work"), [(writes.SINGLE, VISIT), (writes.FORM_CONSENTS, FIRST_FORM)])
def test_an_event_needs_what_the_model_says(case: str, work: Work) -> None:
    assert cost.work_of(writes.spent(case)) == work
