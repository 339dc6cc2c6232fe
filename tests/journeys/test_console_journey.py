"""The console of the laptop cloud, behind the deployed template, with the token of endpoints.json."""

import re

import pytest
import requests

from tests.journeys.conftest import Laptop

pytestmark = pytest.mark.laptop

FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')


def test_a_lead_that_came_in_is_found_in_the_console(laptop: Laptop) -> None:
    laptop.post_json({"id": "console-1", "email": "console@people.example", "name": "Cora Console"})
    laptop.settle()
    console = laptop.endpoints.console
    assert console is not None
    browser = requests.Session()

    def form(path: str, form_token: str, **fields: str) -> requests.Response:
        return browser.post(console + path, data={"form_token": form_token, **fields}, timeout=60)

    login = browser.get(f"{console}/", timeout=60)
    assert login.url == f"{console}/login"
    home = form("/login", FORM_TOKEN.findall(login.text)[0], token=laptop.endpoints.token)
    assert home.url == f"{console}/overview"

    found = form("/leads", FORM_TOKEN.findall(home.text)[0], text="console@people.example")
    lead = found.text.split('href="/console/leads/')[1].split('"')[0]
    page = browser.get(f"{console}/leads/{lead}", timeout=60)

    assert "Cora Console" in page.text
    assert page.headers["cache-control"] == "no-store"
    for path in ("handovers", "sync", "operations"):
        assert browser.get(f"{console}/{path}", timeout=60).status_code == 200
    for script in ("htmx.min.js", "uPlot.iife.min.js"):
        address = next(part for part in page.text.split('"') if part.endswith(f"/{script}"))
        assert browser.get(laptop.endpoints.api + address, timeout=60).status_code == 200
