import pytest
from msgspec.structs import replace

from alerting.incidents.model import Incident, IncidentState
from streams.events import Direction, Evidence
from tests.fakes.api_house import api_house
from tests.fakes.clock import START
from tests.fakes.memory_store import MemoryStore
from tests.fakes.storyboard import incident_at, storyboard

SILENCE = Evidence(observed=0, expected=300.0, low=300.0, high=300.0, window_seconds=600)


def silent(name: str, *, detector: str = "feed quiet", state: IncidentState = IncidentState.TRIGGERED) -> Incident:
    """Opened eleven minutes ago; nothing came for the two minutes before."""
    incident = incident_at(
        START, id=f"inc_{name}", topic=f"feed/{name}", direction=Direction.QUIET, evidence=SILENCE, state=state
    )
    return replace(incident, detectors=(detector,))


def with_feeds(*incidents: Incident) -> MemoryStore:
    store = storyboard(START)
    store.incidents |= {incident.id: incident for incident in incidents}
    return store


async def test_a_silent_platform_is_told_with_what_is_missing_and_its_incident() -> None:
    async with api_house(store=with_feeds(silent("forum", state=IncidentState.ACKNOWLEDGED))) as house:
        answer = (await house.api.get("/api/v1/feeds")).json()

    unknown = ("kind", "watched", "per_minute", "usual_per_minute", "last_arrival", "behind_seconds", "lag_records")
    assert answer["feeds"] == [
        dict.fromkeys(unknown)
        | {
            "name": "forum",
            "state": "quiet",
            "silent_since": "2026-01-05T11:47:00Z",  # 12:00 less eleven minutes and two
            "expected": 300.0,
            "told_at": "2026-01-05T11:49:00Z",
            "incident": "inc_forum",
            "incident_state": "acknowledged",
            "acknowledged_by": "jo",
        }
    ]


async def test_of_a_stalled_partition_nobody_knows_what_is_missing() -> None:
    async with api_house(store=with_feeds(silent("mentions-1", detector="feed stalled"))) as house:
        [feed] = (await house.api.get("/api/v1/feeds")).json()["feeds"]

    assert (feed["name"], feed["state"], feed["expected"]) == ("mentions-1", "stalled", None)


async def test_feeds_that_deliver_again_and_incidents_of_topics_are_not_listed() -> None:
    async with api_house(store=with_feeds(silent("forum", state=IncidentState.RESOLVED))) as house:
        answer = (await house.api.get("/api/v1/feeds")).json()

    assert answer == {"reported_at": None, "feeds": []}


async def test_feeds_stand_by_name() -> None:
    async with api_house(store=with_feeds(silent("x"), silent("forum"), silent("news"))) as house:
        answer = (await house.api.get("/api/v1/feeds")).json()

    assert [feed["name"] for feed in answer["feeds"]] == ["forum", "news", "x"]


async def test_a_second_silence_begins_at_its_own_time() -> None:
    again = replace(silent("forum"), reopened_at=START, last_detection_at=START)  # after ten minutes of nothing

    async with api_house(store=with_feeds(again)) as house:
        [feed] = (await house.api.get("/api/v1/feeds")).json()["feeds"]

    assert (feed["silent_since"], feed["told_at"]) == ("2026-01-05T11:50:00Z", "2026-01-05T12:00:00Z")


@pytest.mark.parametrize("key", [None, "wrong"])
async def test_without_a_key_nothing_is_told(key: str | None) -> None:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}

    async with api_house(store=with_feeds(silent("forum"))) as house:
        answer = await house.browser.request("GET", "/api/v1/feeds", headers=headers)

    assert answer.status == 401


async def test_the_first_page_names_silent_feeds_in_one_line_with_links() -> None:
    store = with_feeds(silent("forum"), silent("mentions-1", detector="feed stalled"))

    async with api_house(store=store) as house:
        page = (await house.api.get("/")).text

    line = page.split('id="feeds">')[1].split("</p>")[0]
    assert line == (
        'Silent: <a href="/incidents/inc_forum"><bdi>forum</bdi></a> quiet since 11:47, '
        '<a href="/incidents/inc_mentions-1"><bdi>mentions-1</bdi></a> stalled since 11:47'
    )


async def test_the_line_does_not_grow_without_bound() -> None:
    async with api_house(store=with_feeds(*(silent(f"feed{number}") for number in range(9)))) as house:
        page = (await house.api.get("/fragments/now")).text

    line = page.split('id="feeds">')[1].split("</p>")[0]
    assert line.count("<a ") == 6
    assert line.endswith(" and 3 more")


async def test_where_every_feed_delivers_the_first_page_says_nothing_of_feeds() -> None:
    async with api_house(store=storyboard(START)) as house:
        page = (await house.api.get("/")).text

    assert 'id="feeds"' not in page
