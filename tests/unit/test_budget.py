from collections.abc import Iterable

import msgspec
import pytest

from streams.budget import Budget
from streams.charges import Charges
from streams.claim import Claim
from streams.detectors.base import Reading
from streams.detectors.onset import Onset
from streams.errors import StateCorrupted
from streams.events import Direction, Phase

B = 0.25
QUIET = 3600
START = 1_767_225_600
DAY = 86_400


class Moment:
    def __init__(self, level: int = 20, direction: Direction = Direction.CRISIS) -> None:
        self._level = level
        self._direction = direction

    def level(self) -> int:
        return self._level

    def onset(self, detector: str, reading: Reading) -> Onset:
        del detector
        return Onset(reading.since - 60, reading.since, reading.since + 60)

    def direction(self, detector: str, reading: Reading) -> Direction:
        del detector, reading
        return self._direction


def reading(pages: float, since: int = START, score: float = 5.0) -> Reading:
    return Reading(score=score, false_pages_per_week=pages, since=since, window_start=since, window_seconds=300)


def budget() -> Budget:
    return Budget(pages_per_week=B, quiet_seconds=QUIET)


def volume(pages: float, since: int = START, score: float = 5.0) -> list[tuple[str, Reading]]:
    return [("volume", reading(pages, since, score))]


def phases(claims: Iterable[Claim]) -> list[Phase]:
    return [claim.phase for claim in claims]


def opened(at: int = START + 60, level: int = 20, direction: Direction = Direction.CRISIS) -> Budget:
    one = budget()
    assert phases(one.decide(at, volume(0.1), Moment(level, direction))) == [Phase.OPENED]
    return one


def test_opens_only_below_the_budget() -> None:
    one = budget()

    assert one.decide(START, volume(B), Moment()) == []
    assert phases(one.decide(START + 1, volume(B - 0.01), Moment())) == [Phase.OPENED]


def shared() -> Budget:
    return Budget(pages_per_week=B, quiet_seconds=QUIET, charges=Charges({"volume": 0.8, "mood": 0.2}))


def test_a_detector_alone_may_spend_the_whole_budget() -> None:
    (claim,) = shared().decide(START, volume(0.1), Moment())

    assert claim.reading.false_pages_per_week == pytest.approx(0.1)


@pytest.mark.parametrize(("name", "share"), [("volume", 0.8), ("mood", 0.2)])
def test_detectors_that_have_an_opinion_share_the_budget(name: str, share: float) -> None:
    other = ({"volume", "mood"} - {name}).pop()
    usual = (other, reading(14.0))

    assert shared().decide(START, [(name, reading(share * B)), usual], Moment()) == []
    (claim,) = shared().decide(START, [(name, reading(0.9 * share * B)), usual], Moment())
    assert claim.detector == name
    assert claim.reading.false_pages_per_week == pytest.approx(0.9 * B)  # what both together would pay


def test_the_strictest_of_the_readings_opens() -> None:
    claims = budget().decide(START, [("volume", reading(3.0)), ("sentiment-velocity", reading(0.1))], Moment())

    assert [claim.detector for claim in claims] == ["sentiment-velocity"]


def test_a_claim_carries_when_it_began_and_how_sure_that_is() -> None:
    (claim,) = budget().decide(START + 30, volume(0.1), Moment())

    assert claim.onset == Onset(START - 60, START, START + 30)  # nothing begins after it was seen


def test_says_nothing_while_all_warm_up() -> None:
    assert budget().decide(START, [], Moment()) == []


def test_does_not_announce_again_while_it_goes_on() -> None:
    one = opened()

    claims = [claim for at in range(70, 600, 10) for claim in one.decide(START + at, volume(0.01), Moment())]

    assert claims == []


def test_grows_when_the_count_has_doubled_and_at_most_four_times() -> None:
    one = opened(at=START + 300, level=20)

    claims = [
        claim
        for number in range(1, 10)
        for claim in one.decide(START + 300 + number, volume(0.01), Moment(20 * 2**number))
    ]

    assert phases(claims) == [Phase.GREW] * 4


def test_a_rate_that_stays_the_same_is_no_growth_although_the_window_fills() -> None:
    one = opened(at=START + 60, level=20)  # 20 in the first of five minutes is 100 in five

    claims = [one.decide(START + 60 * minute, volume(0.01), Moment(20 * minute)) for minute in range(2, 6)]

    assert claims == [[], [], [], []]


