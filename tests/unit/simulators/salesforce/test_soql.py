import pytest

from tests.unit.simulators.salesforce.world import World, error_of


@pytest.fixture
def people(world: World) -> World:
    """Three leads a minute apart, an account with two contacts."""
    for name, city, size in (("Ann", "Berlin", 10), ("Bob", None, 250), ("O'Neil", "berlin", None)):
        world.lead(name, City=city, NumberOfEmployees=size, Email=f"{name[0].lower()}@example.com")
        world.time.advance(minutes=1)
    account = world.create("Account", Name="Globex")
    for name in ("Eva", "Max"):
        world.create("Contact", LastName=name, AccountId=account)
    return world


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("LastName = 'ann'", ["Ann"]),
        ("LastName = 'O\\'Neil'", ["O'Neil"]),
        ("City = 'BERLIN'", ["Ann", "O'Neil"]),
        ("City != 'Berlin'", ["Bob"]),
        ("City = null", ["Bob"]),
        ("City <> NULL", ["Ann", "O'Neil"]),
        ("NumberOfEmployees > 10", ["Bob"]),
        ("NumberOfEmployees <= 10", ["Ann"]),
        ("LastName LIKE '%n%'", ["Ann", "O'Neil"]),
        ("LastName LIKE 'B_b'", ["Bob"]),
        ("(NOT LastName LIKE 'A%')", ["Bob", "O'Neil"]),
        ("LastName IN ('Ann', 'BOB')", ["Ann", "Bob"]),
        ("LastName NOT IN ('Ann')", ["Bob", "O'Neil"]),
        ("IsConverted = false AND (LastName = 'Ann' OR LastName = 'Bob')", ["Ann", "Bob"]),
        ("SystemModstamp >= 2026-03-10T09:01:00Z", ["Bob", "O'Neil"]),
        ("SystemModstamp > 2026-03-10T10:01:00+01:00", ["O'Neil"]),
        ("CreatedDate = TODAY", ["Ann", "Bob", "O'Neil"]),
        ("CreatedDate < LAST_N_DAYS:7", []),
        ("Owner.Username = 'sync@acme.test' AND Owner.Name LIKE 'Leadspine%'", ["Ann", "Bob", "O'Neil"]),
        ("OwnerId IN (SELECT Id FROM User WHERE LastName = 'Rep')", []),
        ("Lead.LastName = 'Ann'", ["Ann"]),
    ],
)
def test_conditions_choose_records(people: World, where: str, names: list[str]) -> None:
    assert people.values(f"SELECT LastName FROM Lead WHERE {where} ORDER BY LastName") == names  # noqa: S608 - SOQL


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SELECT LastName FROM Lead ORDER BY NumberOfEmployees DESC NULLS LAST", ["Bob", "Ann", "O'Neil"]),
        ("SELECT LastName FROM Lead ORDER BY NumberOfEmployees", ["O'Neil", "Ann", "Bob"]),
        ("select  LastName from Lead order by City nulls last, LastName desc limit 2", ["O'Neil", "Ann"]),
        ("SELECT LastName FROM Lead ORDER BY SystemModstamp ASC LIMIT 1 OFFSET 1", ["Bob"]),
    ],
)
def test_order_limit_and_offset(people: World, text: str, names: list[str]) -> None:
    assert people.values(text) == names


def test_relations_come_nested_and_missing_ones_are_null(people: World) -> None:
    people.create("Contact", LastName="Solo")
    rows = people.query("SELECT Id, Account.Name, Account.Owner.Name FROM Contact ORDER BY LastName")["records"]

    assert rows[0]["Account"]["Name"] == "Globex"
    assert rows[0]["Account"]["attributes"]["type"] == "Account"
    assert rows[0]["Account"]["Owner"]["Name"] == "Leadspine Sync"
    assert rows[2]["Account"] is None


def test_children_come_as_an_inner_answer(people: World) -> None:
    row = people.query("SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName DESC) FROM Account")["records"][0]
    assert [child["LastName"] for child in row["Contacts"]["records"]] == ["Max", "Eva"]


def test_counting_and_grouping(people: World) -> None:
    assert people.query("SELECT COUNT() FROM Lead") == {"totalSize": 3, "done": True, "records": []}
    groups = people.query("SELECT Status, COUNT(Id) many, MAX(NumberOfEmployees) FROM Lead GROUP BY Status")["records"]
    assert groups == [
        {"attributes": {"type": "AggregateResult"}, "Status": "Open - Not Contacted", "many": 3, "expr0": 250}
    ]


def test_all_fields_need_a_limit(people: World) -> None:
    assert "Leadspine_Id__c" in people.query("SELECT FIELDS(ALL) FROM Lead LIMIT 1")["records"][0]
    answer = people.call("GET", "query", params={"q": "SELECT FIELDS(ALL) FROM Lead"})
    assert error_of(answer) == (400, "MALFORMED_QUERY")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT Nope FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELECT Nope.Name FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Nope = 1", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE LastName = 1", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE SystemModstamp > '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Lead WHERE CreatedDate > SOMEDAY", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE City = 'a' AND City = 'b' OR City = 'c'", "MALFORMED_QUERY"),
        ("SELECT FROM Lead", "MALFORMED_QUERY"),
        ("SELECT Id, FROM Lead", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead LIMIT many", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead; DROP", "MALFORMED_QUERY"),
        ("UPDATE Lead", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE " + "(" * 200, "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead FOR UPDATE", "MALFORMED_QUERY"),
    ],
)
def test_what_is_no_query_is_refused(world: World, text: str, code: str) -> None:
    assert error_of(world.call("GET", "query", params={"q": text})) == (400, code)


def test_pages_follow_each_other_until_done_and_cursors_end_after_two_days(world: World) -> None:
    world.act("settings", page_size=2)
    ids = [world.lead() for _ in range(5)]
    first = world.query("SELECT Id FROM Lead ORDER BY Id")
    second = world.call("GET", first["nextRecordsUrl"] + "?q=again").json()
    third = world.call("GET", second["nextRecordsUrl"]).json()

    assert [row["Id"] for page in (first, second, third) for row in page["records"]] == ids
    assert (first["done"], second["done"], third["done"], first["totalSize"]) == (False, False, True, 5)
    world.time.advance(days=2, seconds=1)
    world.log_in()
    assert error_of(world.call("GET", first["nextRecordsUrl"])) == (400, "INVALID_QUERY_LOCATOR")


def test_a_keyset_over_one_shared_stamp_reads_every_record_once(world: World) -> None:
    records = [{"attributes": {"type": "Lead"}, "LastName": f"L{n}", "Company": "C"} for n in range(200)]
    world.call("POST", "composite/sobjects", {"records": records})
    seen: list[str] = []
    condition = ""
    text = "SELECT Id, SystemModstamp FROM Lead {} ORDER BY SystemModstamp, Id LIMIT 70"
    while page := world.query(text.format(condition))["records"]:
        seen += [row["Id"] for row in page]
        stamp = page[-1]["SystemModstamp"].replace("+0000", "Z")
        condition = f"WHERE SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{page[-1]['Id']}')"

    assert len(seen) == len(set(seen)) == 200
