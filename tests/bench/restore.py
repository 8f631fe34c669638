"""What it costs to keep the index of counted mentions in a changelog, and how long a takeover needs to bring it back.

A million mentions, the default size of one partition's index, written in packs of 100 as 500 matched mentions a second
would be. Only CPU time of this process counts, and its memory. With TOCSIN_TEST_KAFKA=host:port the changelog is also
written to Kafka and restored from there, in seconds on the clock.
"""

import asyncio
import gc
import os
import random
import sys
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.broker.base import Outgoing, Partition, Record, TopicSpec
from streams.broker.kafka import KafkaBroker
from streams.counted import Counted
from streams.id_index import IdIndex, hash64
from streams.settings import KafkaSettings, TimeSettings
from streams.stages.score_state import ScoreState
from streams.stages.source_clock import SourceClock
from streams.state import newest_by_key
from tests.bench.report import Report

SEED = 20_260_101
MENTIONS = 1_000_000
PACK = 100
PER_SECOND = 500
START = 1_767_600_000
SENT = 2_000


def counted(number: int, rng: random.Random) -> Counted:
    """One of 1,000 topics, every field filled as it usually is."""
    return Counted(
        seq=None,
        second=START + number // PER_SECOND,
        topics=(f"topic-{rng.randrange(1000)}",),
        polarity=rng.randrange(-8192, 8192) / 8192,
        reach=rng.randrange(100_000),
        engagement=rng.randrange(1000),
        delayed=False,
        history=False,
        platform="x",
        region="US",
        lang="en",
    )


def state(index: IdIndex) -> ScoreState:
    """As the score stage has it."""
    return ScoreState("score-state", index, SourceClock("mentions-0", 6, TimeSettings()), reach=MENTIONS)


def resident_bytes() -> int:
    """Memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def keep(given: list[tuple[str, Counted]]) -> tuple[list[Outgoing], float, float]:
    """The changelog that leads to; CPU seconds of remembering, and of drawing up and encoding what changed."""
    index = IdIndex(MENTIONS, 3600)
    kept = state(index)
    changelog: list[Outgoing] = []
    putting = taking = 0.0
    for start in range(0, len(given), PACK):
        began = time.process_time()
        for key, one in given[start : start + PACK]:
            index.put(key, one)
        put = time.process_time()
        changelog += kept.changes(start + PACK)
        putting += put - began
        taking += time.process_time() - put
    return changelog, putting, taking


async def through_kafka(address: str, changelog: list[Outgoing]) -> float:
    """Seconds on the clock from opening the changelog in Kafka to a filled index."""
    name = f"bench-restore-{uuid.uuid4().hex[:8]}"
    async with KafkaBroker(KafkaSettings(bootstrap_servers=address)) as broker:
        await broker.create_topics([TopicSpec(name, 1, config={"cleanup.policy": "compact"})])
        for start in range(0, len(changelog), SENT):
            await broker.send(
                [Outgoing(name, made.key, made.value, partition=0) for made in changelog[start : start + SENT]]
            )
        began = time.monotonic()
        index = IdIndex(MENTIONS, 3600)
        records, _ = await newest_by_key(broker, Partition(name, 0), lambda: None)
        state(index).restore(records, 1)
        assert len(index) == MENTIONS
        return time.monotonic() - began


def main() -> None:
    """Measure, then print."""
    rng = random.Random(SEED)  # noqa: S311 - no secret
    given = [(f"x:{1_900_000_000_000_000_000 + number * 7919}", counted(number, rng)) for number in range(MENTIONS)]
    hashing = time.process_time()
    for key, _ in given:
        hash64(key)
    hashing = time.process_time() - hashing
    changelog, putting, taking = keep(given)
    del given
    newest = {made.key: made for made in changelog}
    partition = Partition("score-state", 0)
    records = [Record(partition, n, made.key, made.value, 0) for n, made in enumerate(newest.values())]
    value_bytes = sum(len(record.value or b"") for record in records)
    gc.collect()

    before, began = resident_bytes(), time.process_time()
    index = IdIndex(MENTIONS, 3600)
    state(index).restore(records, MENTIONS)
    restoring = time.process_time() - began
    held = resident_bytes() - before

    report = Report("restore", seed=SEED)
    report.add("mentions in the index", len(index), "")
    report.add("packs in the changelog", len(records) - 1, "")
    report.add("remember a mention", (putting - hashing) / MENTIONS * 1e6, "us of CPU, without hashing its id")
    report.add("keep it in the changelog", taking / MENTIONS * 1e6, "us of CPU per mention", goal="< 2")
    report.add("changelog per mention, before compression", value_bytes / MENTIONS, "bytes")
    report.add("memory per mention", held / MENTIONS, "bytes", goal="<= 400")
    report.add("restore the index, decode and fill", restoring, "s of CPU", goal="<= 5")
    address = os.environ.get("TOCSIN_TEST_KAFKA")
    if address:
        seconds = asyncio.run(through_kafka(address, changelog))
        report.add("restore the index from Kafka", seconds, "s on the clock", goal="<= 10")
    report.print()


if __name__ == "__main__":
    main()
