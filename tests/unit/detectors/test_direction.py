import random

import pytest

from streams.detectors.direction import direction_of
from streams.detectors.excess import excess_of
from streams.detectors.mood import Mood
from streams.detectors.trail import Sums
from streams.events import Direction
from tests.fakes.streams_of_counts import minutes

MICRO = 1_000_000


def mood(negative_share: float) -> Mood:
    """Of a topic whose negative mentions have a polarity of -0.5, the others 0."""
    mood = Mood()
    for slot in minutes(8, 3000, 2.0, negative_share=negative_share):
        mood.learn(slot, storm=False)
    return mood


def window(random_: random.Random, *groups: tuple[int, dict[float, float]]) -> Sums:
    """Sums of groups of mentions, each with the shares of its polarities."""
    polarities = [
        polarity
        for mentions, shares in groups
        for polarity in random_.choices(list(shares), weights=list(shares.values()), k=mentions)
    ]
    return (
        len(polarities),
        len(polarities),
        sum(polarity <= -0.05 for polarity in polarities),
        round(sum(polarities) * MICRO),
        round(sum(polarity**2 for polarity in polarities) * MICRO),
    )


def crises(usual_share: float, excess: dict[float, float], *, mentions: int, usual: int = 5) -> float:
    """How often of 200 times a rise by so many mentions on top of the usual ones is called a crisis."""
    known = mood(usual_share)
    random_ = random.Random(1)  # noqa: S311 - numbers for a test
    as_usual = {-0.5: usual_share, 0.0: 1.0 - usual_share}
    windows = [window(random_, (usual, as_usual), (mentions, excess)) for _ in range(200)]
    return sum(direction_of(excess_of(sums, known, float(usual))) is Direction.CRISIS for sums in windows) / 200


@pytest.mark.parametrize("usual_share", [0.05, 0.2, 0.4])
@pytest.mark.parametrize("mentions", [8, 40, 300])
def test_reposts_of_one_playful_post_are_viral(usual_share: float, mentions: int) -> None:
    # nine of ten repeat a neutral joke, the others are as likely negative as positive
    assert crises(usual_share, {0.0: 0.9, 0.4: 0.05, -0.4: 0.05}, mentions=mentions) <= 0.08


@pytest.mark.parametrize("mentions", [8, 40, 300])
def test_joy_is_viral(mentions: int) -> None:
    assert crises(0.2, {0.6: 0.8, 0.0: 0.15, -0.5: 0.05}, mentions=mentions) <= 0.02


@pytest.mark.parametrize("mentions", [8, 40, 300])
def test_a_rise_in_the_usual_mood_of_a_calm_topic_is_viral(mentions: int) -> None:
    # two standard errors are passed by chance in 2.3 of 100 cases, a little more often in small numbers
    assert crises(0.1, {-0.3: 0.1, 0.1: 0.9}, mentions=mentions) <= 0.08


@pytest.mark.parametrize("usual_share", [0.05, 0.2, 0.4])
@pytest.mark.parametrize("mentions", [8, 40, 300])
def test_anger_is_a_crisis(usual_share: float, mentions: int) -> None:
    assert crises(usual_share, {-0.5: 0.8, 0.0: 0.15, 0.4: 0.05}, mentions=mentions) >= 0.95


def test_more_negative_than_usual_is_a_crisis_although_most_is_neutral() -> None:
    # 40 of 100 after 20 of 100: two standard errors of a share of 0.2 in 100 mentions are 0.08
    assert crises(0.2, {-0.3: 0.4, 0.2: 0.6}, mentions=100) >= 0.97


def test_more_of_what_is_always_negative_is_a_crisis() -> None:
    assert crises(0.6, {-0.5: 0.6, 0.0: 0.4}, mentions=60) >= 0.95


@pytest.mark.parametrize("usual_share", [0.3, 0.45])
def test_more_of_the_usual_is_a_crisis_where_people_complain(usual_share: float) -> None:
    # the lexicon reads complaints kindly: the mean is that of a calm text
    assert crises(usual_share, {-0.3: usual_share, 0.15: 1.0 - usual_share}, mentions=60) >= 0.9


def test_the_usual_mentions_do_not_hide_the_mood_of_the_excess() -> None:
    # of 100 usual mentions 10 are negative, of 40 on top 32: in all 30 percent, but it is anger
    assert crises(0.1, {-0.5: 0.8, 0.0: 0.2}, mentions=40, usual=100) >= 0.97


def test_the_usual_complaints_do_not_make_a_crisis_of_joy() -> None:
    assert crises(0.4, {0.5: 0.9, 0.0: 0.1}, mentions=60, usual=60) <= 0.02


def test_unknown_is_taken_for_a_crisis() -> None:
    assert direction_of(excess_of((50, 0, 0, 0, 0), Mood(), 1.0)) is Direction.CRISIS
    assert direction_of(excess_of((2, 2, 0, 0, 0), mood(0.2), 1.0)) is Direction.CRISIS


def test_a_topic_whose_mood_is_not_known_yet_is_judged_by_a_common_one() -> None:
    assert direction_of(excess_of((20, 20, 1, 0, 250_000), Mood(), 1.0)) is Direction.VIRAL
    assert direction_of(excess_of((20, 20, 12, -6 * MICRO, 3 * MICRO), Mood(), 1.0)) is Direction.CRISIS
