"""The first message, from a consent to a mail and back: denials, links, feedback, races and crashes."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.adapters.memory.clock import SeededIds
from shared.adapters.memory.faults import Killed
from shared.adapters.memory.record_archive import MemoryRecordArchive
from shared.adapters.memory.sync_queues import MemoryChangesQueue, MemoryOutQueue
from shared.adapters.memory.sync_store import MemorySyncStore
from shared.app.reconcile_records import Reconciling, reconcile_pages
from shared.app.unsubscribe_token import LinkKeys, Ticket
from shared.domain.engagement.model import PERMIT_LIFE, Suppression
from shared.domain.instant import DAY, HOUR
from shared.domain.sync.model import RemoteRecord
from shared.policies.loader import RULES, load_directory
from shared.ports.failures import StoreUnavailable
from shared.ports.messages import MailNotTaken, MailRefused, MailUncertain
from shared.ports.sync import Changes
from tests.integration.gateway import STAFF, URL, Gateway


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def welcomed(gateway: Gateway, **fields: object) -> Gateway:
    gateway.submit(**fields)  # type: ignore[arg-type]
    assert gateway.send() == ["sent"]
    return gateway


def test_a_consent_is_answered_with_one_welcome(gateway: Gateway) -> None:
    welcomed(gateway)

    (mail,) = gateway.mail.sent
    assert mail.to == "anna@example.com"
    assert "Anna" in mail.text
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.headers["List-Id"] == "<news.mail.example.com>"
    assert gateway.link().startswith(f"{URL}/u/")
    assert gateway.link() in mail.text
    assert gateway.link() in mail.html
    (message,) = gateway.tables.messages.values()
    assert (message.state, message.message, len(message.evidence)) == ("sent", "welcome", 1)
    assert [f["data"]["message"] for f in gateway.facts("MessagePermitted")] == ["welcome"]
    assert len(gateway.facts("MessageSent")) == 1
    assert len(gateway.tables.permits) == 1


def test_no_link_header_or_fact_holds_an_address(gateway: Gateway) -> None:
    welcomed(gateway)

    assert "anna" not in repr(gateway.mail.sent[0].headers).lower()
    assert "anna" not in repr(gateway.mail.sent[0].tags).lower()
    assert "anna" not in repr([*gateway.facts("MessageSent"), *gateway.tables.messages.values()]).lower()


def test_the_same_fact_again_sends_nothing_again(gateway: Gateway) -> None:
    welcomed(gateway)

    assert gateway.send() == ["repeated"]
    assert len(gateway.mail.sent) == 1


def test_one_welcome_per_address_ever_even_for_another_consent(gateway: Gateway) -> None:
    welcomed(gateway)
    gateway.one_click()
    gateway.process()
    gateway.clock.advance(DAY)
    gateway.submit()

    assert gateway.send(gateway.causes()[-1]) == ["suppressed"]
    assert gateway.facts("MessageSuppressed")[-1]["data"]["reason"] == "SEND.ALREADY_SENT"
    assert len(gateway.mail.sent) == 1


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda g: g.submit(consents={"ad.email": False}), "SEND.WITHDRAWN"),
        (lambda g: g.submit(consents={"processing": False}), "SEND.OBJECTED"),
        (lambda g: g.clock.advance(4 * DAY), "SEND.TOO_LATE"),
        (lambda g: g.without(url=""), "SEND.NO_LINK"),
        (lambda g: g.without(policy=replace(g.policy, require_text=True)), "SEND.UNKNOWN_TEXT"),
        (lambda g: g.without(policy=replace(g.policy, residencies={"PL": "elsewhere"})), "SEND.RESIDENCY"),
        (lambda g: g.without(policy=replace(g.policy, cap_messages=0)), "SEND.TOO_OFTEN"),
        (
            lambda g: g.suppressions.suppress(g.keys.digest("anna@example.com"), Suppression("all", "bounced", 1)),
            "SEND.BOUNCED",
        ),
        (
            lambda g: g.suppressions.suppress(
                g.keys.digest("anna@example.com"), Suppression("marketing", "complained", 1)
            ),
            "SEND.COMPLAINED",
        ),
    ],
)
def test_what_must_not_be_sent_is_denied_and_the_reason_told(
    gateway: Gateway, prepare: Callable[[Gateway], object], reason: str
) -> None:
    gateway.submit(country="PL")
    cause = gateway.causes()[0]
    prepare(gateway)

    assert gateway.send(cause) == ["suppressed"]
    assert gateway.mail.sent == []
    assert [fact["data"]["reason"] for fact in gateway.facts("MessageSuppressed")] == [reason]
    assert [record.reason for record in gateway.messages.of_lead(cause.lead_id)] == [reason]
    assert gateway.send(cause) == ["repeated"]
    assert len(gateway.facts("MessageSuppressed")) == 1


def test_a_claimed_consent_is_not_enough(gateway: Gateway) -> None:
    gateway.collect({
        "type": "identify", "messageId": "m1", "userId": "u1", "anonymousId": "a1",
        "traits": {"email": "anna@example.com"}, "context": {"consent": {"categoryPreferences": {"ad.email": True}}},
    })  # fmt: skip
    gateway.process()

    assert set(gateway.send(*gateway.causes()) if gateway.causes() else {"suppressed"}) == {"suppressed"}
    assert gateway.mail.sent == []


def test_one_click_stops_everything_at_once_and_is_a_withdrawal(gateway: Gateway) -> None:
    welcomed(gateway)

    reply = gateway.one_click()

    assert reply.status == 200
    assert gateway.suppressions.of(gateway.keys.digest("anna@example.com"))[0].reason == "unsubscribed"
    gateway.process()
    assert gateway.consent() == "withdrawn"
    assert gateway.facts("ConsentWithdrawn")


def test_one_click_in_multipart_is_the_same(gateway: Gateway) -> None:
    welcomed(gateway)
    body = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'

    gateway.visit(gateway.link(), "POST", body, content_type='multipart/form-data; boundary="b"')
    gateway.process()

    assert gateway.consent() == "withdrawn"


def test_a_scanner_that_opens_every_link_changes_nothing(gateway: Gateway) -> None:
    welcomed(gateway)
    mail = gateway.mail.sent[0]
    before = repr(gateway.tables)
    for url in re.findall(r"https?://[^\s\"<>]+", f"{mail.text} {mail.html} {mail.headers['List-Unsubscribe']}"):
        for method in ("GET", "HEAD"):
            assert gateway.visit(url, method).status == 200

    assert repr(gateway.tables) == before
    assert gateway.queue.sent == []
    assert gateway.visit(gateway.link(), "POST", b"anything=else").status == 200
    assert repr(gateway.tables) == before


def test_answers_tell_nothing_about_a_token(gateway: Gateway) -> None:
    welcomed(gateway)
    good = gateway.link()
    replies = [gateway.one_click(url) for url in (good, good, good[:-2] + "AA", f"{URL}/u/x", f"{URL}/u/")]

    assert len({(reply.status, reply.body, tuple(reply.headers.items())) for reply in replies}) == 1
    pages = {gateway.visit(url).body for url in (good, f"{URL}/u/unknown")}
    assert len(pages) == 1
    (page,) = pages
    assert page.count("<button") == 1
    assert "<script" not in page
    assert "default-src 'none'" in replies[0].headers["content-security-policy"]


def test_the_page_speaks_three_languages(gateway: Gateway) -> None:
    pages = {language: gateway.visit(f"{URL}/u/x", accept_language=language).body for language in ("en", "pl", "ru")}

    assert 'lang="pl"' in pages["pl"]
    assert len(set(pages.values())) == 3


def test_a_later_verified_consent_lifts_an_unsubscription_and_nothing_else_does(gateway: Gateway) -> None:
    gateway.submit()
    digest = gateway.keys.digest("anna@example.com")
    gateway.suppressions.suppress(digest, Suppression("ad.email", "unsubscribed", gateway.clock.now() + HOUR))
    assert gateway.send() == ["suppressed"]
    gateway.process()
    assert gateway.consent() == "withdrawn"  # the gateway made up for it

    gateway.clock.advance(2 * HOUR)
    gateway.submit()
    assert gateway.send(gateway.causes()[-1]) == ["sent"]


@pytest.mark.parametrize("country", ["PL", "RU", "DE"])
def test_the_language_is_the_countrys_or_the_default(gateway: Gateway, country: str) -> None:
    welcomed(gateway, country=country)

    subject = gateway.mail.sent[0].subject
    assert subject == {"PL": "Witamy i dziękujemy", "RU": "Добро пожаловать и спасибо"}.get(
        country, "Welcome, and thank you"
    )


def test_a_name_cannot_break_out_of_text_html_or_headers(gateway: Gateway) -> None:
    gateway.submit(name="<b>{link}</b>", first_name="<img src=x>{score}")
    gateway.send()

    mail = gateway.mail.sent[0]
    assert "<img" not in mail.html
    assert "\n" not in mail.subject


def test_sales_is_told_of_a_handover_once_each(gateway: Gateway) -> None:
    gateway.submit()
    person = gateway.person("anna@example.com")
    cause = gateway.causes()[0]
    handover = cause.__class__(
        event_id="h.1", name="HandoverRequested", lead_id=person.lead_id, occurred_at=gateway.clock.now(),
        correlation_id="c", data={"due": None},
    )  # fmt: skip

    assert gateway.send(handover) == ["sent"]
    assert gateway.send(handover) == ["repeated"]
    (mail,) = gateway.mail.sent
    assert mail.to == STAFF
    assert f"{URL}/console/leads/{person.lead_id}" in mail.text
    assert "List-Unsubscribe" not in mail.headers


def test_a_permanent_bounce_stops_every_class_and_a_transient_one_none(gateway: Gateway) -> None:
    welcomed(gateway)
    digest = gateway.keys.digest("anna@example.com")
    assert gateway.feedback("Delivery") == "delivered"
    gateway.feedback("Bounce", bounce={"bounceType": "Transient", "bounceSubType": "MailboxFull"})
    assert gateway.suppressions.of(digest) == ()
    gateway.feedback("Bounce", bounce={"bounceType": "Permanent", "bounceSubType": "General"})
    gateway.process()

    assert [held.reason for held in gateway.suppressions.of(digest)] == ["bounced"]
    (message,) = gateway.tables.messages.values()
    assert message.shown_state == "bounced"
    rows = [r for lead_id in gateway.tables.heads for r in gateway.store.history(lead_id).rows]
    kinds = {touch.kind for row in rows for touch in row.touchpoints}
    assert {"email_delivered", "email_bounced"} <= kinds


def test_a_complaint_withdraws_and_its_repetition_changes_nothing(gateway: Gateway) -> None:
    welcomed(gateway)
    for _ in range(2):
        gateway.feedback("Complaint", complaint={"complaintFeedbackType": "abuse"})
    gateway.process()

    assert gateway.consent() == "withdrawn"
    subject = next(lead.subject_ref for lead in gateway.tables.heads.values() if lead.subject_ref)
    assert sum(event.header["type"] == "withdrawn" for event in gateway.tables.ledger[subject]) == 1


def test_feedback_about_foreign_mail_is_left_alone(gateway: Gateway) -> None:
    welcomed(gateway)
    gateway.mail.sent[0].tags["lead"] = "lead_other"  # type: ignore[index]

    assert gateway.feedback("Bounce", bounce={"bounceType": "Permanent"}) == "unknown"
    assert gateway.tables.suppressions == {}


@pytest.mark.parametrize(
    ("error", "state"), [(MailRefused("MessageRejected"), "refused"), (MailUncertain("ReadTimeout"), "unknown")]
)
def test_how_a_call_ended_is_kept_and_never_repeated(gateway: Gateway, error: Exception, state: str) -> None:
    gateway.submit()
    gateway.faults.before(call="mail.send", error=lambda: error)

    assert gateway.send() == [state]
    assert gateway.send() == ["repeated"]
    assert [record.state for record in gateway.tables.messages.values()] == [state]


def test_a_mail_that_was_certainly_not_taken_gets_another_permit(gateway: Gateway) -> None:
    gateway.submit()
    gateway.faults.before(call="mail.send", error=lambda: MailNotTaken("TooManyRequestsException"))
    with pytest.raises(StoreUnavailable):
        gateway.send()

    assert gateway.send() == ["sent"]
    assert len(gateway.mail.sent) == 1
    assert sorted(attempt for _, _, attempt in gateway.tables.permits) == [1, 2]


def _withdraw_by_signal(gateway: Gateway) -> None:
    gateway.submit(consents={"ad.email": False})


def _withdraw_by_click(gateway: Gateway) -> None:
    lead = next(iter(gateway.tables.heads))
    address = gateway.keys.digest("anna@example.com")
    gateway.one_click(f"{URL}/u/{gateway.keys.seal(Ticket(lead, 'ad.email', address, 'msg_1'))}")


def _withdraw_by_bounce(gateway: Gateway) -> None:
    address = gateway.keys.digest("anna@example.com")
    gateway.suppressions.suppress(address, Suppression("all", "bounced", gateway.clock.now()))


def _withdraw_in_salesforce(gateway: Gateway) -> None:
    """A rep ticks "Email Opt Out" on a contact that is met for the first time."""
    now = gateway.clock.advance(1)
    contact = RemoteRecord(
        system="salesforce", object="contact", remote_id="003D00000000001IAA", stamp=now, read_at=now, created_at=now,
        values={"Email": "anna@example.com", "HasOptedOutOfEmail": "true"},
    )  # fmt: skip
    archive = MemoryRecordArchive()
    changes = Changes(system="salesforce", key=archive.put([contact], now=now), records=1)
    done = reconcile_pages(
        [("message-1", changes)],
        Reconciling(
            store=gateway.store,
            sync=MemorySyncStore(),
            ledger=gateway.ledger,
            archive=archive,
            queue=MemoryChangesQueue(),
            out=MemoryOutQueue(),
            parked=gateway.parked,
            rules=gateway.rules,
            policy=load_directory(RULES).sync,
            clock=gateway.clock,
            ids=SeededIds("reconcile"),
            pause=lambda _attempt: None,
        ),
    )
    assert done.applied == 1
    assert {c.purpose: c.state for c in gateway.person("anna@example.com").consents}["ad.email"] == "withdrawn"


class _Interrupted:
    """Does something before the n-th call of the gateway's ports, once."""

    def __init__(self, gateway: Gateway, nth: int, act: Callable[[Gateway], None]) -> None:
        self.left, self.gateway, self.act, self.permits_before = nth, gateway, act, -1

    def wrap(self, target: object) -> object:
        outer = self

        class Watched:
            def __getattr__(self, name: str) -> object:
                call = getattr(target, name)

                def watched(*args: object, **kwargs: object) -> object:
                    outer.left -= 1
                    if outer.left == 0:
                        outer.act(outer.gateway)
                        outer.permits_before = len(outer.gateway.tables.permits)
                    return call(*args, **kwargs)

                return watched

        return Watched()


