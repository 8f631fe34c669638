"""A person who asked to be forgotten: what was said still counts, who said it and in which words is gone."""

from collections.abc import Sequence
from typing import Any

from streams.broker.base import Outgoing, Partition, Record
from streams.events import Watermark
from streams.id_index import hash64
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.detect import DetectStage
from tests.fakes.score_stage import TOPICS, at, counted, make_stage, partials, record, watermarks

JANE = hash64("x:4711")
NOBODY: frozenset[int] = frozenset()
SAID: dict[str, Any] = {"author": {"id": "4711", "name": "Jane Doe"}, "url": "https://x.example/jane/1"}
SECRETS = (b"Jane", b"furious about", b"/jane/1")


def detect_stage() -> DetectStage:
    return DetectStage(0, kafka=KafkaSettings(), time=TimeSettings(), detect=DetectSettings(), topics=TOPICS)


def fed(stage: DetectStage, outgoing: Sequence[Outgoing], offset: int) -> None:
    """What score wrote into partition 0 of the partials, from this offset on."""
    of_partition = [made.value for made in outgoing if made.kafka_topic == "tocsin.partials" and made.partition == 0]
    found = [
        Record(Partition("tocsin.partials", 0), offset + n, None, value, 0) for n, value in enumerate(of_partition)
    ]
    stage.fold(found, at(0))


def kept(stage: DetectStage) -> bytes:
    return b"".join(made.value or b"" for made in stage.snapshot(1000) if made.kafka_topic == "tocsin.detect-state")


def test_mentions_of_an_erased_author_count_and_are_not_shown() -> None:
    stage = make_stage()
    stage.erase(frozenset({JANE}), NOBODY)

    [partial] = counted(record("refund angry furious about", **SAID), stage=stage)

    assert (partial.tally.mentions, partial.tally.negative) == (1, 1)
    assert partial.terms
    assert (partial.samples, partial.excerpts, partial.authors) == ((), {}, ())


def test_others_are_shown_as_before() -> None:
    stage = make_stage()
    stage.erase(frozenset({JANE}), NOBODY)

    [partial] = counted(record("refund", author={"id": "4712"}), stage=stage)

    assert len(partial.samples) == len(partial.excerpts) == len(partial.authors) == 1
    assert partial.samples[0].author_number == hash64("x:4712")


def test_the_next_stage_is_told_once_and_only_of_those_it_may_know() -> None:
    stage = make_stage()
    stage.erase(frozenset({JANE, 7}), frozenset({JANE}))
    stage.fold([record()], at(0))

    first = stage.flush(at(0), at_end=False)
    stage.erase(frozenset({JANE, 7}), frozenset({JANE}))
    second = stage.flush(at(2), at_end=False)

    assert {watermark.erased for _, watermark in watermarks(first)} == {(JANE,)}
    assert {watermark.erased for _, watermark in watermarks(second)} == {()}


def test_what_detect_knows_of_the_author_is_gone_with_its_next_snapshot() -> None:
    score, detect = make_stage(partials_partitions=1), detect_stage()
    score.fold([record("refund angry furious about", id=str(n), published=n / 9, **SAID) for n in range(9)], at(0))
    score.fold([record("refund angry at noon", id="other", author={"id": "4712", "name": "Bob"})], at(0))
    fed(detect, score.flush(at(0), at_end=False), 0)
    before = kept(detect)

    score.erase(frozenset({JANE}), frozenset({JANE}))
    fed(detect, score.flush(at(2), at_end=False), 100)
    after = kept(detect)

    assert all(secret in before for secret in SECRETS)
    assert not any(secret in after for secret in SECRETS)
    assert b"Bob" in after
    assert b"angry at noon" in after


def test_an_excerpt_that_came_before_its_partition_heard_of_it_goes_when_it_does() -> None:
    early, late, detect = make_stage(partials_partitions=1), make_stage(partials_partitions=1), detect_stage()
    for stage in (early, late):
        stage.fold([record("refund angry furious about", **SAID)], at(0))
    early.erase(frozenset({JANE}), frozenset({JANE}))

    fed(detect, early.flush(at(0), at_end=False), 0)
    fed(detect, late.flush(at(0), at_end=False), 10)
    late.erase(frozenset({JANE}), frozenset({JANE}))
    fed(detect, late.flush(at(2), at_end=False), 20)

    assert not any(secret in kept(detect) for secret in SECRETS)


def test_a_watermark_without_erasures_is_as_small_as_ever() -> None:
    stage = make_stage()
    stage.fold([record("nothing")], at(0))

    [(_, watermark), *_] = watermarks(stage.flush(at(0), at_end=False))

    assert isinstance(watermark, Watermark)
    assert watermark.erased == ()
    assert partials(stage.flush(at(2), at_end=False)) == []
