"""Where there are login pages: what a function is told decides."""

from dataclasses import replace

import pytest

from functions.serve_console.settings import Settings
from shared.adapters.memory.clock import MemoryClock
from shared.runtime.bootstrap.serve_console import login_pages
from tests.unit.console.identity_provider import query_of

NAMES = (
    "leads_table_name", "ledger_table_name", "ops_table_name", "sync_table_name", "engagement_table_name",
    "lake_bucket_name", "signals_queue_url", "lake_queue_url", "remote_changes_queue_url", "salesforce_out_queue_url",
    "marketo_out_queue_url", "messages_queue_url", "mail_events_queue_url", "identity_secret_arn",
    "console_secret_arn", "api_token_secret_arn",
)  # fmt: skip

DEPLOYED = Settings(
    **dict.fromkeys(NAMES, "name"),
    user_pool_id="eu-central-1_Pool",
    login_url="https://leadspine-1.auth.eu-central-1.amazoncognito.com",
    login_client_id="client-1",
    public_url="https://abc.execute-api.eu-central-1.amazonaws.com",
)


def test_a_deployment_has_the_pages_of_its_pool_and_is_led_back_to_itself() -> None:
    pages = login_pages(DEPLOYED, MemoryClock(0))

    assert pages
    away = pages().login_url(state="s", nonce="n", challenge="c")
    assert away.startswith(f"{DEPLOYED.login_url}/oauth2/authorize?")
    assert query_of(away)["redirect_uri"] == f"{DEPLOYED.public_url}/console/login/callback"
    assert query_of(away)["client_id"] == "client-1"
    assert query_of(pages().logout_url())["logout_uri"] == f"{DEPLOYED.public_url}/console/login"
    assert pages() is pages(), "so the keys of the pool are kept between logins"


@pytest.mark.parametrize("missing", ["user_pool_id", "login_url", "login_client_id", "public_url"])
def test_without_one_of_the_names_there_is_the_token_alone(missing: str) -> None:
    assert login_pages(replace(DEPLOYED, **{missing: ""}), MemoryClock(0)) is None


def test_a_simulated_aws_has_a_pool_and_no_pages() -> None:
    assert login_pages(replace(DEPLOYED, aws_endpoint_url="http://127.0.0.1:4566"), MemoryClock(0)) is None
