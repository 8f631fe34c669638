"""A storm that goes on is counted at the same minutes and to the same numbers, whatever way its mentions took."""

import random

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.events import Detection, Phase
from tests.fakes.chained_stages import DETECT, STEP_SECONDS, Arrival, Run, run
from tests.unit.stages.test_chained_properties import moment, repeated, shuffled

CALM_MINUTES = 50
STORM_MINUTES = 18
SECONDS = (CALM_MINUTES + STORM_MINUTES + 25) * 60

few = settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**32)
kills = st.sets(
    st.tuples(st.integers(0, SECONDS // STEP_SECONDS), st.sampled_from(("0", "1", DETECT))), min_size=1, max_size=8
)


def steady_storm(seed: int) -> list[Arrival]:
    """Three mentions a minute over two partitions, then twenty for 18 minutes; one in ten is taken back in a minute."""
    rng = random.Random(seed)  # noqa: S311 - numbers for a test
    whole = (CALM_MINUTES + STORM_MINUTES) * 60
    said = [(rng.uniform(0, whole), "refund happy") for _ in range(whole // 20)]
    said += [(rng.uniform(CALM_MINUTES * 60, whole), "refund angry angry") for _ in range(20 * STORM_MINUTES)]
    arrivals = []
    for number, (second, text) in enumerate(sorted(said)):
        first = {"id": str(number), "seq": 1, "published_at": moment(second), "text": text}
        arrivals.append(Arrival(second, number % 2, first))
        if rng.random() < 0.1:
            arrivals.append(Arrival(second + rng.uniform(1, 60), number % 2, {**first, "seq": 2, "op": "delete"}))
    return arrivals


def counts(found: Run) -> list[Detection]:
    return [one for one in found.detections if one.phase is Phase.COUNTED]


def size(one: Detection) -> object:
    """All that is counted: of final minutes alone."""
    seen = one.evidence
    assert seen.excess is not None
    return (
        (one.score, one.false_pages_per_week, one.detector),
        (seen.observed, seen.expected, seen.low, seen.high, seen.window_seconds, seen.per_minute, seen.velocity),
        (seen.polarity, seen.negative_share, seen.reach, seen.engagement, seen.forecast),
        (seen.excess.since, seen.excess.mentions, seen.excess.expected),
    )


@few
@given(seeds, seeds, kills)
def test_the_same_counts_under_repetitions_and_kills(seed: int, again: int, killed: set[tuple[int, str]]) -> None:
    arrivals = steady_storm(seed)

    plain, other = (
        run(arrivals, seconds=SECONDS),
        run(repeated(arrivals, again), seconds=SECONDS, kills=killed),
    )

    assert [one.id for one in other.detections] == [one.id for one in plain.detections]
    assert [size(one) for one in counts(other)] == [size(one) for one in counts(plain)]
    assert len(counts(plain)) >= 2


@few
@given(seeds, seeds)
def test_the_same_sizes_at_the_same_minutes_under_any_shuffle(seed: int, order: int) -> None:
    arrivals = steady_storm(seed)

    plain, other = (run(one, seconds=SECONDS) for one in (arrivals, shuffled(arrivals, order)))

    sizes = {(one.at, one.onset): size(one) for one in counts(other)}
    both = [one for one in counts(plain) if (one.at, one.onset) in sizes]
    assert len(counts(other)) == len(counts(plain))
    assert [size(one) for one in both] == [sizes[one.at, one.onset] for one in both]


def test_it_is_counted_to_the_same_size_however_late_in_the_grace_period_mentions_come() -> None:
    arrivals = steady_storm(7)
    # from the first count on every mention comes within its grace period, and no sooner
    held = (CALM_MINUTES + 6) * 60
    late = [msgspec.structs.replace(one, at=one.at + 45 * (one.at > held)) for one in arrivals]

    plain, other = (run(one, seconds=SECONDS) for one in (arrivals, late))

    assert [(one.id, size(one)) for one in counts(other)] == [(one.id, size(one)) for one in counts(plain)]
    assert Run.standing(other) == Run.standing(plain)
