"""The simulators and the mailbox beside the engine: they start, come back with their state, and show what was sent."""

import json
import os
import signal
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from infra.catalog import MAIL
from infra.local import cloud
from infra.local.endpoints import read_endpoints
from infra.local.home import Home
from infra.local.processes import read_pid
from infra.local.sites import PREFERRED_PORTS, SIMULATORS, site_urls
from infra.local.supervisor import supervisor_of
from tests.integration.local.conftest import Tiny, eventually


def pid_of(home: Home, site: str) -> int:
    process = read_pid(home.site_pid(site))
    assert process is not None
    return process.pid


def add_person(home: Home, email: str) -> None:
    url = read_endpoints(home).marketo
    requests.post(f"{url}/__sim__/people", json={"email": email}, timeout=10).raise_for_status()


def people(home: Home) -> set[str]:
    answer = requests.get(f"{read_endpoints(home).marketo}/__sim__/people", timeout=10)
    return {person["email"] for person in answer.json()["items"]}


def send(tiny: Tiny, to: str, **more: Any) -> str:
    simple = {
        "Subject": {"Data": "Welcome <b>"},
        "Body": {
            "Text": {"Data": "Hello https://example.com/u/token?a=1"},
            "Html": {"Data": "<p>Hello</p><script>1</script>"},
        },
        "Headers": [{"Name": "List-Unsubscribe", "Value": "<https://example.com/u/token>"}],
    }
    sent = tiny.client("sesv2").send_email(
        FromEmailAddress=more.pop("sender", MAIL.sender),
        Destination={"ToAddresses": [to]},
        Content={"Simple": simple},
        EmailTags=[{"Name": "message", "Value": "m-1"}, {"Name": "lead", "Value": "lead_1"}],
        **more,
    )
    return str(sent["MessageId"])


def mailbox(tiny: Tiny, **query: str) -> list[dict[str, Any]]:
    answer = requests.get(read_endpoints(tiny.home).mailbox, params=query, timeout=10)
    answer.raise_for_status()
    return list(answer.json())


def test_endpoints_and_status_name_every_site_with_what_it_holds(tiny: Tiny) -> None:
    endpoints, status = read_endpoints(tiny.home), cloud.status(tiny.home)

    assert {
        "salesforce": endpoints.salesforce,
        "marketo": endpoints.marketo,
        "mailbox": endpoints.mailbox,
    } == site_urls(tiny.home)
    assert set(status["sites"]) == set(PREFERRED_PORTS)
    assert set(status["sites"]["salesforce"]["records"]) == {"Lead", "Contact", "Account", "Opportunity", "Task"}
    assert "people" in status["sites"]["marketo"]["records"]
    assert "mails" in status["sites"]["mailbox"]["records"]


@pytest.mark.parametrize("site", PREFERRED_PORTS)
def test_a_killed_site_comes_back_on_its_port_with_its_state(tiny: Tiny, site: str) -> None:
    add_person(tiny.home, f"{site}@kept.test")
    before, urls = pid_of(tiny.home, site), site_urls(tiny.home)

    os.kill(before, signal.SIGKILL)

    assert eventually(lambda: (now := read_pid(tiny.home.site_pid(site))) and now.pid != before)
    assert eventually(lambda: cloud.status(tiny.home)["sites"][site]["records"] is not None)
    assert site_urls(tiny.home) == urls
    assert f"{site}@kept.test" in people(tiny.home)


def test_sites_outlive_their_supervisor_and_get_a_new_one(tiny: Tiny) -> None:
    before = {site: pid_of(tiny.home, site) for site in PREFERRED_PORTS}
    supervisor = supervisor_of(tiny.home)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    assert eventually(lambda: supervisor_of(tiny.home) is None)

    cloud.up(tiny.home, assembly=tiny.assembly)

    assert {site: pid_of(tiny.home, site) for site in PREFERRED_PORTS} == before


def test_the_simulators_live_in_the_time_of_the_cloud(tiny: Tiny) -> None:
    def created() -> str:
        url = read_endpoints(tiny.home).marketo
        asked = {"email": f"{cloud.status(tiny.home)['now']}@time.test"}
        return str(requests.post(f"{url}/__sim__/people", json=asked, timeout=10).json()["createdAt"])

    before = created()
    cloud.advance(tiny.home, 40 * 86_400_000)

    assert created()[:7] > before[:7]


def test_down_ends_the_sites_and_up_brings_them_back_as_they_were(tiny: Tiny) -> None:
    add_person(tiny.home, "over@night.test")
    urls = site_urls(tiny.home)
    running = [read_pid(tiny.home.site_pid(site)) for site in PREFERRED_PORTS]

    cloud.down(tiny.home)
    assert not any(process and process.alive for process in running)
    cloud.up(tiny.home, assembly=tiny.assembly)

    assert site_urls(tiny.home) == urls
    assert "over@night.test" in people(tiny.home)
    assert all(site in cloud.status(tiny.home)["sites"] for site in SIMULATORS)


def test_the_mailbox_shows_a_mail_with_its_headers_even_after_the_engine_died(tiny: Tiny) -> None:
    mail_id = send(tiny, "ann@kept.test")
    os.kill(tiny.engine_pid(), signal.SIGKILL)

    (mail,) = mailbox(tiny, to="ann@kept.test")

    assert (mail["id"], mail["from"], mail["to"]) == (mail_id, MAIL.sender, ["ann@kept.test"])
    assert mail["headers"] == {"List-Unsubscribe": "<https://example.com/u/token>"}
    assert mail["tags"] == {"message": "m-1", "lead": "lead_1"}
    assert mail["text"].startswith("Hello")
    assert eventually(lambda: cloud.status(tiny.home)["running"])


def test_a_browser_gets_escaped_pages_and_a_sandboxed_body(tiny: Tiny) -> None:
    mail_id = send(tiny, "bob@page.test")
    url, browser = read_endpoints(tiny.home).mailbox, {"accept": "text/html,*/*"}

    listing = requests.get(f"{url}/?q=bob@page.test", headers=browser, timeout=10)
    message = requests.get(f"{url}/messages/{mail_id}", headers=browser, timeout=10)
    body = requests.get(f"{url}/messages/{mail_id}/html", headers=browser, timeout=10)

    assert "Welcome &lt;b&gt;" in listing.text
    assert "<iframe sandbox" in message.text
    assert "<script>" not in message.text
    assert body.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize(
    ("act", "event"),
    [("deliver", "Delivery"), ("bounce", "Bounce"), ("open", "Open"), ("click", "Click"), ("complain", "Complaint")],
)
def test_what_a_recipient_does_reaches_the_queue_as_the_rules_of_the_bus_bring_it(
    tiny: Tiny, act: str, event: str
) -> None:
    mail_id = send(tiny, f"{act}@acts.test")
    tiny.drained("MailEventsQueueUrl")

    told = requests.post(f"{read_endpoints(tiny.home).mailbox}/__sim__/{act}", json={"id": mail_id}, timeout=10)

    assert told.status_code == 201, told.text
    (body,) = tiny.drained("MailEventsQueueUrl")
    message = json.loads(body)
    assert (message["source"], message["detail"]["eventType"]) == ("aws.ses", event)
    assert message["detail"]["mail"] == {"tags": {"message": ["m-1"], "lead": ["lead_1"]}}
    assert "acts.test" not in body


def test_mail_from_an_address_that_nobody_verified_is_refused_and_not_shown(tiny: Tiny) -> None:
    with pytest.raises(ClientError, match="not verified"):
        send(tiny, "eve@refused.test", sender="eve@elsewhere.test")

    assert mailbox(tiny, to="eve@refused.test") == []
