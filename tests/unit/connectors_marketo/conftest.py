"""One fresh subscription per test."""

import pytest

from tests.unit.connectors_marketo.world import World


@pytest.fixture
def world() -> World:
    return World()
