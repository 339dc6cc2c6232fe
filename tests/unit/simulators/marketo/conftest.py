"""One fresh subscription per test."""

import pytest

from tests.unit.simulators.marketo.subscription import Subscription


@pytest.fixture
def marketo() -> Subscription:
    return Subscription()
