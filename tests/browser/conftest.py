"""A real browser on the console, with people who came in as real signals. Where screenshots go: BROWSER_SHOTS."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from infra.console_assets import CHECKS
from shared.domain.identity.model import Evidence
from shared.ports.operations import ParkedRecord
from tests.browser.site import Site
from tests.unit.api.world import NOW, World, ann_and_bob, signal
from tests.unit.console.browsing import TOKEN, console_of

HOW = "no Chromium found: apt-get install chromium, or say where it is with CHROMIUM=/path"
AXE = CHECKS / "axe.min.js"
PATIENCE_MS = 20_000
"""What never comes is waited for that long: a busy machine is no failure."""
expect.set_options(timeout=PATIENCE_MS)


def chromium_path() -> str | None:
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    return next((found for name in candidates if name and (found := shutil.which(name))), None)


def pytest_configure(config: pytest.Config) -> None:
    if chromium_path() is None and not hasattr(config, "workerinput"):
        sys.stderr.write(f"\nThe browser tests are left out: {HOW}\n")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if chromium_path() is not None:
        return
    if os.environ.get("CI"):
        pytest.exit(HOW, returncode=1)
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=HOW))  # announced above, and never in CI


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def world() -> World:
    """Ann and Bob, sixty others over four months, and one parked record."""
    made = ann_and_bob()
    for number in range(60):
        email = f"person{number}@many{number % 7}.example"
        made.happen(
            [
                signal(
                    -number * 2880,
                    "form_submitted",
                    email=email,
                    evidence=Evidence.VERIFIED,
                    channel=("Email", "Direct", "Referral")[number % 3],
                    company_domain=f"many{number % 7}.example",
                    profile={"email": email, "name": f"Person {number}"},
                    consents={"processing": True},
                )
            ]
        )
    made.parked.park(
        ParkedRecord(
            parked_id="parked_1",
            code="DECISION.FAILED",
            reason="The rules could not be applied.",
            source="form",
            parked_at=NOW,
            redrive={"queue": "signals", "body": {"delivery_id": "d1"}},
        )
    )
    return made


@pytest.fixture(scope="session")
def site(world: World) -> Iterator[Site]:
    made = Site(console_of(world))
    yield made
    made.close()


class Visitor:
    """A person at a page; remembers everything that went wrong in it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(url) else self.foreign.append(asked.url))

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}/console/{path}")

    def log_in(self) -> None:
        self.go("login")
        self.page.get_by_label("Access token").fill(TOKEN)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url("**/console/overview")

    def violations(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 A and AA."""
        # Evaluated by the test, not by the page: its policy lets no script of others in.
        self.page.evaluate(AXE.read_text())
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found = self.page.evaluate("tags => axe.run({runOnly: tags})", tags)
        return [f"{v['id']}: {node['html'][:200]}" for v in found["violations"] for node in v["nodes"][:3]]

    def keep(self, name: str) -> None:
        """A screenshot for people, when somebody asked for them."""
        folder = os.environ.get("BROWSER_SHOTS")
        if folder:
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


WIDTHS = {"desktop": (1280, 860), "phone": (390, 844)}


@pytest.fixture
def visit(chromium: Chromium, site: Site, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """Parametrised indirectly with (width, scheme); a desktop in daylight without."""
    width, scheme = getattr(request, "param", ("desktop", "light"))
    size = WIDTHS[width]
    context: BrowserContext = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    visitor = Visitor(context.new_page(), site.url)
    yield visitor
    context.close()
    assert visitor.complaints == [], "the browser's console is clean"
    assert visitor.foreign == [], "nothing is asked of anybody else"
