"""The marketer's desk under `/__sim__/`: people, their fields and activities, and the subscription's switches."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from infra.local.simulators import page
from infra.local.simulators.marketo.access import Identity, Meter
from infra.local.simulators.marketo.ask import Record, Writer
from infra.local.simulators.marketo.failures import RecordSkipped
from infra.local.simulators.marketo.fields import Value
from infra.local.simulators.marketo.journal import CHANGE_SCORE, TYPES, Journal
from infra.local.simulators.marketo.people import People
from infra.local.simulators.marketo.settings import change_settings, read_settings
from infra.local.simulators.marketo.stamps import quota_day, stamp
from infra.local.simulators.store import Store
from infra.local.simulators.wire import Answer, Call, json_answer, see_other

HOME = "/__sim__/"
_MENU = {HOME: "People", f"{HOME}switches": "Switches"}
_SHOWN = (
    "email",
    "firstName",
    "lastName",
    "company",
    "leadScore",
    "scoreBand",
    "unsubscribed",
    "consentStatus",
    "updatedAt",
)
_EDITED = (
    "firstName",
    "lastName",
    "email",
    "phone",
    "title",
    "company",
    "country",
    "leadStatus",
    "leadSource",
    "rating",
    "consentStatus",
    "consentDate",
    "consentSource",
    "scoreBand",
)
_PLAYED = (1, 2, 3, 6, 7, 8, 10, 11, 27, 46, 100_001)
_UNSUBSCRIBED = 9
MARKETER = Writer(source="Marketer", reason="Edited in the lead database")
_ROWS = 100


class Desk:
    """Answers people who play the marketer, and tests that want the same by JSON."""

    def __init__(self, store: Store, people: People, journal: Journal, identity: Identity, meter: Meter) -> None:
        self._store = store
        self._people = people
        self._journal = journal
        self._identity = identity
        self._meter = meter

    def answer(self, call: Call, now_ms: int) -> Answer | None:
        """Answer a path below `/__sim__/`; None where there is no such thing."""
        parts = [part for part in f"{call.path}/".removeprefix(HOME).split("/") if part]
        try:
            if call.method in ("GET", "HEAD"):
                return self._read(parts, call, now_ms)
            if call.method != "POST":
                return None
            with self._store.transaction():
                return self._act(parts, call, now_ms)
        except RecordSkipped as skipped:
            return _refused(call, str(skipped))
        except ValueError as error:
            return json_answer({"error": str(error)}, 400)

    def _read(self, parts: list[str], call: Call, now_ms: int) -> Answer | None:
        match parts:
            case []:
                return self._overview(call.query.get("q", ""), now_ms)
            case ["people"]:
                return json_answer({"items": [self._record(lead) for lead in self._people.all()]})
            case ["people", number] if number.isdigit():
                return self._person(self._people.need(int(number)))
            case ["switches"]:
                return self._switches(now_ms)
            case ["settings"]:
                return json_answer(asdict(read_settings(self._store)))
        return None

    def _act(self, parts: list[str], call: Call, now_ms: int) -> Answer | None:
        match parts:
            case ["settings"]:
                return json_answer(asdict(change_settings(self._store, call.json())))
            case ["revoke"]:
                self._identity.revoke()
                return _done(call, f"{HOME}switches", {"revoked": True})
            case ["usage"]:
                self._meter.use_up(int(_data(call).get("calls") or 0), now_ms)
                return _done(call, f"{HOME}switches", {"used": self._meter.used(quota_day(now_ms))})
            case ["people"]:
                lead_id = self._people.create(self._accepted(_data(call)), MARKETER, now_ms)
                return self._after(call, lead_id)
            case ["people", number] if number.isdigit():
                self._people.change(int(number), self._accepted(_data(call)), MARKETER, now_ms)
                return self._after(call, int(number))
            case ["people", number, verb] if number.isdigit() and verb in self._verbs:
                self._verbs[verb](self._people.need(int(number)), _data(call), now_ms)
                return self._after(call, int(number))
        return None

    @property
    def _verbs(self) -> dict[str, Callable[[Record, Mapping[str, Any], int], None]]:
        return {
            "unsubscribe": self._unsubscribe,
            "resubscribe": self._resubscribe,
            "activity": self._log,
            "score": self._score,
            "merge": self._merge,
            "delete": lambda lead, _data, now_ms: self._people.delete(lead["id"], MARKETER, now_ms),
        }

    def _unsubscribe(self, lead: Record, data: Mapping[str, Any], now_ms: int) -> None:
        """The person clicked the link in a mail."""
        why = str(data.get("reason") or "Clicked the unsubscribe link")
        writer = Writer(source="Email unsubscribe", reason="Unsubscribe link")
        self._journal.log(_UNSUBSCRIBED, lead["id"], now_ms, writer=writer, primary="Newsletter", primary_id=1)
        self._people.change(lead["id"], {"unsubscribed": True, "unsubscribedReason": why}, writer, now_ms)

    def _resubscribe(self, lead: Record, _data: Mapping[str, Any], now_ms: int) -> None:
        self._people.change(lead["id"], {"unsubscribed": False, "unsubscribedReason": None}, MARKETER, now_ms)

    def _log(self, lead: Record, data: Mapping[str, Any], now_ms: int) -> None:
        text = str(data.get("type") or "")
        if not text.isdigit() or int(text) not in TYPES:
            raise RecordSkipped("1001", text, "activity type")
        attributes = data.get("attributes")
        details = {str(name): value for name, value in attributes.items()} if isinstance(attributes, dict) else {}
        writer, asset = Writer(source="Marketer", reason="Logged by hand"), str(data.get("asset") or "Welcome pack")
        self._journal.log(int(text), lead["id"], now_ms, writer=writer, primary=asset, primary_id=1, attributes=details)

    def _score(self, lead: Record, data: Mapping[str, Any], now_ms: int) -> None:
        """A campaign's "Change Score" step: it has its own activity, beside the change of the value."""
        points, old = int(data.get("points") or 0), int(lead.get("leadScore") or 0)
        writer = Writer(source="Campaign", reason="Change Score")
        change = {"Change Value": f"{points:+d}", "Old Value": str(old), "New Value": str(old + points)}
        field = self._people.fields["leadScore"]
        log: Record = {"primary": field.display, "primary_id": field.id, "attributes": change}
        self._journal.log(CHANGE_SCORE, lead["id"], now_ms, writer=writer, **log)
        self._people.change(lead["id"], {"leadScore": old + points}, writer, now_ms)

    def _merge(self, lead: Record, data: Mapping[str, Any], now_ms: int) -> None:
        loser = str(data.get("loser") or "")
        if not loser.isdigit() or int(loser) == lead["id"]:
            raise RecordSkipped("1001", loser, "lead id")
        self._people.merge(lead["id"], [int(loser)], MARKETER, now_ms)

    def _accepted(self, data: Mapping[str, Any]) -> dict[str, Value]:
        values, fields = {}, self._people.fields
        for name, value in data.items():
            if name not in fields or fields[name].read_only:
                raise RecordSkipped("1006", name)
            values[name] = fields[name].accept(value)
        return values

    def _after(self, call: Call, lead_id: int) -> Answer:
        lead = self._people.get(lead_id)
        place = f"{HOME}people/{lead_id}" if lead else HOME
        return _done(call, place, self._record(lead) if lead else {"id": lead_id, "deleted": True})

    def _record(self, lead: Record) -> Record:
        return {name: value for name in self._people.fields if (value := self._people.value(lead, name)) is not None}

    def _overview(self, wanted: str, now_ms: int) -> Answer:
        leads = [
            lead for lead in self._people.all() if wanted.lower() in str([lead.get(name) for name in _SHOWN]).lower()
        ]
        rows = [
            [page.link(f"{HOME}people/{lead['id']}", lead["id"]), *(self._people.value(lead, name) for name in _SHOWN)]
            for lead in reversed(leads[-_ROWS:])
        ]
        names = [self._people.fields[name].display for name in _SHOWN]
        used, most = self._meter.used(quota_day(now_ms)), read_settings(self._store).daily_quota
        parts = [
            page.paragraph(
                f"{len(leads)} people. {used} of {most} calls of {quota_day(now_ms)}. It is {stamp(now_ms)}."
            ),
            page.Markup('<form method=get action="/__sim__/">' + page.field("q", wanted, label="Find") + "</form>"),
            page.table(["Id", *names], rows),
            page.form(f"{HOME}people", self._inputs({}, _EDITED[:6]), "Add", title="New person"),
        ]
        return page.page("Marketo simulator", parts, links=_MENU)

    def _inputs(self, lead: Record, names: tuple[str, ...]) -> list[page.Markup]:
        fields = self._people.fields
        return [page.field(name, self._people.value(lead, name), label=fields[name].display) for name in names]

    def _person(self, lead: Record) -> Answer:
        place = f"{HOME}people/{lead['id']}"
        opted_out = bool(lead.get("unsubscribed"))
        kinds = {str(number): TYPES[number][0] for number in _PLAYED}
        parts = [
            page.paragraph(f"Unsubscribed: {lead.get('unsubscribedReason') or 'yes'}", kind="bad")
            if opted_out
            else page.paragraph("Gets mail."),
            page.form(
                f"{place}/resubscribe" if opted_out else f"{place}/unsubscribe", [], _switch(opted_out=opted_out)
            ),
            page.form(place, self._inputs(lead, _EDITED), "Save", title="Fields"),
            page.form(
                f"{place}/activity",
                [page.choice("type", kinds, label="Activity"), page.field("asset", label="Page, form, mail or fair")],
                "Log",
                title="Log an activity",
            ),
            page.form(
                f"{place}/score", [page.field("points", "5", label="Points")], "Change", title="Change the score"
            ),
            page.form(
                f"{place}/merge", [page.field("loser", label="Id of the duplicate")], "Merge", title="Merge into this"
            ),
            page.form(f"{place}/delete", [], "Delete this person"),
            page.table(
                ["When", "Activity", "On", "Field", "Before", "After", "Source"],
                [*map(_line, self._log_of(lead["id"]))],
            ),
        ]
        return page.page(f"Person {lead['id']}: {lead.get('email') or ''}", parts, links=_MENU)

    def _log_of(self, lead_id: int) -> list[Record]:
        return self._journal.of_lead(lead_id, 50)

    def _switches(self, now_ms: int) -> Answer:
        usage = self._meter.usage(now_ms, 7)
        settings = asdict(read_settings(self._store))
        errors = {row["date"]: row["errors"] for row in self._meter.errors(now_ms, 7)}
        rows = [[day["date"], day["total"], _counts(errors[day["date"]])] for day in usage]
        parts = [
            page.table(["Setting", "Value"], settings.items()),
            page.paragraph("Set one: POST JSON to /__sim__/settings. Make it fail: POST JSON to /__sim__/faults."),
            page.form(
                f"{HOME}usage", [page.field("calls", "1000", label="Calls of others")], "Use up", title="Daily quota"
            ),
            page.table(["Day", "Calls", "Errors"], rows),
            page.form(f"{HOME}revoke", [], "Revoke all tokens"),
        ]
        return page.page("Switches", parts, links=_MENU)


