"""A company with people, sales and costs, and a browser logged in there. Modules with another world make their own."""

import pytest

from tests.unit.api.world import World
from tests.unit.console.browsing import Browser, console_of
from tests.unit.console.earning import earning


@pytest.fixture(scope="module")
def world() -> World:
    return earning()


@pytest.fixture(scope="module")
def browser(world: World) -> Browser:
    made = Browser(console_of(world))
    made.log_in()
    return made