PORTS = ("store", "permits", "messages", "suppressions", "mail")


@pytest.mark.parametrize(
    "withdraw", [_withdraw_by_signal, _withdraw_by_click, _withdraw_by_bounce, _withdraw_in_salesforce]
)
def test_no_permit_after_a_withdrawal_wherever_it_comes_in(withdraw: Callable[[Gateway], None]) -> None:
    struck = 0
    for nth in range(1, 30):
        gateway = Gateway()
        gateway.submit()
        (cause,) = gateway.causes()
        interruption = _Interrupted(gateway, nth, withdraw)
        ports = {name: interruption.wrap(getattr(gateway.sending, name)) for name in PORTS}
        gateway.sending = replace(gateway.sending, **ports)  # type: ignore[arg-type]
        gateway.send(cause)
        if interruption.permits_before < 0:
            break
        struck += 1
        assert len(gateway.tables.permits) == interruption.permits_before, nth
        assert len(gateway.mail.sent) <= len(gateway.tables.permits)

    assert struck >= 6


def test_a_crash_around_any_call_sends_at_most_one_mail_and_never_without_a_permit() -> None:
    dry = Gateway()
    dry.submit()
    dry.faults.clear()
    dry.send()
    calls = len(dry.faults.calls)
    for when in ("before", "after"):
        for nth in range(1, calls + 1):
            gateway = Gateway()
            gateway.submit()
            (cause,) = gateway.causes()
            gateway.faults.clear()
            getattr(gateway.faults, when)(nth)
            with pytest.raises(Killed):
                gateway.send(cause)
            gateway.faults.clear()
            for _ in range(3):
                gateway.clock.advance(PERMIT_LIFE + 1)
                gateway.send(cause)

            assert len(gateway.mail.sent) <= 1, (when, nth)
            assert len(gateway.mail.sent) <= len(gateway.tables.permits) <= 1
            (message,) = gateway.tables.messages.values()
            assert message.state == ("sent" if message.provider_id else "unknown"), (when, nth)


