import re

from tests.unit.simulators.salesforce.world import HOST, World


def form(world: World, name: str, **values: str) -> str:
    """Send a form as a browser does; returns the page it leads to."""
    answer = world.session.post(f"{HOST}/__sim__/{name}", data=values, headers={"Origin": HOST})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_person_finds_a_lead_and_accepts_it(world: World) -> None:
    lead = world.lead("Kowalska")
    world.time.advance(minutes=1)
    page = world.session.get(f"{HOST}/__sim__/records/Lead?q=kowal").text
    assert f"/__sim__/records/Lead/{lead}" in page
    shown = form(world, "update", **{"object": "Lead", "id": lead, "Status": "Accepted", "as": "ria.rep@acme.test"})

    assert "Accepted" in shown
    row = world.get("Lead", lead)
    assert row["Status"] == "Accepted"
    assert world.get("User", row["LastModifiedById"])["Name"] == "Ria Rep"


def test_a_person_converts_a_lead_and_wins_the_opportunity(world: World) -> None:
    lead = world.lead()
    shown = form(world, "convert", lead_id=lead, status="Closed - Converted", account_id="", opportunity="Deal")
    assert "Contact: Kowalska" in shown
    deal = world.values("SELECT Id FROM Opportunity")[0]
    form(world, "update", object="Opportunity", id=deal, StageName="Closed Won")
    assert world.get("Opportunity", deal)["IsWon"] is True


def test_every_page_opens_on_a_phone(world: World) -> None:
    world.act("convert", lead_id=world.lead(), opportunity="Deal")
    world.create("Task", Subject="Call", WhoId=world.lead("<script>alert(1)</script>"))
    overview = world.session.get(f"{HOST}/__sim__/").text
    pages = [overview]
    for url in dict.fromkeys(re.findall(r'href="(/__sim__/records/\w+)"', overview)):
        listing = world.session.get(HOST + url)
        assert listing.status_code == 200
        pages.append(listing.text)
        pages += [
            world.session.get(HOST + link).text
            for link in re.findall(r'href="(/__sim__/records/\w+/\w+)"', listing.text)
        ]
    assert len(pages) > 12
    assert all("width=device-width" in page and "<script>" not in page for page in pages)


def test_a_wrong_value_comes_back_as_a_message_on_the_page(world: World) -> None:
    lead = world.lead()
    page = f"{HOST}/__sim__/records/Lead/{lead}"
    answer = world.session.post(
        f"{HOST}/__sim__/update", data={"object": "Lead", "id": lead, "Email": "x"}, headers={"Referer": page}
    )
    assert "invalid email address" in answer.text


def test_a_page_of_another_site_cannot_act(world: World) -> None:
    headers = {"Origin": "https://evil.example"}
    assert world.session.post(f"{HOST}/__sim__/reset", headers=headers).status_code == 403


def test_unknown_pages_are_not_found(world: World) -> None:
    for path in ("nothing", "records/Nope", "records/Lead/00Q000000000000AAA"):
        assert world.session.get(f"{HOST}/__sim__/{path}").status_code == 404
