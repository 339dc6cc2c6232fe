"""Pages of the org's records, on which a person plays the sales rep: accept, edit, convert, win, lose."""

from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from infra.local.simulators.page import Markup, choice, field, form, link, page, paragraph, table
from infra.local.simulators.salesforce.conversion import CONVERTED_STATUS
from infra.local.simulators.salesforce.org import Org
from infra.local.simulators.salesforce.schema import LEAD_STATUSES, OBJECTS, STAGES, SObject
from infra.local.simulators.salesforce.seed import SALES_USERNAMES
from infra.local.simulators.site import CONTROL
from infra.local.simulators.store import Row
from infra.local.simulators.wire import Answer, Call, see_other

_MENU_OBJECTS = ("Lead", "Contact", "Account", "Opportunity", "Task", "Campaign", "User")
_MENU = {
    CONTROL: "Overview",
    **{f"{CONTROL}records/{name}": OBJECTS[name].plural or f"{name}s" for name in _MENU_OBJECTS},
}
_COLUMNS = {
    "Lead": ("Name", "Company", "Email", "Status", "OwnerId", "Score_Band__c", "LastModifiedDate"),
    "Contact": ("Name", "AccountId", "Email", "OwnerId", "LastModifiedDate"),
    "Account": ("Name", "Type", "Website", "OwnerId", "LastModifiedDate"),
    "Opportunity": ("Name", "AccountId", "StageName", "Amount", "CloseDate", "OwnerId"),
    "Task": ("Subject", "WhoId", "Status", "Priority", "ActivityDate", "OwnerId"),
    "User": ("Name", "Username", "IsActive"),
}
# What a person edits by hand on a record's page.
_EDITABLE = {
    "Lead": ("FirstName", "LastName", "Company", "Title", "Email", "Phone", "HasOptedOutOfEmail"),
    "Contact": ("FirstName", "LastName", "Title", "Email", "Phone", "HasOptedOutOfEmail"),
    "Account": ("Name", "Website", "Phone"),
    "Opportunity": ("Name", "Amount", "CloseDate"),
    "Task": ("Subject", "ActivityDate"),
}
_SHOWN_ROWS = 200


def overview(org: Org) -> Answer:
    """What there is, and the fault switches that are on."""
    counts = [
        (
            link(f"{CONTROL}records/{name}", OBJECTS[name].plural or f"{name}s"),
            sum(not row["IsDeleted"] for row in rows),
        )
        for name in _MENU_OBJECTS
        for rows in [org.store.rows(name).values()]
    ]
    faults = org.faults.listed()
    parts = [paragraph(f"Org time {org.stamp}"), table(("Object", "Records"), counts)]
    if faults:
        rows = [(one["id"], one["kind"], one["method"], one["path"], one["times"] or "until cleared") for one in faults]
        parts += [
            paragraph("Fault switches that are on", kind="bad"),
            table(("Id", "Kind", "Method", "Path", "Times"), rows),
        ]
    lead = [field("LastName"), field("FirstName"), field("Company"), field("Email", kind="email")]
    parts.append(form(f"{CONTROL}create", [_hidden(object="Lead"), *lead, _who(org)], "Create", title="New lead"))
    return page("Salesforce simulator", parts, links=_MENU)


def listing(org: Org, item: SObject, wanted: str) -> Answer:
    """Records of an object, the latest first; `wanted` searches their text."""
    columns = _COLUMNS.get(item.name, ("Name",))
    rows = [row for row in org.rows(item).values() if not row["IsDeleted"] and _contains(row, wanted)]
    rows.sort(key=lambda row: (row["LastModifiedDate"], row["Id"]), reverse=True)
    shown = [
        (link(f"{CONTROL}records/{item.name}/{row['Id']}", row.get(columns[0]) or row["Id"]),
         *(_cell(org, row.get(name)) for name in columns[1:]))
        for row in rows[:_SHOWN_ROWS]
    ]  # fmt: skip
    search = Markup(f"<form method=get>{field('q', wanted, label='Search')}<button>Search</button></form>")
    count = paragraph(f"{len(rows)} records, the latest {min(len(rows), _SHOWN_ROWS)} are shown")
    return page(f"{item.name} records", [search, count, table(columns, shown)], links=_MENU)


def record(org: Org, item: SObject, record_id: str, problem: str = "") -> Answer:
    """One record with everything a sales rep does to it."""
    row = org.get(item, record_id)
    parts = [paragraph(problem, kind="bad")] if problem else []
    parts += _actions(org, item, row)
    values = [(name, _cell(org, row[name])) for name in row if not name.startswith("_") and row[name] is not None]
    parts.append(table(("Field", "Value"), values))
    return page(f"{item.name}: {row.get('Name') or row.get('Subject') or row['Id']}", parts, links=_MENU)


