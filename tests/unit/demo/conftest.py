"""One small world for all tests here: generating it takes a second."""

import pytest

from infra.local.demo.tables import World
from infra.local.demo.world import generate


@pytest.fixture(scope="session")
def world() -> World:
    return generate(leads=15, seed=3)
