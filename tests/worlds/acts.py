"""What people do in a world: those who fill in forms, sales in Salesforce, marketers in Marketo.

Every act chooses by its own random numbers among what there is; it says what it did, "" for nothing.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from shared.domain.sync.model import MARKETO, SALESFORCE
from tests.worlds.installation import Installation, form

PEOPLE = 6
TITLES = ("CEO", "Head of Finance", "Purchasing Manager", "Student", "Engineer")
FIRST = ("Anna", "Bo", "Chloé", "Łukasz", "Иван")
LAST = ("Ek", "van der Berg", "O'Neill", "Świątek", "Ким")
COUNTRIES = ("DE", "PL", "US", "FR")
STATUSES = ("Accepted", "Working - Contacted", "Rejected", "Nurturing", "Closed - Not Converted")
STAGES = ("Qualification", "Negotiation/Review", "Closed Won", "Closed Lost")

Act = Callable[[Installation, Random], str]


def address(n: int) -> str:
    return f"person{n}@works{n}.de"


def number(rng: Random) -> str:
    """A telephone number, spelled in one of the ways people spell it."""
    digits = f"4915{rng.randrange(10**8):08d}"
    return rng.choice((f"+{digits}", f"+49 15{digits[4:6]} {digits[6:]}", f"0049{digits[2:]}"))


def title(rng: Random) -> str:
    return f"{rng.choice(TITLES)} {rng.randrange(1000)}"


# People themselves.


def fills_in_form(world: Installation, rng: Random) -> str:
    n = rng.randrange(PEOPLE)
    body: dict[str, Any] = form(address(n), consents={"processing": True, "ad.email": rng.random() < 0.9})
    facts = {"phone": number(rng), "title": title(rng), "country": rng.choice(COUNTRIES), "company": f"Works {n}"}
    body |= {name: value for name, value in facts.items() if rng.random() < 0.6}
    if rng.random() < 0.5:
        body |= {"first_name": rng.choice(FIRST), "last_name": rng.choice(LAST)}
    elif rng.random() < 0.5:
        body["name"] = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    if rng.random() < 0.4:
        body |= {"form_id": "demo", "title": f"CEO {rng.randrange(1000)}", "country": "DE"}
    world.post(body)
    return f"{address(n)} fills in {body.get('form_id', 'a form')}"


def leaves_only_a_number(world: Installation, rng: Random) -> str:
    body = {"phone": f"+4915{rng.randrange(3):08d}", "consents": {"processing": True}, "consent_text": "I agree."}
    world.post({**body, "name": f"{rng.choice(FIRST)} {rng.choice(LAST)}"})
    return "somebody leaves a number only"


def withdraws_by_form(world: Installation, rng: Random) -> str:
    n = rng.randrange(PEOPLE)
    world.post({"email": address(n), "consents": {"ad.email": False}})
    return f"{address(n)} withdraws by a form"


def unsubscribes_by_link(world: Installation, rng: Random) -> str:
    tokens = world.mailroom.tokens()
    if not tokens:
        return ""
    world.mailroom.click(rng.choice(tokens))
    return "somebody unsubscribes by the link"


# Sales.


def live(world: Installation, *objects: str) -> list[dict[str, Any]]:
    """Records that sales can work with."""
    return [row for name in objects for row in world.rows(name) if not row.get("IsConverted")]


def _kind(row: dict[str, Any]) -> str:
    return {"00Q": "Lead", "003": "Contact", "006": "Opportunity"}[row["Id"][:3]]


def rep_edits(world: Installation, rng: Random) -> str:
    rows = live(world, "Lead", "Contact")
    if not rows:
        return ""
    row = rng.choice(rows)
    country = "Country" if _kind(row) == "Lead" else "MailingCountry"
    changes: dict[str, Any] = {
        "Phone": rng.choice((number(rng), None)),
        "Title": rng.choice((title(rng), title(rng), None)),
        "FirstName": rng.choice(FIRST),
        "LastName": rng.choice(LAST),
        country: rng.choice(COUNTRIES),
    }
    if _kind(row) == "Lead":
        changes["Company"] = f"Firm {rng.randrange(1000)}"
    chosen = {name: changes[name] for name in rng.sample(sorted(changes), rng.randint(1, 3))}
    world.play(SALESFORCE, "update", object=_kind(row), id=row["Id"], **chosen)
    return f"rep edits {row['Id']} {chosen}"


def rep_changes_address(world: Installation, rng: Random) -> str:
    rows = live(world, "Lead", "Contact")
    if not rows:
        return ""
    row = rng.choice(rows)
    email = rng.choice((f"new{rng.randrange(10**6)}@works9.de", address(rng.randrange(PEOPLE))))
    world.play(SALESFORCE, "update", object=_kind(row), id=row["Id"], Email=email)
    return f"rep changes the address of {row['Id']} to {email}"


def rep_answers(world: Installation, rng: Random) -> str:
    rows = live(world, "Lead")
    if not rows:
        return ""
    row, status = rng.choice(rows), rng.choice(STATUSES)
    world.play(SALESFORCE, "update", object="Lead", id=row["Id"], Status=status)
    return f"rep sets {row['Id']} to {status}"


def rep_converts(world: Installation, rng: Random) -> str:
    rows, contacts = live(world, "Lead"), live(world, "Contact")
    rows = [row for row in rows if not row["OwnerId"].startswith("00G")]
    if not rows:
        return ""
    row = rng.choice(rows)
    given: dict[str, Any] = {"lead_id": row["Id"]}
    if rng.random() < 0.5:
        given["opportunity"] = ""
    shape = rng.choice(("new", "account", "contact"))
    accounts = world.rows("Account")
    if shape == "account" and accounts:
        given["account_id"] = rng.choice(accounts)["Id"]
    same = [contact for contact in contacts if contact["AccountId"] and contact["Email"] == row["Email"]]
    if shape == "contact" and same:
        given |= {"account_id": same[0]["AccountId"], "contact_id": same[0]["Id"]}
    done = world.play(SALESFORCE, "convert", **given)
    return f"rep converts {given} to {done['contact_id']}"


def rep_moves_deal(world: Installation, rng: Random) -> str:
    deals = world.rows("Opportunity")
    if deals and rng.random() < 0.7:
        deal, stage = rng.choice(deals), rng.choice(STAGES)
        amount = rng.choice((None, 12500.0, 99.5))
        world.play(SALESFORCE, "update", object="Opportunity", id=deal["Id"], StageName=stage, Amount=amount)
        return f"rep moves {deal['Id']} to {stage}"
    contacts = [row for row in live(world, "Contact") if row["AccountId"]]
    if not contacts:
        return ""
    contact = rng.choice(contacts)
    what = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2024-03-31", "AccountId": contact["AccountId"]}
    made = world.play(SALESFORCE, "create", object="Opportunity", **what)
    role = {"OpportunityId": made["id"], "ContactId": contact["Id"]}
    world.play(SALESFORCE, "create", object="OpportunityContactRole", **role)
    return f"rep opens {made['id']} with {contact['Id']}"


def rep_deletes(world: Installation, rng: Random) -> str:
    rows = live(world, "Lead", "Contact")
    if not rows:
        return ""
    row = rng.choice(rows)
    world.play(SALESFORCE, "delete", object=_kind(row), id=row["Id"])
    return f"rep deletes {row['Id']}"


def rep_undeletes(world: Installation, rng: Random) -> str:
    org = world.sites[SALESFORCE].store
    rows = [row for name in ("Lead", "Contact") for row in org.rows(name).values() if row["IsDeleted"]]
    held = {row["Leadspine_Id__c"] for row in live(world, "Lead", "Contact")} - {None}
    # What is unique may have been given to another record meanwhile: then Salesforce does not bring it back.
    rows = [row for row in rows if not row["MasterRecordId"] and row["Leadspine_Id__c"] not in held]
    if not rows:
        return ""
    row = rng.choice(rows)
    world.play(SALESFORCE, "undelete", object=_kind(row), id=row["Id"])
    return f"rep undeletes {row['Id']}"


def rep_merges(world: Installation, rng: Random) -> str:
    name = rng.choice(("Lead", "Lead", "Contact"))
    rows = live(world, name)
    if len(rows) < 2:
        return ""
    winner, loser = rng.sample(rows, 2)
    world.play(SALESFORCE, "merge", object=name, master_id=winner["Id"], loser_ids=[loser["Id"]])
    return f"rep merges {loser['Id']} into {winner['Id']}"


def rep_creates(world: Installation, rng: Random) -> str:
    name = rng.choice(("Lead", "Contact"))
    known = rng.random() < 0.7
    email = address(rng.randrange(PEOPLE)) if known else f"own{rng.randrange(10**6)}@works8.de"
    given: dict[str, Any] = {"LastName": rng.choice(LAST), "Email": rng.choice((email, email, email, None))}
    given |= {"FirstName": rng.choice(FIRST)} if rng.random() < 0.6 else {}
    given |= {"Phone": number(rng)} if rng.random() < 0.5 else {}
    given |= {"HasOptedOutOfEmail": True} if rng.random() < 0.15 else {}
    if name == "Lead":
        given["Company"] = f"Firm {rng.randrange(1000)}"
    else:
        given["AccountId"] = world.play(SALESFORCE, "create", object="Account", Name=f"Firm {rng.randrange(9)}")["id"]
    made = world.play(SALESFORCE, "create", object=name, **given)
    return f"rep creates {made['id']} {given}"


def rep_opts_out(world: Installation, rng: Random) -> str:
    rows = live(world, "Lead", "Contact")
    if not rows:
        return ""
    row, out = rng.choice(rows), rng.random() < 0.75
    world.play(SALESFORCE, "update", object=_kind(row), id=row["Id"], HasOptedOutOfEmail=out)
    return f"rep opts {row['Id']} {'out' if out else 'in'}"


def system_job_restamps(world: Installation, rng: Random) -> str:
    name = rng.choice(("Lead", "Contact", "Opportunity"))
    world.play(SALESFORCE, "restamp", object=name)
    return f"a system job touches every {name}"


# Marketers.


def marketo_people(world: Installation) -> list[dict[str, Any]]:
    return list(world.sites[MARKETO].people.all())  # type: ignore[attr-defined]


def marketer_edits(world: Installation, rng: Random) -> str:
    people = marketo_people(world)
    if not people:
        return ""
    person = rng.choice(people)
    changes: dict[str, Any] = {
        "phone": number(rng),
        "title": rng.choice((title(rng), title(rng), None)),
        "firstName": rng.choice(FIRST),
        "lastName": rng.choice(LAST),
        "country": rng.choice(COUNTRIES),
        "leadScore": rng.randrange(100),
    }
    chosen = {name: changes[name] for name in rng.sample(sorted(changes), rng.randint(1, 3))}
    world.play(MARKETO, f"people/{person['id']}", **chosen)
    return f"marketer edits {person['id']} {chosen}"


def marketer_changes_address(world: Installation, rng: Random) -> str:
    people = marketo_people(world)
    if not people:
        return ""
    person, email = (
        rng.choice(people),
        rng.choice((f"moved{rng.randrange(10**6)}@works7.de", address(rng.randrange(PEOPLE)))),
    )
    world.play(MARKETO, f"people/{person['id']}", email=email)
    return f"marketer changes the address of {person['id']} to {email}"


def unsubscribes_in_marketo(world: Installation, rng: Random) -> str:
    people = marketo_people(world)
    if not people:
        return ""
    person, verb = rng.choice(people), rng.choice(("unsubscribe", "unsubscribe", "unsubscribe", "resubscribe"))
    world.play(MARKETO, f"people/{person['id']}/{verb}")
    return f"{verb} {person['id']} in Marketo"


def marketer_creates(world: Installation, rng: Random) -> str:
    email = address(rng.randrange(PEOPLE)) if rng.random() < 0.6 else f"list{rng.randrange(10**6)}@works6.de"
    given: dict[str, Any] = {"email": email, "lastName": rng.choice(LAST)}
    given |= {"phone": number(rng)} if rng.random() < 0.5 else {}
    made = world.play(MARKETO, "people", **given)
    return f"marketer adds {made['id']} {given}"


def marketer_deletes(world: Installation, rng: Random) -> str:
    people = marketo_people(world)
    if not people:
        return ""
    person = rng.choice(people)
    world.play(MARKETO, f"people/{person['id']}/delete")
    return f"marketer deletes {person['id']}"


def marketer_merges(world: Installation, rng: Random) -> str:
    people = marketo_people(world)
    if len(people) < 2:
        return ""
    winner, loser = rng.sample(people, 2)
    world.play(MARKETO, f"people/{winner['id']}/merge", loser=str(loser["id"]))
    return f"marketer merges {loser['id']} into {winner['id']}"


def everybody_at_once(world: Installation, rng: Random) -> str:
    """Both sides change the same field of one person within a second."""
    done = []
    n = rng.randrange(PEOPLE)
    kind = rng.choice(("title", "phone"))
    value = {"title": title, "phone": number}[kind]
    for name in ("Lead", "Contact"):
        for row in [row for row in live(world, name) if row["Email"] == address(n)][:1]:
            world.play(SALESFORCE, "update", object=name, id=row["Id"], **{kind.capitalize(): value(rng)})
            done.append(row["Id"])
    for person in [person for person in marketo_people(world) if person.get("email") == address(n)][:1]:
        world.play(MARKETO, f"people/{person['id']}", **{kind: value(rng)})
        done.append(str(person["id"]))
    if rng.random() < 0.6:
        world.post(form(address(n), **{kind: value(rng)}))
        done.append("form")
    return f"{address(n)}: {kind} changes at {done}" if done else ""


PLAY: dict[str, tuple[Act, int]] = {
    "form": (fills_in_form, 14),
    "number": (leaves_only_a_number, 1),
    "withdraw": (withdraws_by_form, 2),
    "link": (unsubscribes_by_link, 2),
    "rep-edit": (rep_edits, 8),
    "rep-address": (rep_changes_address, 1),
    "answer": (rep_answers, 4),
    "convert": (rep_converts, 3),
    "deal": (rep_moves_deal, 4),
    "rep-delete": (rep_deletes, 2),
    "undelete": (rep_undeletes, 1),
    "rep-merge": (rep_merges, 1),
    "rep-create": (rep_creates, 4),
    "rep-out": (rep_opts_out, 2),
    "restamp": (system_job_restamps, 1),
    "mk-edit": (marketer_edits, 7),
    "mk-address": (marketer_changes_address, 1),
    "mk-out": (unsubscribes_in_marketo, 3),
    "mk-create": (marketer_creates, 3),
    "mk-delete": (marketer_deletes, 1),
    "mk-merge": (marketer_merges, 1),
    "at-once": (everybody_at_once, 5),
}
"""Name → act and how often it comes, beside the others."""