def test_a_permit_in_use_is_waited_for(gateway: Gateway) -> None:
    gateway.submit()
    gateway.faults.before(call="mail.send")
    with pytest.raises(Killed):
        gateway.send()

    with pytest.raises(StoreUnavailable):
        gateway.send()


def test_a_crash_around_any_call_of_one_click_loses_no_withdrawal() -> None:
    for when in ("before", "after"):
        for nth in range(1, 5):
            gateway = welcomed(Gateway())
            gateway.faults.clear()
            getattr(gateway.faults, when)(nth)
            with pytest.raises(Killed):
                gateway.one_click()
            gateway.faults.clear()
            if when == "after" or nth > 1:
                assert gateway.suppressions.of(gateway.keys.digest("anna@example.com"))
            gateway.one_click()
            gateway.process()
            assert gateway.consent() == "withdrawn", (when, nth)


def test_links_survive_the_rotation_of_their_key() -> None:
    ticket = Ticket("lead_1", "ad.email", "digest", "msg_1")
    old = LinkKeys(lambda: b"old")
    new = LinkKeys(lambda: b'{"digest": "old", "current": "1", "keys": {"0": "old", "1": "new"}}')

    assert new.open(old.seal(ticket)) == ticket
    assert new.open(new.seal(ticket)) == ticket
    assert old.open(new.seal(ticket)) is None
    assert new.digest("anna@example.com") == old.digest("anna@example.com")
