"""An unmodified third-party client works against the Marketo simulator as it does against the vendor.

The client (marketorestpython) paces itself at five calls a second, so each test makes few of them.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from marketorestpython.client import MarketoClient
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from infra.local.simulators.marketo.starting import CLIENT_ID, CLIENT_SECRET

REPOSITORY = Path(__file__).resolve().parents[2]
DAY = timedelta(days=1)


class Served:
    """A simulator process and what a test needs of it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self._clock = folder / "clock"

    def client(self) -> MarketoClient:
        client = MarketoClient("123-ABC-456", CLIENT_ID, CLIENT_SECRET, max_retry_time=2)
        client.host = self.url
        return client

    def pass_time(self, time_passed: timedelta) -> None:
        before = int(self._clock.read_text())
        self._clock.write_text(str(before + int(time_passed.total_seconds() * 1000)))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("marketo")
    (folder / "clock").write_text("0")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--state", str(folder / "state"), "--port", str(port), "--clock", str(folder / "clock")]
    process = subprocess.Popen([sys.executable, "-m", "infra.local.simulators.marketo", *options], cwd=REPOSITORY)
    try:
        _wait_for(f"http://127.0.0.1:{port}/__sim__/")
        yield Served(folder, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str) -> None:
    patient = requests.Session()
    patient.trust_env = False
    patient.mount("http://", HTTPAdapter(max_retries=Retry(connect=100, backoff_factor=0.1, backoff_max=0.2)))
    assert patient.get(url, timeout=10).ok


def call(client: MarketoClient, method: str, **options: Any) -> Any:
    return client.execute(method=method, **options)


def instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_people_are_created_updated_read_merged_and_deleted(served: Served) -> None:
    client = served.client()
    token = call(client, "get_paging_token", sinceDatetime=instant(datetime.now(UTC) - DAY))

    made = call(
        client, "create_update_leads", leads=[{"email": "a@example.com", "firstName": "A"}, {"email": "b@x.io"}]
    )
    again = call(client, "create_update_leads", leads=[{"email": "a@example.com", "firstName": "A2"}])
    refused = call(client, "create_update_leads", leads=[{"email": "a@example.com"}], action="createOnly")

    winner, loser = (row["id"] for row in made)
    assert [row["status"] for row in (*made, *again)] == ["created", "created", "updated"]
    assert (refused[0]["status"], refused[0]["reasons"][0]["code"]) == ("skipped", "1005")
    (lead,) = call(client, "get_lead_by_id", id=winner)
    assert set(lead) == {"id", "email", "updatedAt", "createdAt", "lastName", "firstName"}
    ids = [str(winner), str(loser)]
    assert len(call(client, "get_multiple_leads_by_filter_type", filterType="id", filterValues=ids, batchSize=1)) == 2
    assert call(client, "merge_lead", id=winner, leadIds=[loser]) is True
    assert call(client, "delete_lead", id=[winner])[0]["status"] == "deleted"
    gone = call(client, "get_deleted_leads", nextPageToken=token)
    assert [row["leadId"] for row in gone] == [loser, winner]


def test_the_log_tells_new_people_and_changed_values(served: Served) -> None:
    client = served.client()
    token = call(client, "get_paging_token", sinceDatetime=instant(datetime.now(UTC)))
    (made,) = call(client, "create_update_leads", leads=[{"email": "log@example.com", "firstName": "A"}])
    call(client, "create_update_leads", leads=[{"email": "log@example.com", "firstName": "A2"}])

    changes = call(client, "get_lead_changes", fields=["firstName"], nextPageToken=token)
    created = call(client, "get_lead_activities", activityTypeIds=["12"], nextPageToken=token)

    values = [field["newValue"] for row in changes if row["leadId"] == made["id"] for field in row["fields"]]
    assert values == ["A2"]
    assert made["id"] in [row["leadId"] for row in created]
    assert all(row["activityDate"].endswith("Z") for row in created)
    assert {1, 12, 13, 37} <= {kind["id"] for kind in call(client, "get_activity_types")}


def test_lists_programs_and_crm_objects_take_a_person_in(served: Served) -> None:
    client = served.client()
    (made,) = call(client, "create_update_leads", leads=[{"email": "member@example.com"}])
    newsletter, program = call(client, "get_multiple_lists")[0], call(client, "browse_programs")[0]

    added = call(client, "add_leads_to_list", listId=newsletter["id"], id=[made["id"]])
    status = call(client, "change_lead_program_status", id=program["id"], leadIds=[made["id"]], status="Member")
    deal = call(client, "create_update_opportunities", input=[{"externalOpportunityId": "006A", "name": "Big"}])
    buyer = {"externalOpportunityId": "006A", "leadId": made["id"], "role": "Buyer"}
    role = call(client, "create_update_opportunities_roles", input=[buyer])

    assert [rows[0]["status"] for rows in (added, status, deal, role)] == ["added", "created", "created", "created"]
    assert call(client, "get_daily_usage")[0]["total"] > 0


def test_a_bulk_extract_completes_on_the_clock_of_the_laptop_cloud(served: Served) -> None:
    client = served.client()
    call(client, "create_update_leads", leads=[{"email": "bulk@example.com"}])
    now = datetime.now(UTC)
    window = {"startAt": instant(now - DAY), "endAt": instant(now + DAY)}

    (job,) = call(client, "create_leads_export_job", fields=["id", "email"], filters={"createdAt": window})
    (queued,) = call(client, "enqueue_leads_export_job", job_id=job["exportId"])
    served.pass_time(timedelta(minutes=3))

    (done,) = call(client, "get_leads_export_job_status", job_id=job["exportId"])
    assert (queued["status"], done["status"]) == ("Queued", "Completed")
    file = call(client, "get_leads_export_job_file", job_id=job["exportId"])
    assert file.startswith(b"id,email\n")
    assert b"bulk@example.com" in file


def test_a_file_is_imported_as_multipart(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,firstName\nimported@example.com,Imp\n")

    (batch,) = call(served.client(), "import_lead", file=str(file), format="csv")

    assert batch["status"] == "Queued"


def test_a_token_near_its_end_is_fetched_anew(served: Served) -> None:
    client = served.client()
    client.token, client.valid_until = "bad", time.time() + 30

    assert call(client, "describe")

    assert client.token != "bad"
    assert client.expires_in <= 3600
