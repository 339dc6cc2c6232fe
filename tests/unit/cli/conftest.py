"""What every test of the command line starts from: no deployment is named by the environment."""

import pytest

from infra.cli.target import TOKEN_VARIABLE, URL_VARIABLE


@pytest.fixture(autouse=True)
def _no_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