def test_a_second_detector_joining_is_growth_not_a_second_episode() -> None:
    one = opened()

    both = [*volume(0.1), ("sentiment-velocity", reading(0.1))]
    claims = one.decide(START + 90, both, Moment())

    assert [(claim.phase, claim.detector, claim.sequence) for claim in claims] == [
        (Phase.GREW, "sentiment-velocity", 1)
    ]
    assert one.decide(START + 91, both, Moment()) == []


def test_joy_that_turns_to_anger_is_told() -> None:
    one = opened(direction=Direction.VIRAL)

    claims = one.decide(START + 90, volume(0.1), Moment(direction=Direction.CRISIS))

    assert [(claim.phase, claim.direction) for claim in claims] == [(Phase.GREW, Direction.CRISIS)]


def follow(one: Budget, direction: Direction, minutes: range) -> list[Claim]:
    moment = Moment(direction=direction)
    return [claim for minute in minutes for claim in one.decide(START + 60 + 60 * minute, volume(0.1), moment)]


def ended(one: Budget, at: int) -> Direction:
    (claim,) = one.decide(at, volume(5.0), Moment(0))
    return claim.direction


def test_anger_that_turns_out_to_be_joy_ends_as_viral_and_is_no_news() -> None:
    one = opened()

    told = follow(one, Direction.VIRAL, range(1, 20))

    assert told == []
    assert ended(one, START + 60 + 60 * 20 + QUIET) is Direction.VIRAL


def test_a_few_calmer_minutes_do_not_make_joy_of_anger() -> None:
    one = opened()

    follow(one, Direction.VIRAL, range(1, 14))  # judged after five and ten minutes
    follow(one, Direction.CRISIS, range(14, 20))
    follow(one, Direction.VIRAL, range(20, 29))

    assert ended(one, START + 60 + 60 * 29 + QUIET) is Direction.CRISIS


def test_the_verdict_turns_twice_at_most() -> None:
    one = opened()

    follow(one, Direction.VIRAL, range(1, 20))
    soured = follow(one, Direction.CRISIS, range(20, 40))
    follow(one, Direction.VIRAL, range(40, 80))

    assert [(claim.phase, claim.direction) for claim in soured] == [(Phase.GREW, Direction.CRISIS)]
    assert ended(one, START + 60 + 60 * 80 + QUIET) is Direction.CRISIS


def test_peaks_once_when_the_count_has_halved() -> None:
    one = opened(level=100)

    early = one.decide(START + 120, volume(0.1), Moment(50))
    late = one.decide(START + 60 + 900, volume(0.1), Moment(50))
    again = one.decide(START + 60 + 1000, volume(0.1), Moment(30))

    assert (early, phases(late), again) == ([], [Phase.PEAKED], [])


def levels(one: Budget, *told: tuple[int, int]) -> list[Claim]:
    """What is claimed while so many mentions come in five minutes, by the minute after the start."""
    return [
        claim
        for minute, level in told
        for claim in one.decide(START + 60 * minute, volume(0.1), Moment(level))
        if claim.phase is not Phase.PEAKED
    ]


def test_a_second_wave_is_told_once_while_the_evidence_of_the_first_still_lasts() -> None:
    one = opened(level=100)
    fell = [(20, 25), (25, 20), (30, 25)]  # a quarter for ten minutes, past the peak of 100

    claims = levels(one, *fell, (35, 49), (36, 50), (37, 60), (40, 100))

    assert [(claim.phase, claim.again) for claim in claims] == [(Phase.GREW, True)]


@pytest.mark.parametrize(
    "fell",
    [[(20, 30), (25, 26), (30, 30)], [(20, 25), (25, 20), (29, 30), (30, 25)]],
    ids=["not to a quarter", "not for ten minutes"],
)
def test_a_rate_that_scatters_is_no_second_wave(fell: list[tuple[int, int]]) -> None:
    assert levels(opened(level=100), *fell, (35, 100)) == []


def test_a_third_wave_is_told_too_and_a_fifth_growth_is_not() -> None:
    one = opened(level=100)
    waves = [(60 * hour + minute, level) for hour in range(8) for minute, level in ((20, 20), (30, 20), (40, 90))]

    claims = levels(one, *waves)

    assert [claim.again for claim in claims] == [True] * 4


def test_a_wave_of_next_to_nothing_is_none() -> None:
    one = opened(level=12)

    assert levels(one, (20, 2), (30, 2), (40, 9)) == []


def test_a_second_wave_is_known_after_a_restart() -> None:
    one, other = opened(level=100), budget()
    levels(one, (20, 20), (30, 20))

    other.restore(one.snapshot())

    assert [claim.again for claim in levels(other, (35, 80))] == [True]


