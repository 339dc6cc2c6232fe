import pytest

from tests.unit.simulators.salesforce.world import World


@pytest.fixture
def world() -> World:
    return World()
