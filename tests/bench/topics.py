"""What the number of topics costs: per mention, per idle topic and minute, and in memory.

The same mentions, about ten brands, go through both stages while 10, 1,000 and 10,000 topics are tracked; and once more
mentions that are spread over all of 10,000 topics: as they come to stages that have hardly heard of any, so that every
ninth is the first one of its topic, and once all topics are known. The stages run in memory, in turns, with garbage
collected as rarely as `tocsin serve` does it; only CPU time counts, medians.
Memory is the growth of a process of its own that tracks 20,000 topics: the automaton with their queries, and the models
of all of them, warm from half a day of history and live, each with the words, authors and samples of four mentions.
"""

import gc
import multiprocessing
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[2]))

import psutil

from alerting.cli.serve import collect_garbage_rarely
from streams import codec
from streams.broker.base import Partition, Record
from streams.events import PartialCount, Sample, Tally, Watermark
from streams.matching import TopicMatcher
from streams.sentiment.vader import VaderScorer
from streams.settings import StreamSettings
from streams.stages.detect import DetectStage
from streams.stages.score import ScoreStage
from tests.bench import pipeline_load
from tests.bench.report import Report

SEED: Final = 20_260_101
MENTIONS: Final = 20_000
WARM: Final = 4_000
PER_SECOND: Final = 5_000.0
ROUNDS: Final = 5
TRACKED: Final = (10, 1_000, 10_000)
MANY: Final = 20_000
BUSY: Final = 100
MINUTES: Final = 30
MIB: Final = 1024 * 1024
SOURCE: Final = Partition("mentions", 0)
START_SECOND: Final = int(pipeline_load.START.timestamp()) // 60 * 60


def main() -> None:
    """Measure, then print."""
    report = Report("topics", seed=SEED)
    collect_garbage_rarely()
    few = list(mentions(brands=TRACKED[0]))
    spread = list(mentions(brands=TRACKED[-1]))
    runs: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for count in TRACKED:
            runs.setdefault(f"{count:,} topics tracked, mentions of 10", []).append(both_stages(count, few))
        for known, said in ((False, "many heard of first"), (True, "all known")):
            name = f"{TRACKED[-1]:,} topics tracked, mentions of all, {said}"
            runs.setdefault(name, []).append(both_stages(TRACKED[-1], spread, known=known))
    least = next(iter(runs.values()))
    for number, (name, seconds) in enumerate(runs.items()):
        report.add(name, statistics.median(seconds) * 1e6, "us per mention")
        if number:
            times = statistics.median(now / then for now, then in zip(seconds, least, strict=True))
            report.add("  times as much as with 10", times, "", goal="<= 1.3" if number != 1 else None)
    alone, among = zip(*[(minute_seconds(BUSY), minute_seconds(MANY)) for _ in range(ROUNDS)], strict=True)
    report.add(f"a minute passes over {BUSY} busy topics", statistics.median(alone) * 1e3, "ms")
    report.add(f"the same beside {MANY - BUSY:,} idle ones", statistics.median(among) * 1e3, "ms")
    times = statistics.median(more / less for more, less in zip(among, alone, strict=True))
    report.add("  times as much", times, "", goal="<= 1.1")
    base, automaton, models = in_a_process_of_its_own()
    report.add("a process that tracks nothing", base, "MiB")
    report.add(f"{MANY:,} topics, beyond that", automaton + models, "MiB", goal="<= 400")
    report.add("  automaton and queries", automaton, "MiB")
    report.add("  models, warm and live", models, "MiB")
    report.print()


def mentions(*, brands: int) -> Iterator[Record]:
    """As they would be read."""
    rng = random.Random(SEED)  # noqa: S311 - no secret
    load = pipeline_load.mentions(
        WARM + MENTIONS,
        rng,
        brands=brands,
        per_second=PER_SECOND,
        kafka_topic=SOURCE.kafka_topic,
    )
    for offset, out in enumerate(load):
        yield Record(SOURCE, offset, out.key, out.value, out.timestamp_ms or 0)


def settings(count: int) -> StreamSettings:
    """As a configuration file would say it."""
    return StreamSettings.model_validate({"topics": pipeline_load.topics(count)})


def both_stages(count: int, records: Sequence[Record], *, known: bool = False) -> float:
    """CPU seconds of a mention through score and detect, the first of them not counted.

    Args:
        known: All topics have been heard of before.
    """
    of = settings(count)
    score = ScoreStage(
        matcher=TopicMatcher(of.topic_values()),
        scorer=VaderScorer(),
        kafka=of.kafka,
        time=of.time,
        settings=of.score,
        source=SOURCE,
        sources=1,
        partials_partitions=1,
    )
    detect = DetectStage(0, kafka=of.kafka, time=of.time, detect=of.detect, topics=of.topic_values())
    if known:
        heard = [spoken(number, START_SECOND) for number in range(count)]
        detect.fold([Record(SOURCE, 0, None, value, 0) for value in heard], pipeline_load.START)
    fold_all(score, detect, records[:WARM], 0)
    gc.collect()
    gc.freeze()
    began = time.process_time()
    fold_all(score, detect, records[WARM:], WARM)
    seconds = (time.process_time() - began) / MENTIONS
    gc.unfreeze()
    return seconds