def test_ends_after_the_quiet_time_and_not_before() -> None:
    one = opened(at=START)

    assert Phase.ENDED not in phases(one.decide(START + QUIET - 1, volume(5.0), Moment(0)))
    assert phases(one.decide(START + QUIET, volume(5.0), Moment(0))) == [Phase.ENDED]
    assert not one.is_open


def test_evidence_four_times_as_common_as_what_opens_keeps_it_alive() -> None:
    one = opened(at=START)

    one.decide(START + QUIET - 1, volume(4 * B - 0.01), Moment(20))

    assert one.decide(START + QUIET + 5, volume(5.0), Moment(20)) == []
    assert phases(one.decide(START + 2 * QUIET - 1, volume(5.0), Moment(20))) == [Phase.ENDED]


@pytest.mark.parametrize("pages_per_week", [0.25, 1.0, 4.0, 7.0, 13.0])
def test_an_episode_ends_on_what_every_half_day_shows_however_many_pages_are_allowed(pages_per_week: float) -> None:
    one = Budget(pages_per_week=pages_per_week, quiet_seconds=QUIET)
    one.decide(START, volume(pages_per_week / 2), Moment())

    claims = one.decide(START + QUIET, volume(14.0), Moment(0))

    assert Phase.ENDED in phases(claims)


def test_while_the_memory_of_an_episode_fades_a_new_one_needs_half_its_evidence() -> None:
    one = budget()
    one.decide(START, volume(0.0001, score=12.0), Moment())
    one.decide(START + QUIET, volume(5.0), Moment(0))

    soon = one.decide(START + QUIET + 60, volume(0.1, score=5.0), Moment())
    # two days halve the memory: 12 * 0.5 * 0.5 = 3 nats are asked for
    later = one.decide(START + QUIET + 2 * DAY, volume(0.1, score=5.0), Moment())

    assert soon == []
    assert phases(later) == [Phase.OPENED]


def test_as_strong_a_storm_soon_after_is_a_new_episode() -> None:
    one = budget()
    one.decide(START, volume(0.0001, score=12.0), Moment())
    one.decide(START + QUIET, volume(5.0), Moment(0))

    again = START + QUIET + 60
    assert phases(one.decide(again, volume(0.0001, again, score=12.0), Moment())) == [Phase.OPENED]


def test_what_an_episode_consisted_of_opens_no_second_one() -> None:
    one = budget()
    one.decide(START, volume(0.0001, score=12.0), Moment())
    one.decide(START + QUIET, volume(5.0), Moment(0))

    assert one.decide(START + QUIET + 60, volume(0.0001, score=12.0), Moment()) == []


def test_evidence_before_a_calm_half_hour_keeps_nothing_open() -> None:
    one = opened()
    calm = msgspec.structs.replace(reading(0.0001), calm=True)

    assert phases(one.decide(START + 2 * QUIET, [("volume", calm)], Moment(0))) == [Phase.ENDED]


def test_minutes_of_an_episode_are_a_storm_until_a_day_has_passed() -> None:
    one = opened()

    assert not one.storm(START - 60)
    assert one.storm(START)
    assert one.storm(START + DAY - 60)
    assert not one.storm(START + DAY)


def test_an_opening_that_final_counts_do_not_carry_is_withdrawn_and_leaves_no_memory() -> None:
    one = opened(at=START + 70)

    assert not one.unconfirmed(START)
    assert one.unconfirmed(START + 60)
    claim = one.confirm(volume(5.0), volume(5.0))

    assert claim is not None
    assert claim.phase is Phase.WITHDRAWN
    assert phases(one.decide(START + 300, volume(0.1, score=4.1), Moment())) == [Phase.OPENED]


@pytest.mark.parametrize(("then", "now"), [(0.1, 5.0), (5.0, 0.1)])
def test_an_opening_that_holds_then_or_now_is_confirmed(then: float, now: float) -> None:
    one = opened()

    assert one.confirm(volume(then), volume(now)) is None
    assert not one.unconfirmed(START + 60)


def test_goes_on_from_a_snapshot() -> None:
    one, copy = opened(at=START), budget()

    copy.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(one.snapshot())))

    for at in range(0, 2 * QUIET, 300):
        args = (START + at, volume(0.1 if at < 900 else 5.0), Moment(20 + at % 900))
        assert copy.decide(*args) == one.decide(*args)
    assert copy.snapshot() == one.snapshot()


def test_refuses_a_foreign_snapshot() -> None:
    with pytest.raises(StateCorrupted):
        budget().restore({"open": {"onset": "x"}, "past": None, "past_score": 0.0})
