"""Draining a backlog of mentions once, with the roles' own workers in this process."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry

from streams import codec
from streams.app import detect_group, detect_role, score_group, score_role
from streams.broker.base import Partition
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.events import PartialCount, Phase
from streams.kafka_topics import specs
from streams.metrics import StreamMetrics
from streams.produce import load_history
from streams.role import Role
from streams.settings import StreamSettings
from tests.bench.cpu_samples import CpuSamples
from tests.fakes.declared import declared

CLOCK: Final = SystemClock()
PATIENCE_SECONDS: Final = 600.0  # only CPU time counts: a busy machine takes longer
_LOOK_EVERY_SECONDS: Final = 0.25  # a look at the metrics takes CPU time too, half a millisecond and more


class Drained(NamedTuple):
    """What draining the backlog once took and gave, its first fifth left out.

    Attributes:
        topics: Topics of a matched mention, the mean.
    """

    mentions: int
    cpu_seconds: float
    seconds: float
    matched: float
    topics: float
    partials: float
    commits: float
    records: float
    windows: float
    detections: float

    @property
    def each(self) -> float:
        """CPU seconds of a mention."""
        return self.cpu_seconds / self.mentions


async def drain(
    of: StreamSettings,
    broker: KafkaBroker,
    mentions: int,
    *,
    past: Iterator[PartialCount],
    samples: CpuSamples | None = None,
) -> Drained:
    """Both roles, from a fifth of the mentions that are there to the last partial count decided on.

    Args:
        past: What the topics' detectors have learned by then.
    """
    await broker.create_topics(specs(of))
    await broker.send(declared(of))
    registry = CollectorRegistry()
    metrics = StreamMetrics(registry)
    counted = partial(count, registry, of)
    history = await load_history(past, broker, of)
    async with running(detect_role(of, broker, CLOCK, metrics)):
        await until(lambda: counted("partials_read") >= history)
        windows = counted("windows_written")
        score = score_role(of, broker, CLOCK, metrics)
        async with running(score):
            await until(lambda: counted("mentions_read") >= mentions // 5)
            commits, records = counted("commits"), counted("records_written")
            partials, already = counted("partials_written"), taken_in(score)
            if samples is not None:
                samples.begin()
            began, cpu = CLOCK.monotonic(), time.process_time()
            await until(lambda: counted("mentions_read") >= mentions)
            await until(lambda: counted("partials_read") >= history + counted("partials_written"))
            cpu, seconds = time.process_time() - cpu, CLOCK.monotonic() - began
            if samples is not None:
                samples.end()
    return Drained(
        mentions=mentions - already,
        cpu_seconds=cpu,
        seconds=seconds,
        matched=counted("mentions_matched") / mentions,
        topics=await hits(broker, of) / counted("mentions_matched"),
        partials=counted("partials_written") - partials,
        commits=counted("commits") - commits,
        records=counted("records_written") - records,
        windows=counted("windows_written") - windows,
        detections=registry.get_sample_value("tocsin_detections_total", {"phase": Phase.OPENED.value}) or 0.0,
    )


def count(registry: CollectorRegistry, of: StreamSettings, name: str) -> float:
    """The metric's total over both roles."""
    groups: tuple[dict[str, str], ...] = ({}, {"group": score_group(of)}, {"group": detect_group(of)})
    return sum(registry.get_sample_value(f"tocsin_{name}_total", labels) or 0.0 for labels in groups)


async def hits(broker: KafkaBroker, of: StreamSettings) -> int:
    """Mentions in all partial counts of the present: each once for every topic of it."""
    total = 0
    for number in range(of.kafka.partitions):
        async for records in broker.scan(Partition(of.kafka.partials, number), None):
            for record in records:
                total += sum(
                    value.tally.mentions
                    for value in codec.decode_of_partials(record.value)
                    if isinstance(value, PartialCount) and not value.history
                )
    return total


def taken_in(score: Role) -> int:
    """Mentions folded so far, also those that no commit tells of yet."""
    assert score._worker is not None
    assert score._worker._lanes is not None
    return sum(lane.position or 0 for lane in score._worker._lanes)


@asynccontextmanager
async def running(role: Role) -> AsyncIterator[None]:
    """The role, from ready to stopped."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(role.run(stop), name=role.name)
        await role.until_ready()
        yield
        stop.set()


async def until(reached: Callable[[], bool]) -> None:
    """Return when it is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not reached():
            await CLOCK.sleep(_LOOK_EVERY_SECONDS)
