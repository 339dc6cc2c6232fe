"""What a new org holds: users, a queue, statuses and stages, and the connected app of the sync. No customers."""

from infra.local.simulators.salesforce.ids import make_id
from infra.local.simulators.salesforce.org import Actor, Org
from infra.local.simulators.salesforce.schema import LEAD_STATUSES, OBJECTS, STAGES
from infra.local.simulators.salesforce.writing import create

SYNC_USERNAME = "sync@acme.test"
SALES_USERNAMES = ("sam.sales@acme.test", "ria.rep@acme.test", "mo.manager@acme.test")
CLIENT_ID, CLIENT_SECRET, PASSWORD, REFRESH_TOKEN = "cid", "secret", "pw", "refresh"
_USERS = (
    (SYNC_USERNAME, "Leadspine", "Sync"),
    (SALES_USERNAMES[0], "Sam", "Sales"),
    (SALES_USERNAMES[1], "Ria", "Rep"),
    (SALES_USERNAMES[2], "Mo", "Manager"),
)


def seed(org: Org) -> None:
    """Fill a new org."""
    nobody = Actor(user_id=make_id(OBJECTS["User"].prefix, 1), administrator=True)
    ids = [
        create(
            org, OBJECTS["User"],
            {"Username": username, "Email": username, "FirstName": first, "LastName": last}, nobody,
        )
        for username, first, last in _USERS
    ]  # fmt: skip
    actor = Actor(user_id=ids[0], administrator=True)
    create(org, OBJECTS["Organization"], {"Name": "Acme", "InstanceName": "SIM1"}, actor)
    create(org, OBJECTS["Group"], {"Name": "Inbound leads", "DeveloperName": "Inbound_leads"}, actor)
    for number, (status, converted) in enumerate(LEAD_STATUSES.items(), 1):
        values = {"MasterLabel": status, "ApiName": status, "IsConverted": converted, "SortOrder": number}
        create(org, OBJECTS["LeadStatus"], {**values, "IsDefault": number == 1}, actor)
    for number, (stage, (chance, closed, won, forecast)) in enumerate(STAGES.items(), 1):
        values = {"MasterLabel": stage, "ApiName": stage, "IsActive": True, "IsClosed": closed, "IsWon": won}
        values |= {"DefaultProbability": chance, "SortOrder": number, "ForecastCategoryName": forecast}
        create(org, OBJECTS["OpportunityStage"], values, actor)
    org.store.put("_passwords", ids[0], {"password": PASSWORD})
    register_app(org, CLIENT_ID, secret=CLIENT_SECRET, refresh_tokens={REFRESH_TOKEN: SYNC_USERNAME})


def register_app(
    org: Org, client_id: str, *, secret: str, run_as: str = SYNC_USERNAME, public_key: str = "",
    refresh_tokens: dict[str, str] | None = None,
) -> None:  # fmt: skip
    """Make or replace a connected app. `public_key` (PEM) lets it use the JWT flow."""
    app = {"secret": secret, "run_as": run_as, "public_key": public_key, "refresh_tokens": refresh_tokens or {}}
    org.store.put("_apps", client_id, app)