def fold_all(score: ScoreStage, detect: DetectStage, records: Sequence[Record], first: int) -> None:
    """A flush for every fifth of a second."""
    batch = round(PER_SECOND / 5)
    for begin in range(0, len(records), batch):
        now = pipeline_load.START + timedelta(seconds=1 + (first + begin) / PER_SECOND)
        score.fold(records[begin : begin + batch], now)
        out = score.flush(now, at_end=False)
        detect.fold([Record(SOURCE, 0, None, one.value, 0) for one in out if one.kafka_topic == "tocsin.partials"], now)
        detect.flush(now, at_end=False)


def minute_seconds(count: int) -> float:
    """CPU seconds in which the detect stage passes a minute in which 100 of its `count` live topics spoke."""
    of = settings(count)
    stage = DetectStage(0, kafka=of.kafka, time=of.time, detect=of.detect, topics=of.topic_values())
    offsets = iter(range(10**9))

    def fold(values: Sequence[bytes]) -> None:
        stage.fold([Record(SOURCE, next(offsets), None, value, 0) for value in values], pipeline_load.START)
        stage.flush(pipeline_load.START, at_end=True)

    fold([spoken(number, START_SECOND) for number in range(count)])
    fold([mark(START_SECOND + minute * 60) for minute in range(6)])  # everybody is silent and learned by then
    cpu = 0.0
    for minute in range(6, 6 + MINUTES):
        fold([spoken(number, START_SECOND + minute * 60) for number in range(BUSY)])
        began = time.process_time()
        fold([mark(START_SECOND + (minute + 1) * 60)])
        cpu += time.process_time() - began
    return cpu / MINUTES


def spoken(number: int, second: int) -> bytes:
    """A partial count of one topic."""
    tally = Tally(mentions=3, negative=1, neutral=2, polarity_sum=-0.5, polarity_squares=0.25)
    return codec.encode_partial(
        PartialCount(topic=pipeline_load.topic_id(number), revision=1, second=second, tally=tally)
    )


def mark(second: int) -> bytes:
    """Event time has come to `second`."""
    return codec.encode_watermark(Watermark(source=str(SOURCE), event_ms=second * 1000, idle=False, sources=1))


def in_a_process_of_its_own() -> tuple[float, float, float]:
    """MiB of the process, then what the automaton and the models of 20,000 topics add."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        base, automaton, models = pool.apply(grow)
    return base, automaton, models


def grow() -> tuple[float, float, float]:
    """Track them, and look at the memory in between."""
    process = psutil.Process()
    of = settings(MANY)
    topics = of.topic_values()
    base = process.memory_info().rss
    matcher = TopicMatcher(topics)
    matched = process.memory_info().rss
    stage = DetectStage(0, kafka=of.kafka, time=of.time, detect=of.detect, topics=topics)
    fold_in_chunks(stage, pipeline_load.past(MANY, random.Random(SEED), minutes=720, every=60))  # noqa: S311
    fold_in_chunks(stage, lively())
    models = process.memory_info().rss
    assert len(matcher.topics) == MANY
    return base / MIB, (matched - base) / MIB, (models - matched) / MIB


def fold_in_chunks(stage: DetectStage, partials: Iterator[PartialCount]) -> None:
    """As records of one partition."""
    while chunk := list(islice(partials, 1000)):
        stage.fold([Record(SOURCE, 0, None, codec.encode_partial(one), 0) for one in chunk], pipeline_load.START)
        stage.flush(pipeline_load.START, at_end=True)


def lively() -> Iterator[PartialCount]:
    """Four mentions of each topic in the last ten minutes."""
    rng = random.Random(SEED)  # noqa: S311 - no secret
    vocabulary = [f"word{number}" for number in range(5_000)]
    for number in range(MANY):
        yield _lively(pipeline_load.topic_id(number), START_SECOND, rng, vocabulary)


def _lively(topic: str, second: int, rng: random.Random, vocabulary: Sequence[str]) -> PartialCount:
    fields: dict[str, Any] = {"published_at": pipeline_load.START, "polarity": -0.5, "lang": "en"}
    return PartialCount(
        topic=topic,
        revision=1,
        second=second,
        tally=Tally(mentions=4, negative=2, neutral=2, polarity_sum=-1.0, polarity_squares=0.5),
        platforms={"x": 3, "reddit": 1},
        languages={"en": 4},
        authors=tuple(sorted(rng.getrandbits(64) for _ in range(4))),
        terms=dict.fromkeys(rng.sample(vocabulary, 32), 1),
        samples=tuple(
            Sample(key=f"x:{rng.getrandbits(60)}", text=" ".join(rng.choices(vocabulary, k=25)), **fields)
            for _ in range(4)
        ),
    )


if __name__ == "__main__":
    main()
