"""Static lists and smart campaigns: membership, and asking a campaign to run."""

from collections.abc import Callable

from infra.local.simulators.marketo.ask import Ask, Record, Reply, Route, asset_page, page_of, whole_number
from infra.local.simulators.marketo.failures import CallRefused, RecordSkipped
from infra.local.simulators.marketo.fields import DEFAULT_FIELDS
from infra.local.simulators.marketo.journal import Journal
from infra.local.simulators.marketo.people import People
from infra.local.simulators.marketo.stamps import stamp
from infra.local.simulators.store import Store

READ, WRITE = "Read-Only Lead", "Read-Write Lead"
_ADDED, _REMOVED, _REQUESTED = 24, 25, 47
_MEMBERS = "list_members"


class ListCalls:
    """Answers `/rest/v1/lists`, `/rest/v1/campaigns` and their asset sides."""

    def __init__(self, store: Store, people: People, journal: Journal) -> None:
        self._store = store
        self._people = people
        self._journal = journal

    def routes(self) -> list[Route]:
        """What it serves."""
        return [
            Route("GET", "/rest/v1/lists.json", READ, self.lists),
            Route("GET", "/rest/v1/lists/{id}.json", READ, self.one_list),
            Route("GET", "/rest/v1/lists/{id}/leads.json", READ, self.members),
            Route("GET", "/rest/v1/list/{id}/leads.json", READ, self.members),
            Route("POST", "/rest/v1/lists/{id}/leads.json", WRITE, self.add),
            Route("DELETE", "/rest/v1/lists/{id}/leads.json", WRITE, self.remove),
            Route("GET", "/rest/v1/lists/{id}/leads/ismember.json", READ, self.is_member),
            Route("GET", "/rest/v1/leads/{id}/listMembership.json", READ, self.of_lead),
            Route("GET", "/rest/asset/v1/staticLists.json", "Read-Only Assets", self.assets),
            Route("GET", "/rest/v1/campaigns.json", "Read-Only Campaign", self.campaigns),
            Route("GET", "/rest/v1/campaigns/{id}.json", "Read-Only Campaign", self.one_campaign),
            Route("POST", "/rest/v1/campaigns/{id}/trigger.json", "Execute Campaign", self.trigger),
            Route("POST", "/rest/v1/campaigns/{id}/schedule.json", "Execute Campaign", self.schedule),
        ]

    def lists(self, ask: Ask) -> Reply:
        """Static lists, filtered by id, name, program or workspace."""
        filters = {"id": "id", "name": "name", "programName": "programName", "workspaceName": "workspaceName"}
        rows = list(self._store.rows("lists").values())
        for parameter, key in filters.items():
            if wanted := ask.many(parameter):
                rows = [row for row in rows if str(row.get(key)) in wanted]
        return page_of(rows, ask)

    def one_list(self, ask: Ask) -> Reply:
        """One list; unknown: an empty result."""
        row = self._store.get("lists", ask.names["id"])
        return {"result": [row] if row else []}

    def assets(self, ask: Ask) -> Reply:
        """Static lists as assets."""
        return asset_page(list(self._store.rows("lists").values()), ask)

    def members(self, ask: Ask) -> Reply:
        """The leads of a list."""
        list_id, names = self._list(ask), ask.many("fields") or list(DEFAULT_FIELDS)
        ids = [row["leadId"] for row in self._store.rows(_MEMBERS).values() if row["listId"] == list_id]
        leads = [lead for lead_id in sorted(ids) if (lead := self._people.get(lead_id))]
        return page_of([{name: self._people.value(lead, name) for name in names} for lead in leads], ask)

    def of_lead(self, ask: Ask) -> Reply:
        """The lists of a lead."""
        lead_id = whole_number(ask.names["id"])
        rows = [row for row in self._store.rows(_MEMBERS).values() if row["leadId"] == lead_id]
        return page_of([{"listId": row["listId"], "membershipDate": row["since"]} for row in rows], ask)

    def add(self, ask: Ask) -> Reply:
        """Add leads to a list."""
        return self._each(ask, self._add)

    def remove(self, ask: Ask) -> Reply:
        """Take leads out of a list."""
        return self._each(ask, self._remove)

    def is_member(self, ask: Ask) -> Reply:
        """Who of these leads is in the list."""
        list_id = self._list(ask)

        def one(lead_id: int) -> Record:
            self._people.need(lead_id)
            known = self._store.get(_MEMBERS, f"{list_id}/{lead_id}")
            return {"id": lead_id, "status": "memberof" if known else "notmemberof"}

        return {"result": [{"id": lead, **row} for lead in ask.ids() for row in ask.outcomes([lead], one)]}

    def _each(self, ask: Ask, work: Callable[[Ask, int, int], Record]) -> Reply:
        list_id = self._list(ask)
        results = [
            {"id": lead_id, **row}
            for lead_id in ask.ids()
            for row in ask.outcomes([lead_id], lambda found: work(ask, list_id, found))
        ]
        return {"result": results}

    def _add(self, ask: Ask, list_id: int, lead_id: int) -> Record:
        self._people.need(lead_id)
        key = f"{list_id}/{lead_id}"
        if self._store.get(_MEMBERS, key) is None:
            self._store.put(_MEMBERS, key, {"listId": list_id, "leadId": lead_id, "since": stamp(ask.now_ms)})
            self._log(ask, _ADDED, list_id, lead_id, "addToList")
        return {"id": lead_id, "status": "added"}

    def _remove(self, ask: Ask, list_id: int, lead_id: int) -> Record:
        self._people.need(lead_id)
        key = f"{list_id}/{lead_id}"
        if self._store.get(_MEMBERS, key) is None:
            raise RecordSkipped("1015")
        self._store.remove(_MEMBERS, key)
        self._log(ask, _REMOVED, list_id, lead_id, "removeFromList")
        return {"id": lead_id, "status": "removed"}

    def _log(self, ask: Ask, kind: int, list_id: int, lead_id: int, method: str) -> None:
        name = (self._store.get("lists", str(list_id)) or {}).get("name")
        self._journal.log(kind, lead_id, ask.now_ms, writer=ask.writer(method), primary=name, primary_id=list_id)

    def _list(self, ask: Ask) -> int:
        if self._store.get("lists", ask.names["id"]) is None:
            raise CallRefused("1013", "List")
        return int(ask.names["id"])

    def campaigns(self, ask: Ask) -> Reply:
        """Smart campaigns."""
        rows = list(self._store.rows("campaigns").values())
        for key in ("id", "name", "programName", "workspaceName"):
            if wanted := ask.many(key):
                rows = [row for row in rows if str(row.get(key)) in wanted]
        if ask.one("isTriggerable"):
            rows = [row for row in rows if str(row["isTriggerable"]).lower() == ask.one("isTriggerable").lower()]
        return page_of(rows, ask)

    def one_campaign(self, ask: Ask) -> Reply:
        """One smart campaign; unknown: an empty result."""
        row = self._store.get("campaigns", ask.names["id"])
        return {"result": [row] if row else []}

    def _campaign(self, ask: Ask) -> Record:
        row = self._store.get("campaigns", ask.names["id"])
        if row is None:
            raise CallRefused("1013", "Campaign")
        return row

    def trigger(self, ask: Ask) -> Reply:
        """Ask a trigger campaign to run for some leads."""
        campaign, details = self._campaign(ask), ask.body().get("input")
        if not campaign["isTriggerable"]:
            raise CallRefused("1003", "The campaign has no 'Campaign is Requested' trigger with source Web Service API")
        leads = details.get("leads") if isinstance(details, dict) else None
        if not isinstance(leads, list) or not leads:
            raise CallRefused("1002", "leads")
        if len(leads) > 100:
            raise CallRefused("1003", "Too many leads; the maximum is 100")
        ids = [whole_number(lead.get("id")) for lead in leads if isinstance(lead, dict)]
        if any(self._people.get(lead_id) is None for lead_id in ids):
            raise CallRefused("1004")
        for lead_id in ids:
            self._journal.log(
                _REQUESTED,
                lead_id,
                ask.now_ms,
                writer=ask.writer("requestCampaign"),
                primary=campaign["name"],
                primary_id=campaign["id"],
            )
        return {"result": [{"id": campaign["id"]}]}

    def schedule(self, ask: Ask) -> Reply:
        """Plan a batch campaign's run."""
        campaign = self._campaign(ask)
        if campaign["isTriggerable"]:
            raise CallRefused("1003", "A trigger campaign cannot be scheduled")
        return {"result": [{"id": campaign["id"]}]}
