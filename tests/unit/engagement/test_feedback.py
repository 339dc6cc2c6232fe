"""Events of the mail service: what is ours, what it says, and that nothing makes it stumble."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.aws.mail import EVENTS, _paths, _template
from shared.domain.engagement.feedback import Feedback, read_event

AT = 1_795_306_690_000
TAGS = {"message": ["msg_1"], "lead": ["lead_1"], "ses:configuration-set": ["Leadspine-mail"]}
BOUNCE = {
    "version": "0",
    "detail-type": "Email Bounced",
    "source": "aws.ses",
    "time": "2026-11-22T00:00:02Z",
    "detail": {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "anna@example.com", "diagnosticCode": "smtp; 550 no anna"}],
            "timestamp": "2026-11-22T00:00:01.500Z",
        },
        "mail": {"messageId": "0102", "destination": ["anna@example.com"], "tags": TAGS},
    },
}


def test_a_bounce_is_read_with_its_type_and_time() -> None:
    found = read_event(BOUNCE, AT + 10**9)

    assert found == Feedback("bounced", "msg_1", "lead_1", 1_795_305_601_500, "Permanent", "General")
    assert found.permanent


@pytest.mark.parametrize("event", [{}, {"detail": None}, {"detail": {"eventType": "Bounce"}}, {"detail": "x"}])
def test_what_is_no_event_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no event"):
        read_event(event, AT)


@pytest.mark.parametrize(
    "tags", [{}, {"message": ["msg_1"]}, {"message": [], "lead": ["l"]}, {"message": 1, "lead": 2}]
)
def test_mail_that_is_not_ours_is_left_alone(tags: dict[str, Any]) -> None:
    assert read_event({"detail": {"eventType": "Delivery", "mail": {"tags": tags}}}, AT) is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(block=anything, time=anything, kind=st.sampled_from(["Bounce", "Complaint", "Open", "Click", "Delivery", "x"]))
def test_nothing_in_an_event_makes_it_stumble(block: Any, time: Any, kind: str) -> None:
    detail = {"eventType": kind, kind.lower(): block, "mail": {"tags": TAGS}}

    found = read_event({"time": time, "detail": detail}, AT)

    assert found is None if kind == "x" else (found is not None and found.at <= AT)


def test_what_the_rules_pass_on_is_read_like_the_whole_event_and_names_nobody() -> None:
    (bounced,) = (kind for kind in EVENTS if "Bounce" in kind.types)
    passed = _template(bounced)
    for name, path in _paths(bounced).items():
        value: Any = BOUNCE
        for part in path.removeprefix("$.").split("."):
            value = value[part]
        passed = passed.replace(f"<{name}>", json.dumps(value))

    assert "anna" not in passed
    assert read_event(json.loads(passed), AT + 10**9) == read_event(BOUNCE, AT + 10**9)
