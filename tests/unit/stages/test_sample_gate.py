"""Of the mentions of ten minutes those travel that can still be among the five that are shown."""

import random

from streams.events import PartialCount, Sample
from streams.evidence.loud_samples import SAMPLES, best
from streams.evidence.loud_samples import weight_of as detect_order
from streams.stages.sample_gate import SAMPLES as SENT_AT_LEAST
from streams.stages.sample_gate import STRETCH_SECONDS, SampleGate
from streams.stages.score import ScoreStage
from tests.fakes.score_stage import at, make_stage, partials, record


def flushed(stage: ScoreStage, second: float) -> list[PartialCount]:
    return partials(stage.flush(at(second), at_end=False))


def samples(found: list[PartialCount]) -> list[Sample]:
    return [sample for partial in found if partial.topic == "refunds" for sample in partial.samples]


def test_what_is_shown_is_the_same_as_if_every_mention_had_been_sent() -> None:
    rng = random.Random(5)  # noqa: S311 - numbers for a test
    sent: list[Sample] = []
    everything: list[Sample] = []
    stage = make_stage()
    for number in range(200):
        one = record(
            f"refund {rng.choice(('angry', 'happy', 'so so'))}",
            id=f"{number:03}",
            published=number / 10,
            reach=rng.choice((None, 5, 50)),
        )
        stage.fold([one], at(number / 10))
        alone = make_stage()
        alone.fold([one], at(number / 10))
        everything += samples(flushed(alone, number / 10))
        if number % 7 == 6:
            sent += samples(flushed(stage, number / 10))
    sent += samples(flushed(stage, 20))

    assert len(everything) == 200
    assert best(sent) == best(everything)
    assert SAMPLES <= len(sent) < 60


def test_anger_passes_where_louder_calm_mentions_came_before() -> None:
    loud = [record("refund", id=str(number), reach=1000) for number in range(8)]
    stage = make_stage()

    stage.fold([*loud, record("refund angry", id="a")], at(0))
    shown = samples(flushed(stage, 0))

    assert [sample.key for sample in shown] == ["x:a", "x:0", "x:1", "x:2", "x:3"]
    assert [detect_order(sample) for sample in shown] == sorted(map(detect_order, shown))


def test_every_ten_minutes_and_every_topic_has_a_gate_of_its_own() -> None:
    gate, order = SampleGate(), (True, 0, "x:9")
    for number in range(SENT_AT_LEAST):
        gate.admits("refunds", 5, (True, -1, f"x:{number}"), history=False)

    assert not gate.admits("refunds", STRETCH_SECONDS - 1, order, history=False)
    assert gate.admits("refunds", STRETCH_SECONDS, order, history=False)
    assert gate.admits("acme", 5, order, history=False)
    assert gate.admits("refunds", 5, order, history=True)


def test_a_mention_that_comes_again_takes_nobodys_place() -> None:
    gate = SampleGate()
    for _ in range(SENT_AT_LEAST):
        gate.admits("refunds", 5, (True, -1, "x:1"), history=False)

    assert gate.admits("refunds", 5, (True, 0, "x:9"), history=False)
