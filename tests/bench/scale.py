"""1, 2 and 4 score processes and 1 and 2 detect processes in their consumer groups on Apache Kafka.

The processes of a run share the partitions and stand still while the same mentions are written; then they work until
all is done. What counts is CPU time of the role processes: the wall clock measures the cores of the machine, which the
broker needs too. Every run is checked: each mention counted once, detections and windows as one undisturbed stage would
write them. `SCALE_MENTIONS` sets how many mentions.
"""

import asyncio
import os
import random
import signal
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

import msgspec
import psutil
from aiokafka.admin import AIOKafkaAdminClient

from streams import codec
from streams.app import detect_group
from streams.broker.base import Broker, Outgoing, Partition, Record, TopicSpec
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.kafka_topics import specs
from streams.matching import TopicMatcher
from streams.settings import StreamSettings
from streams.stages.detect import DetectStage
from streams.topic_settings import TopicSettings
from tests.bench import pipeline_load
from tests.bench.report import Report
from tests.fakes.declared import declared
from tests.fakes.role_nursery import RoleNursery
from tests.fakes.trial import summed
from tests.kafka.apache import ApacheKafka
from tests.kafka.selection import quick_settings

SEED: Final = 20_260_101
MENTIONS: Final = int(os.environ.get("SCALE_MENTIONS", "100000"))
PARTITIONS: Final = 4
TOPICS: Final = 1_000
PER_SECOND: Final = 2_000.0
RUNS: Final = ((1, 1), (2, 2), (4, 0))  # score and detect processes
CHUNK: Final = 1000
LOOK_SECONDS: Final = 0.2
QUIET_LOOKS: Final = 25
SESSION_SECONDS: Final = 120.0  # they stand still for a while and stay members
GIVE_UP_SECONDS: Final = 300.0
CPU_GROWTH: Final = "<= 1.1"
CLOCK: Final = SystemClock()


@dataclass(frozen=True, slots=True)
class Work:
    """What so many processes did: records, seconds of the wall clock and of CPU, and whether it is right."""

    processes: int
    records: int
    seconds: float
    cpu_seconds: float
    is_correct: bool

    @property
    def cpu_us(self) -> float:
        """CPU time for each record, microseconds."""
        return self.cpu_seconds / self.records * 1e6


def settings_for(address: str) -> StreamSettings:
    """The benchmark's thousand topics on Kafka topics of their own."""
    name = f"scale-{uuid.uuid4().hex[:8]}"
    kafka = quick_settings(address).model_copy(
        update={
            "mentions": f"{name}.mentions",
            "prefix": name,
            "partitions": PARTITIONS,
            "session_timeout_seconds": SESSION_SECONDS,
        }
    )
    topics = tuple(TopicSettings.model_validate(topic) for topic in pipeline_load.topics(TOPICS))
    return StreamSettings(kafka=kafka, topics=topics)


def specs_of(settings: StreamSettings) -> list[TopicSpec]:
    """Mentions keep the times they were made with, so that event time passes as in a live stream of this rate."""
    as_made = {"message.timestamp.type": "CreateTime"}
    return [
        msgspec.structs.replace(spec, config={**spec.config, **as_made})
        if spec.name == settings.kafka.mentions
        else spec
        for spec in specs(settings)
    ]


class Team:
    """Processes of one role that have shared the partitions among them."""

    def __init__(self, members: Sequence[psutil.Process]) -> None:
        self._members = members
        self._cpu = self._began = 0.0

    def send(self, number: signal.Signals) -> None:
        """Send every process this signal."""
        for member in self._members:
            member.send_signal(number)

    def begin(self) -> None:
        """Let them work, and measure from now on."""
        self._cpu, self._began = self._cpu_seconds(), CLOCK.monotonic()
        self.send(signal.SIGCONT)

    def done(self, records: int, *, is_correct: bool) -> Work:
        """What they did since `begin`."""
        seconds = CLOCK.monotonic() - self._began
        return Work(len(self._members), records, seconds, self._cpu_seconds() - self._cpu, is_correct)

    def _cpu_seconds(self) -> float:
        times = [member.cpu_times() for member in self._members]
        return sum(one.user + one.system for one in times)


async def assembled(nursery: RoleNursery, log: Path, role: str, settings: StreamSettings, count: int) -> Team:
    """So many processes, standing still; their log says nothing more once everybody has a share."""
    members = [psutil.Process(await nursery.bear(role, settings)) for _ in range(count)]
    size, same = -1, 0
    async with asyncio.timeout(GIVE_UP_SECONDS):
        while same < QUIET_LOOKS:
            await CLOCK.sleep(LOOK_SECONDS)
            said = await asyncio.to_thread(log.read_text)
            same = same + 1 if len(said) == size and said.count("partition.restored") >= PARTITIONS else 0
            size = len(said)
    team = Team(members)
    team.send(signal.SIGSTOP)
    return team


async def read(broker: Broker, kafka_topic: str) -> list[list[Record]]:
    """Everything that is committed, by partition."""
    return [
        [record async for pack in broker.scan(Partition(kafka_topic, number), None) for record in pack]
        for number in range(PARTITIONS)
    ]


