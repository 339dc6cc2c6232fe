"""The real handler of the console, cold-started, on simulated AWS."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.console_assets import BROWSER
from tests.integration.test_api_handlers import LOADED, REGION, aws, handler_of, people_come_in
from tests.unit.console.browsing import Browser

__all__ = ["aws"]


POOL = {
    "USER_POOL_ID": "eu-central-1_Pool",
    "LOGIN_URL": "https://leadspine-1.auth.eu-central-1.amazoncognito.com",
    "LOGIN_CLIENT_ID": "client-1",
    "PUBLIC_URL": "https://console.example",
}


@pytest.fixture
def browser(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Browser:
    secrets: Any = boto3.client("secretsmanager", region_name=REGION)
    monkeypatch.setenv("CONSOLE_SECRET_ARN", secrets.create_secret(Name="console", SecretString="signs")["ARN"])
    monkeypatch.setenv("BROWSER_FOLDER", str(BROWSER))
    for variable, value in POOL.items():
        monkeypatch.setenv(variable, value)
    return Browser(lambda event: handler_of("serve_console").lambda_handler(event, None))


def test_one_person_through_every_page_of_the_deployed_console(browser: Browser) -> None:
    people_come_in()
    serve = handler_of("serve_console").lambda_handler
    browser.console = lambda event: serve(event, None)
    browser.get("/console/login")
    assert browser.post("/console/login", token="service-token").status == 303

    browser.get("/console/leads")
    found = browser.post("/console/leads", text="ann@acme.example").body
    lead = found.split('href="/console/leads/')[1].split('"')[0]

    for page in ("overview", "leads", f"leads/{lead}", f"leads/{lead}/timeline", "handovers", "sync", "operations"):
        assert browser.get(f"/console/{page}").status == 200, page
    assert browser.post("/console/sync/marketo/pause").status == 303
    assert "Paused" in browser.get("/console/sync").body


def test_the_deployed_console_sends_people_to_the_pages_of_its_pool(browser: Browser) -> None:
    offered, away = browser.get("/console/login"), browser.get("/console/login/cognito")

    assert 'href="/console/login/cognito"' in offered.body
    assert away.status == 303
    assert away.headers["location"].startswith(f"{POOL['LOGIN_URL']}/oauth2/authorize?")


def test_a_cold_start_loads_only_what_every_page_needs(browser: Browser) -> None:
    heavy = ["duckdb", "phonenumbers", "yaml", "jwt", "tldextract"]
    code = LOADED.format(function="serve_console", heavy=heavy)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path.cwd())

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
