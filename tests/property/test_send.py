"""decide_send is total, denies by default, and nothing that speaks against sending can ever allow it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.consent.model import ConsentRegister
from shared.domain.consent.send import Allow, Standing, address_of, decide_send
from shared.domain.engagement.model import Suppression
from shared.domain.engagement.policy_model import CLASSES, MessageDefinition, MessagePolicy
from shared.domain.identity.model import EMAIL, Identifier, Stamp
from shared.domain.instant import DAY
from shared.domain.lead.model import Lead
from shared.domain.lead.projection import project
from tests.property.people import START, rules

RULES = rules()
ADDRESS = "anna@example.com"
CONTACT = f"email:{ADDRESS}"
NOW = START + 10 * DAY


def message(message_class: str = "marketing") -> MessageDefinition:
    return MessageDefinition(
        id="welcome", message_class=message_class, purpose="ad.email" if message_class == "marketing" else "",
        channel="email", on=("ConsentGiven",), to="person", once="address", fresh_ms=3 * DAY, texts={},
    )  # fmt: skip


POLICY = MessagePolicy(
    sender_name="Acme", list_id="news.example.com", unsubscribe_mailbox="", default_language="en", languages={},
    cap_messages=2, cap_ms=7 * DAY, require_text=False,
)  # fmt: skip

instants = st.integers(0, 9).map(lambda day: START + day * DAY)
registers = st.builds(
    ConsentRegister, st.integers(0, 1), instants, st.integers(0, 1), st.just("s"), st.just("form"), st.just("t")
)
suppressions = st.builds(
    Suppression, st.sampled_from(["all", "marketing", "ad.email", "ad.sms"]),
    st.sampled_from(["bounced", "complained", "unsubscribed"]), instants,
)  # fmt: skip


def a_lead(consents: dict[str, ConsentRegister], *, verified: bool = True) -> Lead:
    stamp = Stamp(1 if verified else 0, START, "s")
    return Lead(
        "lead_1", version=1, verified=verified, subject_ref="subject_1", contact_points={CONTACT: "contact_1"},
        identifiers={Identifier(EMAIL, ADDRESS): stamp}, consents=consents,
    )  # fmt: skip


def head_of(*statements: tuple[str, str, int]) -> dict[str, Any]:
    """A chain's head: (contact reference and purpose, state, evidence) each."""
    states = {
        key: {"state": state, "since": START, "seq": n, "rank": [evidence, START, 0, "s"]}
        for n, (key, state, evidence) in enumerate(statements, 1)
    }
    return {"seq": len(states), "hash": "", "states": states}


def standing(lead: Lead, head: dict[str, Any], **changes: Any) -> Standing:
    values: dict[str, Any] = {
        "view": project(lead, (), RULES, NOW), "leads": (lead,), "address": ADDRESS, "heads": {"subject_1": head},
        "suppressions": (), "caused_at": NOW - DAY,
    }  # fmt: skip
    return Standing(**{**values, **changes})


GIVEN = ConsentRegister(1, START + DAY, 0, "s", "form", "t")
GOOD_LEAD = a_lead({f"{CONTACT} ad.email": GIVEN})
GOOD_HEAD = head_of(("contact_1 ad.email", "ConsentGiven", 1))


def test_what_is_right_in_every_respect_is_allowed_with_its_evidence() -> None:
    assert decide_send(standing(GOOD_LEAD, GOOD_HEAD), message(), POLICY, {}, NOW) == Allow(("subject_1:1",))


@given(
    consents=st.dictionaries(
        st.sampled_from([f"{c} {p}" for c in (CONTACT, "email:b@example.com") for p in ("ad.email", "processing")]),
        registers,
    ),
    verified=st.booleans(),
    head=st.lists(
        st.tuples(
            st.sampled_from(["contact_1 ad.email", "contact_2 ad.email", " ad.email", "contact_1 processing"]),
            st.sampled_from(["ConsentGiven", "ConsentWithdrawn", "Unknown"]),
            st.integers(0, 1),
        ),
        max_size=3,
    ),
    held=st.lists(suppressions, max_size=3),
    address=st.sampled_from([ADDRESS, ""]),
    already=st.booleans(),
    has_link=st.booleans(),
    recent=st.lists(instants, max_size=3),
    caused_at=instants,
    message_class=st.sampled_from([*CLASSES, "newsletter"]),
)
def test_it_is_total_and_an_allowed_marketing_message_has_everything_for_it(
    consents: dict[str, ConsentRegister], verified: bool, head: list[tuple[str, str, int]], message_class: str,
    held: list[Suppression], recent: list[int], **rest: Any,
) -> None:  # fmt: skip
    case = standing(
        a_lead(consents, verified=verified), head_of(*head), suppressions=tuple(held), recent=tuple(recent), **rest
    )
    verdict = decide_send(case, message(message_class), POLICY, {}, NOW)
    assert verdict == decide_send(case, message(message_class), POLICY, {}, NOW)
    if not isinstance(verdict, Allow):
        assert verdict.code.startswith("SEND.")
        return

    assert message_class in CLASSES
    assert case.address
    assert not case.already
    assert not [s for s in held if (s.scope, s.reason) == ("all", "bounced")]
    assert {c.purpose: c.state for c in case.view.consents}.get("processing", "given") == "given"
    if message_class != "marketing":
        return
    register = consents[f"{CONTACT} ad.email"]
    assert register.evidence
    assert not register.withdrawn
    assert {c.purpose: c.state for c in case.view.consents}["ad.email"] == "given"
    assert verdict.evidence
    assert not [s for s in case.heads["subject_1"]["states"].items()
                if s[0].endswith(" ad.email") and s[1]["rank"][0] and s[1]["state"] != "ConsentGiven"]  # fmt: skip
    assert not [s for s in held if (s.scope, s.reason) == ("marketing", "complained")]
    assert all(s.since < register.occurred_at for s in held if (s.scope, s.reason) == ("ad.email", "unsubscribed"))
    assert sum(NOW - at < POLICY.cap_ms for at in recent) < POLICY.cap_messages
    assert case.has_link


@given(held=st.lists(suppressions, min_size=1, max_size=3))
def test_a_suppression_never_helps(held: list[Suppression]) -> None:
    with_it = decide_send(standing(GOOD_LEAD, GOOD_HEAD, suppressions=tuple(held)), message(), POLICY, {}, NOW)
    fewer = decide_send(standing(GOOD_LEAD, GOOD_HEAD, suppressions=tuple(held[1:])), message(), POLICY, {}, NOW)

    assert isinstance(fewer, Allow) or not isinstance(with_it, Allow)


def test_the_address_is_one_that_consented() -> None:
    both = {Identifier(EMAIL, a): Stamp(1, START, "s") for a in ("anna@example.com", "new@example.com")}
    lead = GOOD_LEAD._replace(identifiers=both)

    assert address_of((lead,), project(lead, (), RULES, NOW), "ad.email") == "anna@example.com"