async def score_work(broker: Broker, settings: StreamSettings, team: Team) -> Work:
    """All mentions through the team."""
    rng = random.Random(SEED)  # noqa: S311 - no secret
    load = pipeline_load.mentions(
        MENTIONS, rng, brands=TOPICS, per_second=PER_SECOND, kafka_topic=settings.kafka.mentions
    )
    waiting = list(load)
    matcher = TopicMatcher(settings.topic_values())
    expected = sum(len(matcher.match(codec.decode_mention(record.value))) for record in waiting)
    for begin in range(0, len(waiting), CHUNK):
        await broker.send(waiting[begin : begin + CHUNK])
    team.begin()
    async with asyncio.timeout(GIVE_UP_SECONDS):
        while await position(settings, f"{settings.kafka.prefix}-score", settings.kafka.mentions) < len(waiting):
            await CLOCK.sleep(LOOK_SECONDS)
    work = team.done(len(waiting), is_correct=False)
    partials = await read(broker, settings.kafka.partials)
    counted = sum(tally.mentions for tally in summed(one for pack in partials for one in pack).values())
    return Work(work.processes, work.records, work.seconds, work.cpu_seconds, counted == expected)


async def detect_work(broker: Broker, settings: StreamSettings, team: Team) -> Work:
    """All partial counts and watermarks through the team."""
    partials = await read(broker, settings.kafka.partials)
    ends = sum(records[-1].offset + 1 for records in partials)
    team.begin()
    async with asyncio.timeout(GIVE_UP_SECONDS):
        while await position(settings, detect_group(settings), settings.kafka.partials) < ends:
            await CLOCK.sleep(LOOK_SECONDS)
    counted = sum(len(codec.decode_of_partials(record.value)) for records in partials for record in records)
    work = team.done(counted, is_correct=False)
    is_correct = True
    for kafka_topic in (settings.kafka.windows, settings.kafka.detections):
        found = [record.value for records in await read(broker, kafka_topic) for record in records]
        told = [
            one.value
            for number, records in enumerate(partials)
            for one in undisturbed(settings, number, records)
            if one.kafka_topic == kafka_topic
        ]
        is_correct &= Counter(found) == Counter(told)
    return Work(work.processes, work.records, work.seconds, work.cpu_seconds, is_correct)


def undisturbed(settings: StreamSettings, number: int, records: Sequence[Record]) -> list[Outgoing]:
    """What one detect stage makes of a partition at one go."""
    stage = DetectStage(number, kafka=settings.kafka, time=settings.time, detect=settings.detect)
    stage.fold(records, CLOCK.now())
    return stage.flush(CLOCK.now(), at_end=True)


async def position(settings: StreamSettings, group: str, kafka_topic: str) -> int:
    """The sum of the group's committed positions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return sum(found.offset for source, found in offsets.items() if source.topic == kafka_topic)


async def measured(node: ApacheKafka, scores: int, detects: int) -> list[tuple[str, Work]]:
    """One run: all mentions through so many score processes, then what they wrote through so many detect processes."""
    settings = settings_for(node.bootstrap_servers)
    done: list[tuple[str, Work]] = []
    with tempfile.TemporaryDirectory(prefix="tocsin-scale-") as folder:
        logs = {role: Path(folder) / f"{role}.log" for role in ("score", "detect")}
        async with KafkaBroker(settings.kafka) as broker, RoleNursery(logs["detect"]) as second:
            await broker.create_topics(specs_of(settings))
            await broker.send(declared(settings))
            team = await assembled(second, logs["detect"], "detect", settings, detects) if detects else None
            async with RoleNursery(logs["score"]) as first:
                scoring = await assembled(first, logs["score"], "score", settings, scores)
                done.append(("score", await score_work(broker, settings, scoring)))
            if team is not None:
                done.append(("detect", await detect_work(broker, settings, team)))
    return done


async def run() -> None:
    """Measure, then print."""
    report = Report("scale", seed=SEED)
    first: dict[str, float] = {}
    with ApacheKafka() as node:
        for scores, detects in RUNS:
            for role, work in await measured(node, scores, detects):
                name = f"{role} x {work.processes}"
                unit = "mention" if role == "score" else "partial count"
                report.add(f"{name}: {unit}s per second", work.records / work.seconds, "1/s")
                report.add(f"{name}: CPU", work.cpu_us, f"us per {unit}")
                report.add(f"{name}: {unit}s per CPU second", 1e6 / work.cpu_us, "1/s")
                growth = work.cpu_us / first.setdefault(role, work.cpu_us)
                report.add(f"{name}: CPU beside one process", growth, "times", goal=CPU_GROWTH)
                report.add(f"{name}: correct", int(work.is_correct), "1 is yes", goal="== 1")
    report.add("cores of this machine, the broker's share included", os.cpu_count() or 0, "")
    report.print()


if __name__ == "__main__":
    asyncio.run(run())
