from datetime import UTC, datetime, timedelta
from statistics import mean, pvariance

from streams.simulate.refund_outage import refund_outage
from streams.simulate.scenario import EventKind, Scenario, SimulatedEvent, SimulatedTopic, Voice
from streams.simulate.world import World

START = datetime(2026, 3, 2, tzinfo=UTC)
VOICE = Voice(negative=("bad {brand}",), neutral=("{brand}",), positive=("good {brand}",))
STEADY = SimulatedTopic("t", "T", "t", 30.0, VOICE, roughness=0.3, daily_swing=0.0, negative=0.2, positive=0.1)


def storm(kind: EventKind, factor: float) -> SimulatedEvent:
    return SimulatedEvent(kind, "t", 60.0, factor, 0.0, 600.0, 0.0, 0.9, 0.0, VOICE)


def mood(text: str) -> float:
    return -0.5 if text.startswith("bad") else 0.5 if text.startswith("good") else 0.0


def test_unfolds_the_same_for_the_same_seed_and_otherwise_for_another() -> None:
    scenario = refund_outage(crisis_after_seconds=5)

    first = list(World(scenario, START, 7).mentions(20))

    assert first == list(World(scenario, START, 7).mentions(20))
    assert first != list(World(scenario, START, 8).mentions(20))


def test_yields_mentions_in_order_of_time_with_ids_of_their_own() -> None:
    mentions = list(World(refund_outage(crisis_after_seconds=5), START, 1).mentions(60))

    times = [mention.published_at for mention in mentions]
    assert times == sorted(times)
    assert times[0] >= START
    assert times[-1] < START + timedelta(seconds=60)
    assert len({mention.key for mention in mentions}) == len(mentions)


def test_keeps_its_mean_rate_and_is_rougher_than_poisson() -> None:
    world = World(Scenario("b", (STEADY,)), START, 3)

    counts = [minute.tally.mentions for minute in world.counts(20_000)]

    assert 27 < mean(counts) < 33
    assert pvariance(counts) > 1.5 * mean(counts)


def test_multiplies_the_rate_during_a_crisis_and_turns_it_negative() -> None:
    world = World(Scenario("b", (STEADY,), (storm(EventKind.CRISIS, 10.0),)), START, 3, polarity_of=mood)

    minutes = list(world.counts(11))

    before, during = minutes[0], minutes[2:]
    assert before.tally.mentions < 60
    assert 250 < mean(minute.tally.mentions for minute in during) < 350
    assert all(minute.tally.negative > 0.6 * minute.tally.mentions for minute in during)


def test_turns_the_mood_at_flat_volume_in_a_flip() -> None:
    world = World(Scenario("b", (STEADY,), (storm(EventKind.FLIP, 1.0),)), START, 3, polarity_of=mood)

    minutes = list(world.counts(11))[2:]

    assert 20 < mean(minute.tally.mentions for minute in minutes) < 45
    assert sum(minute.tally.negative for minute in minutes) > 0.8 * sum(minute.tally.mentions for minute in minutes)


def test_labels_what_it_planted() -> None:
    (label,) = World(Scenario("b", (STEADY,), (storm(EventKind.CRISIS, 10.0),)), START, 3).labels()

    assert (label.kind, label.topic, label.factor) == (EventKind.CRISIS, "t", 10.0)
    assert label.start == START.timestamp() + 60
    assert label.end == START.timestamp() + 660
