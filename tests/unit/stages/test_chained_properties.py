"""What is promised about time and state, for both stages in a row.

(a) Closed windows and learned baselines are the same under any shuffle within the grace period.
(b) Detections are the same under kills, repetition and any interleaving of a partition's repetitions.
(c) Under shuffle the same episodes stand in the end.
"""

import random
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.events import Tally
from tests.fakes.chained_stages import DETECT, START, STEP_SECONDS, Arrival, Run
from tests.fakes.chained_stages import run as run_for

MINUTES = 120
CRISIS_AT = 110 * 60
GRACE_SECONDS = 120
SECONDS = MINUTES * 60 + 1200

some = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**32)


def story(seed: int, *, crisis: bool) -> list[Arrival]:
    """Three mentions a minute over two partitions, some corrected or deleted within a minute; then perhaps a crisis."""
    rng = random.Random(seed)  # noqa: S311 - numbers for a test
    seconds = sorted(rng.uniform(0, MINUTES * 60) for _ in range(3 * MINUTES))
    texts = [rng.choice(("refund", "refund happy", "acme", "acme refund", "nothing")) for _ in seconds]
    if crisis:
        bad = sorted(rng.uniform(CRISIS_AT, CRISIS_AT + 240) for _ in range(300))
        seconds, texts = [*seconds, *bad], [*texts, *["refund angry angry"] * len(bad)]
    arrivals = []
    for number, (second, text) in enumerate(zip(seconds, texts, strict=True)):
        first = {"id": str(number), "seq": 1, "published_at": moment(second), "text": text}
        source = number % 2
        arrivals.append(Arrival(second, source, first))
        dice = rng.random()
        if dice < 0.1:
            change = {**first, "seq": 2, "op": "update", "text": rng.choice(("acme", "refund angry", "nothing"))}
            arrivals.append(Arrival(second + rng.uniform(1, 60), source, change))
        elif dice < 0.2:
            arrivals.append(Arrival(second + rng.uniform(1, 60), source, {**first, "seq": 2, "op": "delete"}))
    return arrivals


def run(arrivals: list[Arrival], **more: Any) -> Run:
    return run_for(arrivals, seconds=SECONDS, **more)


def tallies(found: Run) -> dict[tuple[str, int], Tally]:
    return {place: window.tally for place, window in found.windows.items() if window.tally.mentions}


def moment(second: float) -> datetime:
    return datetime.fromtimestamp(START + round(second, 3), UTC)


def shuffled(arrivals: list[Arrival], seed: int) -> list[Arrival]:
    """Each mention with all its versions up to 50 seconds later; versions stay 60 seconds behind: within the grace."""
    rng = random.Random(seed)  # noqa: S311 - numbers for a test
    delays = {arrival.fields["id"]: rng.uniform(0, GRACE_SECONDS - 70) for arrival in arrivals}
    return [msgspec.structs.replace(one, at=one.at + delays[one.fields["id"]]) for one in arrivals]


def repeated(arrivals: list[Arrival], seed: int) -> list[Arrival]:
    """Some versions once or twice more, behind newer ones and up to 50 minutes later.

    That is far beyond the grace period, and within the hour that the index remembers.
    """
    rng = random.Random(seed)  # noqa: S311 - numbers for a test
    again = [one for one in arrivals for _ in range(rng.choice((0, 0, 0, 1, 2)))]
    return [*arrivals, *(msgspec.structs.replace(one, at=one.at + rng.uniform(0, 3000)) for one in again)]


steps = st.integers(0, SECONDS // STEP_SECONDS)
kills = st.sets(st.tuples(steps, st.sampled_from(("0", "1", DETECT))), min_size=1, max_size=12)


@some
@given(seeds, seeds)
def test_closed_windows_and_baselines_are_the_same_under_any_shuffle_within_the_grace_period(
    seed: int, order: int
) -> None:
    arrivals = story(seed, crisis=False)

    plain, other = run(arrivals), run(shuffled(arrivals, order))

    assert tallies(other) == tallies(plain)
    assert other.expected == plain.expected
    assert sum(tally.mentions for tally in tallies(plain).values()) > MINUTES


@some
@given(seeds, kills)
def test_everything_that_is_told_is_the_same_under_kills(seed: int, killed: set[tuple[int, str]]) -> None:
    arrivals = story(seed, crisis=True)

    assert run(arrivals, kills=killed) == run(arrivals)


@some
@given(seeds, seeds, kills)
def test_repetitions_change_nothing_through_kills_too(seed: int, again: int, killed: set[tuple[int, str]]) -> None:
    arrivals = story(seed, crisis=True)

    plain, other = run(arrivals), run(repeated(arrivals, again), kills=killed)

    assert [one.id for one in other.detections] == [one.id for one in plain.detections]
    assert tallies(other) == tallies(plain)
    assert other.expected == plain.expected


@some
@given(seeds, seeds, st.booleans())
def test_the_same_episodes_stand_in_the_end_under_any_shuffle(seed: int, order: int, crisis: bool) -> None:  # noqa: FBT001
    arrivals = story(seed, crisis=crisis)

    plain, other = run(arrivals), run(shuffled(arrivals, order))

    assert other.standing() == plain.standing()
    assert plain.standing()["refunds"] == crisis
