"""Sales and marketers at work in the simulators, without anything between them."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from infra.local.demo.definitions import expect
from infra.local.demo.equality import FIELDS
from infra.local.demo.remote import MarketoSubscription, SalesforceOrg
from infra.local.demo.sales import Acts, SalesPlay, total
from infra.local.demo.second_act import first_played_at
from infra.local.demo.story import ACCEPTED, LOST, NURTURING, WAITING, WON, MarketingStory, SalesStory, Story, tell
from infra.local.demo.tables import World
from infra.local.demo.today import FORM, happen_today, with_today
from infra.local.home import Home
from infra.local.simulators.in_process import in_process_session
from infra.local.simulators.marketo.subscription import Marketo
from infra.local.simulators.moment import laptop_clock
from infra.local.simulators.salesforce.api import SalesforceSite
from infra.local.simulators.store import Store
from tests.property.people import RULES_DIRECTORY

NOW = 1_790_000_000_000


@dataclass(frozen=True)
class Stage:
    """Both simulators, and the world's people in them."""

    world: World
    org: SalesforceOrg
    subscription: MarketoSubscription

    def play(self, story: Story) -> SalesPlay:
        return SalesPlay(self.world, story, self.org, self.subscription)

    def lead(self, email: str, item: str = "Lead") -> dict[str, str]:
        fields = ("Id", "Email", "Title", "HasOptedOutOfEmail") + (("Status", "OwnerId") if item == "Lead" else ())
        (found,) = self.org.by_email(item, fields, [email])
        return found


@pytest.fixture
def stage(world: World) -> Stage:
    clock = laptop_clock(None)
    org = SalesforceOrg("http://salesforce", in_process_session(SalesforceSite(Store(), clock)))
    subscription = MarketoSubscription("http://marketo", in_process_session(Marketo(Store(), clock)))
    for person in world.people.values():
        names = {"FirstName": person.first_name, "LastName": person.last_name, "Company": person.company_id}
        org.act("create", object="Lead", Email=person.email, Title=person.title, **names)
        subscription.act("people", email=person.email, title=person.title)
    return Stage(world, org, subscription)


def everybody(world: World, sales: SalesStory, marketing: MarketingStory | None = None) -> Story:
    return Story(
        sales=dict.fromkeys(world.people, sales),
        marketing=dict.fromkeys(world.people, marketing or MarketingStory()),
    )


def test_a_story_is_the_same_for_the_same_world_and_has_everything_in_it(world: World) -> None:
    story = tell(world)

    assert story == tell(world)
    assert {one.answer for one in story.sales.values()} >= {ACCEPTED}
    assert all(one.amount for one in story.sales.values() if one.stage)


def test_a_deal_goes_from_the_answer_to_the_contract(stage: Stage) -> None:
    story = everybody(stage.world, SalesStory(answer=ACCEPTED, amount=5000, stage="Needs Analysis", closing=WON))
    play, count = stage.play(story), len(stage.world.people)

    done = total([play.answer(), play.open_deals(), play.close_deals()])

    assert (done.answered, done.converted, done.won, done.lost) == (count, count, count, 0)
    states = {row.attributes.get("opportunity_state", row.attributes.get("handover")) for row in play.rows}
    assert states == {"accepted", "open", "won"}
    companies = {person.company_id for person in stage.world.people.values()}
    assert len(list(stage.org.query("SELECT Id FROM Account"))) == len(companies)


def test_who_is_sent_back_keeps_no_deal_and_who_waits_stays_as_is(stage: Stage) -> None:
    sent_back = stage.play(everybody(stage.world, SalesStory(answer=NURTURING)))
    waiting = stage.play(everybody(stage.world, SalesStory(answer=WAITING)))

    assert waiting.answer() == Acts()
    assert sent_back.answer().answered == len(stage.world.people)
    assert sent_back.open_deals() == Acts()
    assert {(row.attributes["handover"], row.attributes["stage"]) for row in sent_back.rows} == {
        ("rejected", "recycled")
    }


def test_a_lost_deal_is_lost_once(stage: Stage) -> None:
    play = stage.play(everybody(stage.world, SalesStory(answer=ACCEPTED, amount=1, stage="Prospecting", closing=LOST)))
    play.answer()
    play.open_deals()

    assert play.close_deals().lost == len(stage.world.people)
    assert play.close_deals() == Acts()


def test_a_dispute_is_two_titles_of_one_person_and_happens_once(stage: Stage) -> None:
    story = everybody(stage.world, SalesStory(answer=WAITING, title="A"), MarketingStory(disputed="B"))
    person = next(iter(stage.world.people.values()))

    done = stage.play(story).correct()

    assert done == Acts(disputed=len(stage.world.people))
    (in_marketo,) = stage.subscription.by_email(("id", "title"), [person.email])
    assert (stage.lead(person.email)["Title"], in_marketo["title"]) == ("A", "B")
    assert stage.play(story).correct() == Acts()


def test_people_opt_out_in_both_systems_once(stage: Stage) -> None:
    story = everybody(stage.world, SalesStory(answer=WAITING, opts_out=True), MarketingStory(unsubscribes=True))

    assert stage.play(story).unsubscribe().unsubscribed == 2 * len(stage.world.people)
    assert stage.play(story).unsubscribe() == Acts()


def test_today_is_an_hour_of_known_people_and_follows_what_was(world: World) -> None:
    today = happen_today(world, NOW)
    whole = with_today(world, today)

    assert today.rows
    assert set(today.rows) <= set(world.people)
    assert all(NOW - 3_600_000 <= row.at < NOW for rows in today.rows.values() for row in rows)
    assert all(whole.rows[key][: len(rows)] == rows for key, rows in world.rows.items())
    assert {rows[-1].form_id for rows in today.rows.values()} == {FORM}  # type: ignore[attr-defined]


def test_what_sales_did_moves_the_expected_stage_and_passes_nothing_on_the_way_out(stage: Stage) -> None:
    whole = with_today(stage.world, happen_today(stage.world, NOW))
    before = expect(whole, RULES_DIRECTORY)
    ready = {key for key, person in before.people.items() if person.stage == "sql"}
    assert ready
    back = stage.play(everybody(stage.world, SalesStory(answer=NURTURING)))
    back.answer()
    rows = [row for row in back.rows if row.person_id in ready]

    after = expect(whole, RULES_DIRECTORY, rows)
    won = expect(whole, RULES_DIRECTORY, [replace(row, attributes={"opportunity_state": "won"}) for row in rows])

    assert {after.people[key].stage for key in ready} == {"recycled"}
    assert all("opportunity" not in after.people[key].entered for key in ready)
    assert after.reached["customer"] == before.reached["customer"]
    assert {won.people[key].stage for key in ready} == {"customer"}
    assert after.current["recycled"] == len(ready)


def test_the_comparison_covers_every_field_that_goes_both_ways() -> None:
    fields = yaml.safe_load((RULES_DIRECTORY / "sync.yaml").read_text())["fields"]
    both = {
        (kind, spec["name"])
        for field in fields
        for kind, spec in field["remote"].items()
        if spec.get("direction", "both") == "both"
    }
    kinds = {"salesforce.lead": "lead", "salesforce.contact": "contact", "marketo.person": "marketo"}

    compared = {(kind, getattr(field, short)) for field in FIELDS for kind, short in kinds.items()}

    assert both <= compared


def test_a_world_remembers_when_it_was_played_first(tmp_path: Path, world: World) -> None:
    home = Home(tmp_path)

    assert first_played_at(home, world, NOW) == NOW
    assert first_played_at(home, world, NOW + 1) == NOW
