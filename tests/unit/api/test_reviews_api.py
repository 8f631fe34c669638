"""Reviews over HTTP: as JSON and as Markdown, of what is over and of what is not."""

from datetime import timedelta

import msgspec
import pytest

from alerting.directives.judgement import Judgement, judgement_id
from alerting.incidents.model import IncidentState, TimelineEntry, Transition
from streams.feedback import Feedback, Verdict
from tests.fakes.api_house import ApiHouse, api_house
from tests.fakes.clock import START, FakeClock
from tests.fakes.storyboard import LOGIN, REFUNDS, incident_at, storyboard

REVIEW = f"/api/v1/incidents/{REFUNDS}/review"


async def test_a_review_says_how_long_each_step_took() -> None:
    store = storyboard(START)
    store.add(store.incidents[REFUNDS], TimelineEntry(REFUNDS, START, Transition.ACKNOWLEDGED, "jo", "Acknowledged"))
    async with api_house(store=store) as house:
        answer = await house.api.get(REVIEW)

    review = answer.json()
    steps = {one["step"]: one for one in review["milestones"]}
    assert (answer.status, review["preliminary"]) == (200, True)
    # opened 11 minutes ago, two after its onset
    assert (steps["detected"]["took_seconds"], steps["acknowledged"]["since_onset_seconds"]) == (120.0, 780.0)
    assert (steps["fixed"]["at"], steps["fixed"]["because"]) == (None, "it is not resolved")


async def test_what_is_over_is_not_preliminary_and_names_what_it_was_like() -> None:
    over = incident_at(START, id="inc_01JGV9AGAIN0000000000000", state=IncidentState.RESOLVED)
    store = storyboard(START)
    store.add(over)
    async with api_house(store=store, clock=FakeClock()) as house:
        review = (await house.api.get(f"/api/v1/incidents/{over.id}/review")).json()

    assert not review["preliminary"]
    assert (review["alike"][0]["id"], review["alike"][0]["likeness"]) == (REFUNDS, 1.0)
    assert review["aftermath"]["held"] == "too_early"


async def test_what_people_said_of_its_pages_is_in_it() -> None:
    name = judgement_id(Verdict.FALSE_ALARM, "refunds", REFUNDS)
    said = Feedback(name, Verdict.FALSE_ALARM, START, "jo", incident=REFUNDS, note="a test")
    store = storyboard(START)
    store.kept[name] = Judgement(name, "refunds", said, "jo", START, START)
    async with api_house(store=store) as house:
        review = (await house.api.get(REVIEW)).json()

    assert [(one["verdict"], one["by"], one["note"]) for one in review["feedback"]] == [("false_alarm", "jo", "a test")]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/markdown", "text/markdown; charset=utf-8"),
        ("application/json", "application/json"),
        ("text/markdown;q=0.5, application/json", "application/json"),
        ("text/markdown, */*;q=0.1", "text/markdown; charset=utf-8"),
        ("text/markdown;q=never", "application/json"),
        ("*/*", "application/json"),
    ],
)
async def test_the_caller_chooses_the_form(accept: str, kind: str) -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.get(REVIEW, Accept=accept)

    assert answer.headers["content-type"] == kind
    assert answer.headers["vary"] == "Accept"


async def test_the_address_ends_in_md_where_no_header_can_be_set() -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.get(f"{REVIEW}.md")

    assert answer.text.startswith("# Acme Refunds: surge of angry mentions\n")
    assert answer.headers["content-disposition"] == f'inline; filename="review-{REFUNDS}.md"'


async def test_an_unknown_incident_has_no_review() -> None:
    async with api_house() as house:
        missing = [await house.api.get(f"/api/v1/incidents/inc_none/review{end}") for end in ("", ".md")]

    assert [answer.status for answer in missing] == [404, 404]


async def test_what_was_told_is_unknown_once_it_is_forgotten() -> None:
    store = storyboard(START)
    old = msgspec.structs.replace(store.incidents[LOGIN], opened_at=START - timedelta(days=100))
    store.incidents[LOGIN] = old
    store.outbox = [one for one in store.outbox if one.incident != LOGIN]

    async def told(house: ApiHouse, incident: str) -> object:
        return (await house.api.get(f"/api/v1/incidents/{incident}/review")).json()["told"]

    async with api_house(store=store, clock=FakeClock()) as house:
        assert await told(house, LOGIN) is None
        assert await told(house, REFUNDS) is not None
