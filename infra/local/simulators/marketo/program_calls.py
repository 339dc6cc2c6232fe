"""Programs, channels and program members, whose status only goes forward."""

from infra.local.simulators.marketo.ask import Ask, Record, Reply, Route, asset_page, page_of, whole_number
from infra.local.simulators.marketo.failures import CallRefused, RecordSkipped
from infra.local.simulators.marketo.journal import Journal
from infra.local.simulators.marketo.people import People
from infra.local.simulators.marketo.stamps import parse_stamp, require_stamp, stamp
from infra.local.simulators.store import Store

READ, WRITE, ASSETS = "Read-Only Lead", "Read-Write Lead", "Read-Only Assets"
_STATUS = 104
_MEMBERS = "program_members"
_WEEK_MS = 7 * 86_400_000


class ProgramCalls:
    """Answers programs and channels (assets) and their members (lead database)."""

    def __init__(self, store: Store, people: People, journal: Journal) -> None:
        self._store = store
        self._people = people
        self._journal = journal

    def routes(self) -> list[Route]:
        """What it serves."""
        return [
            Route("GET", "/rest/asset/v1/programs.json", ASSETS, self.programs),
            Route("GET", "/rest/asset/v1/program/byName.json", ASSETS, self.by_name),
            Route("GET", "/rest/asset/v1/program/{id}.json", ASSETS, self.one_program),
            Route("GET", "/rest/asset/v1/channels.json", ASSETS, self.channels),
            Route("GET", "/rest/v1/programs/{id}/members.json", READ, self.members),
            Route("POST", "/rest/v1/programs/{id}/members/status.json", WRITE, self.set_status),
            Route("POST", "/rest/v1/programs/{id}/members/delete.json", WRITE, self.remove),
            Route("POST", "/rest/v1/leads/programs/{id}/status.json", WRITE, self.set_status_as_before),
            Route("GET", "/rest/v1/leads/programs/{id}.json", READ, self.leads),
            Route("GET", "/rest/v1/leads/{id}/programMembership.json", READ, self.of_lead),
        ]

    def programs(self, ask: Ask) -> Reply:
        """Programs by status and time of the last change."""
        rows = list(self._store.rows("programs").values())
        if ask.one("status"):
            rows = [row for row in rows if row["status"] == ask.one("status")]
        if earliest := ask.one("earliestUpdatedAt"):
            rows = [row for row in rows if (parse_stamp(row["updatedAt"]) or 0) >= require_stamp(earliest)]
        if latest := ask.one("latestUpdatedAt"):
            rows = [row for row in rows if (parse_stamp(row["updatedAt"]) or 0) <= require_stamp(latest)]
        return asset_page(rows, ask)

    def by_name(self, ask: Ask) -> Reply:
        """One program by its name."""
        name = ask.required("name")
        return asset_page([row for row in self._store.rows("programs").values() if row["name"] == name], ask)

    def one_program(self, ask: Ask) -> Reply:
        """One program by its id."""
        row = self._store.get("programs", ask.names["id"])
        return asset_page([row] if row else [], ask)

    def channels(self, ask: Ask) -> Reply:
        """Channels with their statuses in order."""
        return asset_page(list(self._store.rows("channels").values()), ask)

    def members(self, ask: Ask) -> Reply:
        """Members of a program, filtered."""
        program = self._program(ask)
        kind, values = ask.required("filterType"), ask.many("filterValues")
        rows = self._members(program["id"])
        if kind == "leadId":
            rows = [row for row in rows if str(row["leadId"]) in values]
        elif kind == "statusName":
            rows = [row for row in rows if row["statusName"] in values]
        elif kind == "reachedSuccess":
            rows = [row for row in rows if str(row["reachedSuccess"]).lower() in [text.lower() for text in values]]
        elif kind == "updatedAt":
            start, end = require_stamp(ask.required("startAt")), require_stamp(ask.required("endAt"))
            if end - start > _WEEK_MS:
                raise CallRefused("1003", "startAt and endAt are more than 7 days apart")
            rows = [row for row in rows if start <= (parse_stamp(row["updatedAt"]) or 0) <= end]
        else:
            raise CallRefused("1011", kind)
        return page_of([{"seq": seq, **row} for seq, row in enumerate(rows)], ask)

    def _members(self, program_id: int) -> list[Record]:
        return [row for row in self._store.rows(_MEMBERS).values() if row["programId"] == program_id]

    def _program(self, ask: Ask) -> Record:
        row = self._store.get("programs", ask.names["id"])
        if row is None:
            raise CallRefused("1013", "Program")
        return row

    def _steps(self, program: Record) -> dict[str, Record]:
        channels = self._store.rows("channels").values()
        channel = next(row for row in channels if row["name"] == program["channel"])
        return {status["name"]: status for status in channel["progressionStatuses"]}

    def set_status(self, ask: Ask) -> Reply:
        """Set one status for many leads; members are created as needed."""
        rows = self._set(ask, str(ask.body().get("statusName") or ""), "leadId")
        return {"result": [{"seq": seq, **row} for seq, row in enumerate(rows)]}

    def set_status_as_before(self, ask: Ask) -> Reply:
        """The older call for the same, with `status` and `id`."""
        return {"result": self._set(ask, str(ask.body().get("status") or ""), "id")}

    def _set(self, ask: Ask, status: str, key: str) -> list[Record]:
        program = self._program(ask)
        if not status:
            raise CallRefused("1002", "statusName")
        steps = self._steps(program)
        if status not in steps:
            raise CallRefused("1025")

        def one(lead_id: int) -> Record:
            return {key: lead_id, "status": self._advance(ask, program, lead_id, steps, status)}

        return [{key: lead, **row} for lead in ask.ids(key) for row in ask.outcomes([lead], one)]

    def _advance(self, ask: Ask, program: Record, lead_id: int, steps: dict[str, Record], status: str) -> str:
        self._people.need(lead_id)
        place = f"{program['id']}/{lead_id}"
        known = self._store.get(_MEMBERS, place)
        old = known["statusName"] if known else "Not in Program"
        if known and steps[status]["step"] <= steps.get(old, {"step": 0})["step"]:
            raise RecordSkipped("1037")
        now = stamp(ask.now_ms)
        born = {"leadId": lead_id, "programId": program["id"], "membershipDate": now, "acquiredBy": False}
        reached = bool(steps[status]["success"] or (known or {}).get("reachedSuccess"))
        self._store.put(
            _MEMBERS, place, {**(known or born), "statusName": status, "reachedSuccess": reached, "updatedAt": now}
        )
        self._journal.log(
            _STATUS,
            lead_id,
            ask.now_ms,
            writer=ask.writer("syncProgramMemberStatus"),
            primary=program["name"],
            primary_id=program["id"],
            attributes={"Old Status": old, "New Status": status},
        )
        return "updated" if known else "created"

    def remove(self, ask: Ask) -> Reply:
        """Take leads out of a program."""
        program = self._program(ask)

        def one(lead_id: int) -> Record:
            if self._store.get(_MEMBERS, f"{program['id']}/{lead_id}") is None:
                raise RecordSkipped("1013", "Membership")
            self._store.remove(_MEMBERS, f"{program['id']}/{lead_id}")
            return {"leadId": lead_id, "status": "deleted"}

        ids = ask.ids("leadId")
        rows = [{"leadId": lead, **row} for lead in ids for row in ask.outcomes([lead], one)]
        return {"result": [{"seq": seq, **row} for seq, row in enumerate(rows)]}

    def leads(self, ask: Ask) -> Reply:
        """The older call for members: leads with their membership."""
        program, names = self._program(ask), ask.many("fields") or ["id", "email", "firstName", "lastName"]
        rows = []
        for member in self._members(program["id"]):
            lead = self._people.get(member["leadId"])
            if lead is not None:
                shown = {name: self._people.value(lead, name) for name in names}
                rows.append({**shown, "membership": _membership(member)})
        return page_of(rows, ask)

    def of_lead(self, ask: Ask) -> Reply:
        """The programs of a lead."""
        lead_id = whole_number(ask.names["id"])
        rows = [row for row in self._store.rows(_MEMBERS).values() if row["leadId"] == lead_id]
        return page_of([{**_membership(row), "id": row["programId"]} for row in rows], ask)


def _membership(member: Record) -> Record:
    return {
        "id": member["leadId"],
        "progressionStatus": member["statusName"],
        "isExhausted": False,
        "acquiredBy": member["acquiredBy"],
        "reachedSuccess": member["reachedSuccess"],
        "membershipDate": member["membershipDate"],
        "updatedAt": member["updatedAt"],
    }
