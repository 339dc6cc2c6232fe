"""The laptop cloud with the real template: one lead's way through it, `kill -9` on the way, and the command line."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import requests

from infra.local import cloud
from infra.local.home import REPOSITORY, Home
from infra.local.processes import wait_until
from tests.journeys.conftest import Laptop

pytestmark = pytest.mark.laptop

DAY_MS = 86_400_000


def signed_up(laptop: Laptop, identifier: str) -> bool:
    """One attempt of a vendor that repeats until it is told 2xx."""
    payload = {"id": identifier, "email": f"{identifier}@firm.example", "consents": {"processing": True}}
    try:
        return laptop.post_json(payload).ok
    except requests.RequestException:
        return False


def deliver(laptop: Laptop, identifier: str) -> None:
    assert wait_until(lambda: signed_up(laptop, identifier), timeout_s=60, every_s=0.1), identifier


def touches(laptop: Laptop, identifier: str) -> int:
    """Form submissions in the timeline of the one lead with this address."""
    found = laptop.api("POST", "/api/leads/search", json={"email": f"{identifier}@firm.example"}).json()["items"]
    assert len(found) == 1, identifier
    timeline = laptop.api("GET", f"/api/leads/{found[0]['id']}/timeline").json()["items"]
    return sum(item["kind"] == "form_submitted" for item in timeline)


def test_a_webhook_becomes_a_lead_with_a_stage_and_a_score(laptop: Laptop) -> None:
    deliver(laptop, "first")
    laptop.settle()

    lead = laptop.lead("first@firm.example")
    assert lead is not None
    assert lead["stage"]["id"] == "inquiry"
    assert lead["score"]["total"] == sum(line["points"] for line in lead["score"]["lines"])


def test_the_same_delivery_twice_counts_once(laptop: Laptop) -> None:
    for _ in range(2):
        deliver(laptop, "twice")
    laptop.settle()

    assert touches(laptop, "twice") == 1


def kill_the_engine(laptop: Laptop) -> int:
    """Kill it while it runs; returns which process it was."""
    assert laptop.eventually(lambda: cloud.status(laptop.home)["running"])
    engine: int = cloud.status(laptop.home)["processes"]["engine"]
    os.kill(engine, signal.SIGKILL)
    return engine


def test_killing_the_engine_under_load_loses_nothing_and_doubles_nothing(laptop: Laptop) -> None:
    people = [f"kill{n}" for n in range(60)]
    with ThreadPoolExecutor(4) as vendors:
        deliveries = [vendors.submit(deliver, laptop, person) for person in people]
        kills = []
        for accepted in (10, 25, 40):
            deliveries[accepted].result()
            kills.append(kill_the_engine(laptop))
        for delivery in deliveries:
            delivery.result()
    assert laptop.eventually(lambda: cloud.status(laptop.home)["running"])
    laptop.settle()

    assert len(set(kills)) == 3
    assert {person: touches(laptop, person) for person in people} == dict.fromkeys(people, 1)
    assert laptop.api("GET", "/api/parked").json()["items"] == []


def test_advancing_the_clock_moves_what_functions_write(laptop: Laptop) -> None:
    before = laptop.now()
    cloud.advance(laptop.home, 3 * DAY_MS)
    deliver(laptop, "later")
    laptop.settle()

    lead = laptop.lead("later@firm.example")
    assert lead is not None
    assert datetime.fromisoformat(lead["created_at"]).timestamp() * 1000 >= before + 3 * DAY_MS
    assert laptop.clock_offset() >= 3 * DAY_MS


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "own")
    yield home
    cloud.forget(home)


def leadspine(home: Home, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "infra.cli.main", *arguments]
    environment = {**os.environ, "LEADSPINE_HOME": str(home.root)}
    return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)


def test_the_command_line_brings_it_up_lists_sources_and_ctrl_c_brings_it_down(own_home: Home) -> None:
    up = leadspine(own_home, "up")
    assert wait_until(own_home.endpoints.exists, timeout_s=60)

    second, _ = leadspine(own_home, "up", "--detach").communicate(timeout=60)
    listing, _ = leadspine(own_home, "sources", "--json").communicate(timeout=60)
    status, _ = leadspine(own_home, "status", "--json").communicate(timeout=60)
    assert wait_until(lambda: "Ctrl-C" in (up.stdout.readline() if up.stdout else ""), timeout_s=60, every_s=0)
    up.send_signal(signal.SIGINT)
    up.wait(timeout=60)

    named = {source["name"]: source for source in json.loads(listing)}
    assert {"typeform", "tilda", "meta", "standard-webhooks", "json", "form", "segment"} <= set(named)
    assert "?token=" in named["tilda"]["url"]
    assert named["standard-webhooks"]["secret"].startswith("whsec_")
    assert "runs already" in second
    assert json.loads(status)["running"]
    assert up.returncode == 0
    assert not cloud.status(own_home)["running"]
