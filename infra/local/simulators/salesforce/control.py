"""What happens in Salesforce without its API: sales people at work, administrators, and their pages under `/__sim__/`.

A form (urlencoded) is answered with the page it came from, JSON with JSON. These calls are not counted, and no fault
switch hits them. `as` names the user who acts; without it the first sales person does.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from infra.local.simulators.salesforce import pages
from infra.local.simulators.salesforce.conversion import Conversion, convert, merge
from infra.local.simulators.salesforce.errors import SalesforceError
from infra.local.simulators.salesforce.oauth import OAuth
from infra.local.simulators.salesforce.org import Actor, Org
from infra.local.simulators.salesforce.schema import SObject
from infra.local.simulators.salesforce.seed import SALES_USERNAMES, register_app
from infra.local.simulators.salesforce.values import parse_moment
from infra.local.simulators.salesforce.writing import create, delete, undelete, update
from infra.local.simulators.site import CONTROL
from infra.local.simulators.wire import Answer, BadBody, Call, json_answer, see_other

Act = Callable[["Control", dict[str, Any]], Any]


class Control:
    """Pages, and acts of people."""

    def __init__(self, org: Org, oauth: OAuth) -> None:
        self._org = org
        self._oauth = oauth

    def answer(self, call: Call) -> Answer | None:
        """A page, or an act; None where there is neither."""
        parts = [part for part in call.path.removeprefix(CONTROL.rstrip("/")).split("/") if part]
        if call.method in ("GET", "HEAD"):
            return self._page(parts, call)
        act = _ACTS.get(parts[0]) if call.method == "POST" and len(parts) == 1 else None
        return self._acted(call, act) if act else None

    def _page(self, parts: list[str], call: Call) -> Answer | None:
        try:
            match parts:
                case []:
                    return pages.overview(self._org)
                case ["records", name]:
                    return pages.listing(self._org, self._org.find_object(name), call.query.get("q", ""))
                case ["records", name, record_id]:
                    return pages.record(
                        self._org, self._org.find_object(name), record_id, call.query.get("problem", "")
                    )
        except SalesforceError as error:
            return error.answer()
        return None

    def _acted(self, call: Call, act: Act) -> Answer:
        is_form = "form-urlencoded" in call.headers.get("content-type", "")
        try:
            given = call.form if is_form else call.json()
            with self._org.store.transaction():
                done = act(self, dict(given or {}))
        except SalesforceError as error:
            return pages.back(call, error.message) if is_form else error.answer()
        except (BadBody, KeyError, TypeError, ValueError) as error:
            return json_answer({"error": f"{type(error).__name__}: {error}"}, 400)
        return see_other(pages.after(done)) if is_form else json_answer(done)

    def _actor(self, given: dict[str, Any]) -> Actor:
        name = given.pop("as", "") or SALES_USERNAMES[0]
        for row in self._org.store.rows("User").values():
            if name in (row["Username"], row["Id"]):
                return Actor(user_id=row["Id"], administrator=True)
        raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", f"no user {name}")

    def _item(self, given: dict[str, Any]) -> SObject:
        return self._org.find_object(str(given.pop("object")))

    # Acts. Each takes what the form or the JSON said and returns what came of it.

    def create(self, given: dict[str, Any]) -> Any:
        """Create a record: {object, as?, …fields}."""
        actor, item = self._actor(given), self._item(given)
        return {"object": item.name, "id": create(self._org, item, given, actor)}

    def update(self, given: dict[str, Any]) -> Any:
        """Change a record: {object, id, as?, …fields}."""
        actor, item, record_id = self._actor(given), self._item(given), str(given.pop("id"))
        update(self._org, item, record_id, given, actor)
        return {"object": item.name, "id": record_id}

    def delete(self, given: dict[str, Any]) -> Any:
        """Delete a record: {object, id, as?}."""
        actor, item = self._actor(given), self._item(given)
        delete(self._org, item, str(given["id"]), actor)
        return {"object": item.name, "id": None}

    def undelete(self, given: dict[str, Any]) -> Any:
        """Bring a record back: {object, id, as?}."""
        actor, item = self._actor(given), self._item(given)
        undelete(self._org, item, str(given["id"]), actor)
        return {"object": item.name, "id": given["id"]}

    def convert(self, given: dict[str, Any]) -> Any:
        """Convert a lead: {lead_id, status?, account_id?, contact_id?, opportunity? ("" makes none), as?}."""
        actor = self._actor(given)
        kept = {name: value for name, value in given.items() if value != "" or name == "opportunity"}
        done = convert(self._org, Conversion(**kept), actor)
        return {"object": "Contact", "id": done.contact_id, **asdict(done)}

    def merge(self, given: dict[str, Any]) -> Any:
        """Merge records: {object, master_id, loser_ids, as?}."""
        actor, item = self._actor(given), self._item(given)
        losers = given["loser_ids"]
        listed = [one.strip() for one in losers.split(",")] if isinstance(losers, str) else list(losers)
        return {"object": item.name, "id": merge(self._org, item, str(given["master_id"]), listed, actor)}

    def restamp(self, given: dict[str, Any]) -> Any:
        """A system job touches records: only SystemModstamp moves: {object, id?}."""
        item = self._item(given)
        rows = [row for row in self._org.rows(item).values() if given.get("id") in (None, row["Id"])]
        for row in rows:
            self._org.put(item, {**row, "SystemModstamp": self._org.stamp})
        return {"object": item.name, "id": given.get("id"), "count": len(rows)}

    def empty_bin(self, _given: dict[str, Any]) -> Any:
        """Purge what was deleted more than 15 days ago; {all: true} purges everything deleted."""
        limit = self._org.now - timedelta(days=0 if _given.get("all") else 15)
        gone = 0
        for name in ("Lead", "Contact", "Account", "Opportunity", "Task", "Campaign", "CampaignMember"):
            for row in list(self._org.store.rows(name).values()):
                if row["IsDeleted"] and parse_moment(row["SystemModstamp"]) <= limit:
                    self._org.store.remove(name, row["Id"])
                    gone += 1
        return {"count": gone}

    def end_sessions(self, _given: dict[str, Any]) -> Any:
        """End all sessions: the next call of every client gets INVALID_SESSION_ID."""
        self._oauth.end_sessions()
        return {}

    def settings(self, given: dict[str, Any]) -> Any:
        """Change settings of the org; answers with all of them."""
        return self._org.change_settings(given)

    def rights(self, given: dict[str, Any]) -> Any:
        """What the sync user may not: {hidden: ["Lead.Title", "Campaign"], read_only: ["Lead.Phone"]}."""
        self._org.set_rights(hidden=given.get("hidden", ()), read_only=given.get("read_only", ()))
        return {kind: sorted(self._org.rights(kind)) for kind in ("hidden", "read_only")}

    def fields(self, given: dict[str, Any]) -> Any:
        """Make a custom field: {object, name, type?, length?, external_id?, unique?, picks?, restricted?}."""
        name = str(given.pop("object"))
        self._org.add_field(name, **given)
        return {"object": name, "field": given["name"]}

    def apps(self, given: dict[str, Any]) -> Any:
        """Make or replace a connected app: {client_id, secret, run_as?, public_key?, refresh_tokens?}."""
        client_id = str(given.pop("client_id"))
        register_app(self._org, client_id, **given)
        return {"client_id": client_id}


_ACTS: Mapping[str, Act] = {
    "create": Control.create,
    "update": Control.update,
    "delete": Control.delete,
    "undelete": Control.undelete,
    "convert": Control.convert,
    "merge": Control.merge,
    "restamp": Control.restamp,
    "empty-bin": Control.empty_bin,
    "end-sessions": Control.end_sessions,
    "settings": Control.settings,
    "rights": Control.rights,
    "fields": Control.fields,
    "apps": Control.apps,
}