def _counts(errors: list[Record]) -> str:
    return ", ".join(f"{error['errorCode']}: {error['count']}" for error in errors)


def _switch(*, opted_out: bool) -> str:
    return "Subscribe again" if opted_out else "Unsubscribe, as by the link in a mail"


def _line(row: Record) -> list[Any]:
    change = row["fields"][0] if row["fields"] else {}
    source = next((item["value"] for item in row["attributes"] if item["name"] == "Source"), "")
    what = [change.get("name"), change.get("oldValue"), change.get("newValue")]
    return [stamp(row["date"]), TYPES[row["kind"]][0], row["primary"], *what, source]


def _data(call: Call) -> Mapping[str, Any]:
    """What a form or a JSON object says."""
    if "json" not in call.headers.get("content-type", ""):
        return call.form
    data = call.json()
    return data if isinstance(data, dict) else {}


def _done(call: Call, place: str, record: Record) -> Answer:
    """Programs get the record, browsers are sent on."""
    return json_answer(record) if "json" in call.headers.get("content-type", "") else see_other(place)


def _refused(call: Call, text: str) -> Answer:
    if "json" in call.headers.get("content-type", ""):
        return json_answer({"error": text}, 422)
    return page.page("Refused", [page.paragraph(text, kind="bad")], links=_MENU, status=422)