def _actions(org: Org, item: SObject, row: Row) -> list[Markup]:
    if row.get("IsConverted"):
        contact = link(f"{CONTROL}records/Contact/{row['ConvertedContactId']}", "to the contact")
        return [Markup(f"<p>Converted: {contact}</p>")]
    own = _hidden(object=item.name, id=row["Id"])
    parts: list[Markup] = []
    if item.name == "Lead":
        statuses = {name: name for name, converted in LEAD_STATUSES.items() if not converted}
        parts += [
            _edit(
                own, [choice("Status", statuses, row["Status"]), _owner(org, row), _who(org)], "Save status and owner"
            ),
            _edit(own, [_hidden(Status="Accepted"), _who(org)], "Accept this lead"),
            _edit(own, [_hidden(Status="Rejected"), _who(org)], "Reject this lead"),
            _conversion(org, row),
        ]
    if item.name == "Opportunity":
        stages = {name: name for name in STAGES}
        parts.append(_edit(own, [choice("StageName", stages, row["StageName"]), _who(org)], "Move to this stage"))
    if item.name in ("Account", "Contact"):
        parts.append(_new_opportunity(org, row))
    if item.name == "Task":
        parts.append(_edit(own, [_hidden(Status="Completed"), _who(org)], "Mark as completed"))
    if item.name in _EDITABLE:
        inputs = [_input(org, item, row, name) for name in _EDITABLE[item.name]]
        parts.append(_edit(own, [*inputs, _who(org)], "Save", title="Edit"))
        parts.append(form(f"{CONTROL}delete", [own, _who(org)], "Delete this record"))
    return parts


def _edit(own: Markup, fields: list[Markup], button: str, *, title: str = "") -> Markup:
    return form(f"{CONTROL}update", [own, *fields], button, title=title)


def _conversion(org: Org, row: Row) -> Markup:
    accounts = {"": "a new account"} | {
        other["Id"]: other["Name"] for other in org.store.rows("Account").values() if not other["IsDeleted"]
    }
    fields = [
        _hidden(lead_id=row["Id"], status=CONVERTED_STATUS), choice("account_id", accounts, label="Account"),
        field("opportunity", f"{row['Company']}-", label="Opportunity (empty: none)"), _who(org),
    ]  # fmt: skip
    return form(f"{CONTROL}convert", fields, "Convert", title="Convert this lead")


def _new_opportunity(org: Org, row: Row) -> Markup:
    account = row["Id"] if row["Id"].startswith(OBJECTS["Account"].prefix) else row["AccountId"]
    fields = [
        _hidden(object="Opportunity", AccountId=account or ""), field("Name"), field("Amount", kind="number"),
        field("CloseDate", org.stamp[:10], kind="date"), choice("StageName", {name: name for name in STAGES}),
        _who(org),
    ]  # fmt: skip
    return form(f"{CONTROL}create", fields, "Create", title="New opportunity")


def _input(org: Org, item: SObject, row: Row, name: str) -> Markup:
    column = org.fields(item, everything=True)[name.lower()]
    if column.type == "boolean":
        return choice(name, {"true": "yes", "false": "no"}, str(row[name]).lower())
    kinds = {"date": "date", "email": "email"}
    return field(name, row[name], kind=kinds.get(column.type, "text"))


def _hidden(**values: str) -> Markup:
    return Markup(
        "".join(f'<input type=hidden name="{name}" value="{_quoted(value)}">' for name, value in values.items())
    )


def _quoted(value: str) -> str:
    return escape(value, quote=True)


def _who(org: Org) -> Markup:
    users = {row["Username"]: row["Name"] for row in org.store.rows("User").values() if row["IsActive"]}
    return choice("as", users, SALES_USERNAMES[0], label="Acting as")


def _owner(org: Org, row: Row) -> Markup:
    known = [*org.store.rows("User").values(), *org.store.rows("Group").values()]
    return choice("OwnerId", {one["Id"]: one["Name"] for one in known}, row["OwnerId"], label="Owner")


def _cell(org: Org, value: Any) -> Any:
    """A reference as a link with the name of what it points to."""
    if isinstance(value, str) and len(value) == 18:
        for name in (*_MENU_OBJECTS, "Group"):
            target = org.store.get(name, value)
            if target is not None:
                return link(f"{CONTROL}records/{name}/{value}", target.get("Name") or value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _contains(row: Row, wanted: str) -> bool:
    return not wanted or any(wanted.lower() in str(value).lower() for value in row.values())


def after(done: Any) -> str:
    """Where a browser goes after an act: to the record, else to where it was."""
    if isinstance(done, dict) and done.get("object") and done.get("id"):
        return f"{CONTROL}records/{done['object']}/{done['id']}"
    return f"{CONTROL}records/{done['object']}" if isinstance(done, dict) and done.get("object") else CONTROL


def back(call: Call, problem: str) -> Answer:
    """Back to the page of the form, with what was wrong."""
    path = urlsplit(call.headers.get("referer", "")).path
    home = path if path.startswith(CONTROL) else CONTROL
    return see_other(f"{home}?{urlencode({'problem': problem})}")
