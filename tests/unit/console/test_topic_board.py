from datetime import timedelta

import msgspec
import pytest

from alerting.console.topic_board import board_line
from alerting.incidents.topic_status import TopicStatus
from tests.fakes.api_house import api_house
from tests.fakes.clock import START
from tests.fakes.storyboard import storyboard

BUSY = TopicStatus(
    "refunds",
    "Refunds",
    "payments",
    "Acme",
    "refund*",
    pages_per_week=1.0,
    pages_this_week=1,
    per_minute=30.0,
    expected_per_minute=30.0,
    polarity=-0.312,
    last_window_at=START,
)


@pytest.mark.parametrize(
    ("changes", "minutes", "stands"),
    [
        ({"open_incidents": 2}, 0, "2 open incidents"),
        ({}, 1, "last mention 12:00"),
        ({}, 31, "unusually quiet, last mention 12:00"),  # 30 a minute are usual
        ({"expected_per_minute": 0.1}, 299, "last mention 12:00"),  # 30 of them take five hours
        ({"expected_per_minute": 0.1}, 301, "unusually quiet, last mention 12:00"),
        ({"expected_per_minute": None}, 1, "still learning, last mention 12:00"),
        ({"last_window_at": None}, 1, "nothing counted yet"),
    ],
)
def test_a_topic_says_whether_all_is_well_with_it(changes: dict[str, object], minutes: int, stands: str) -> None:
    status = msgspec.structs.replace(BUSY, **changes)

    assert board_line(status, None, START + timedelta(minutes=minutes)).stands == stands


def test_a_topic_says_whose_it_is_and_how_people_feel() -> None:
    whole = board_line(BUSY, None, START)
    bare = board_line(msgspec.structs.replace(BUSY, brand=None, owner=None, polarity=None), None, START)

    assert (whole.whose, whole.mood, whole.tile.budget) == ("Acme, payments", "mood -0.31", "1 of 1 page this week")
    assert (bare.whose, bare.mood) == ("unowned", "")


async def test_the_page_shows_every_topic_the_most_unusual_first() -> None:
    async with api_house(store=storyboard(START)) as house:
        page = (await house.api.get("/topics")).text

    topics = [part.partition('"')[0] for part in page.split('href="/topics/')[1:]]
    assert topics[0] == "refunds"
    assert set(topics) == {status.topic for status in await storyboard(START).topics(START)}
