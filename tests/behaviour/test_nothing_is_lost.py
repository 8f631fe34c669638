import asyncio
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from alerting.follower import IntakeState
from alerting.incidents.model import Transition
from streams.broker.base import Partition, Poll
from streams.broker.memory import MemoryBroker
from streams.broker.memory_consumer import MemoryConsumer
from streams.errors import BrokerUnavailable
from streams.events import Phase, Tally, WindowCount
from tests.fakes.detections import detection
from tests.fakes.house import DETECTIONS, House, World
from tests.fakes.notifier import ScriptedNotifier


class FlakyBroker(MemoryBroker):
    """Kafka that can be taken away."""

    down = False

    async def consumer(self, group: str, kafka_topics: object) -> "FlakyConsumer":
        if self.down:
            raise BrokerUnavailable("no broker answers")
        assert isinstance(kafka_topics, list)
        return FlakyConsumer(self, group, frozenset(kafka_topics))


class FlakyConsumer(MemoryConsumer):
    def __init__(self, broker: FlakyBroker, group: str, kafka_topics: frozenset[str]) -> None:
        super().__init__(broker.cluster, group, kafka_topics)
        self._broker = broker

    async def poll(self, *, max_records: int, wait_seconds: float) -> Poll:
        if self._broker.down:
            raise BrokerUnavailable("no broker answers")
        return await super().poll(max_records=max_records, wait_seconds=min(wait_seconds, 0.01))


async def until(world: World, happened: Callable[[], bool]) -> None:
    """Let time go on, the fake clock's and (for the poll that waits in real time) the machine's, until it happened."""
    for _ in range(200):
        if happened():
            return
        await world.clock.advance(1)
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            pass
    raise AssertionError("it never happened")


async def test_detections_wait_for_the_database_and_are_taken_in_once_it_returns() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    with capture_logs() as logs:
        async with House(world).running() as house:
            house.store.down = True
            world.claim(detection(), detection(Phase.GREW, sequence=1, minutes=1))
            await world.clock.advance(120)
            state_while_down = house.intake.state
            house.store.down = False
            await until(world, lambda: house.intake.state is IntakeState.FOLLOWING)

    assert state_while_down is IntakeState.DATABASE_DOWN
    assert len(world.incidents) == 1
    assert comms.told[0] is Transition.OPENED
    said = [line for line in logs if line["event"] == "intake.waiting" and line["stream"] == "detections"]
    assert len(said) == 1


async def test_a_start_without_database_waits_for_it() -> None:
    world = World()
    house = House(world)
    house.store.down = True
    world.claim(detection())

    async with house.running():
        await world.clock.advance(60)
        state_while_down = house.intake.state
        house.store.down = False
        await world.clock.advance(60)

    assert state_while_down is IntakeState.DATABASE_DOWN
    assert len(world.incidents) == 1
    assert [topic.id for topic in world.tables.topics] == ["refunds"]


async def test_the_wait_for_the_database_grows_to_half_a_minute_and_no_further() -> None:
    world = World()

    async with House(world, without=("delivery", "rescue", "watch")).running() as house:
        house.store.down = True
        world.claim(detection())
        await world.clock.advance(600)
        refused_early = house.store.refused
        await world.clock.advance(300)

    # Waits lie between 15 and 30 s: within 300 s each of the two streams has 10 to 20 of them.
    assert 2 * 9 <= house.store.refused - refused_early <= 2 * 21


async def test_a_commit_whose_answer_was_lost_counts_once() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        house.store.lose_answers = 1
        world.claim(detection())
        await world.clock.advance(5)
        world.claim(detection(Phase.ENDED, sequence=1, minutes=60))
        await world.clock.advance(5)

    assert len(world.incidents) == 1
    assert comms.told == [Transition.OPENED, Transition.RESOLVED]


@pytest.mark.parametrize("at_start", [True, False])
async def test_kafka_down_is_said_once_and_reading_goes_on_where_it_was(*, at_start: bool) -> None:
    world = World()
    broker = FlakyBroker(world.cluster)
    broker.down = at_start

    with capture_logs() as logs:
        async with House(world, broker=broker).running() as house:
            if not at_start:
                world.claim(detection())
                await world.clock.settle()
                broker.down = True
                await until(world, lambda: house.intake.state is IntakeState.KAFKA_DOWN)
            await world.clock.advance(120)
            state_while_down = house.intake.state
            world.claim(detection(), detection(Phase.ENDED, sequence=1, minutes=60))
            broker.down = False
            await world.clock.advance(60)

    assert state_while_down is IntakeState.KAFKA_DOWN
    assert [incident.state.value for incident in world.incidents] == ["resolved"]
    said = [line for line in logs if line["event"] == "intake.waiting" and line["stream"] == "detections"]
    assert len(said) == 1


async def test_a_detection_that_cannot_be_read_is_counted_and_passed_over() -> None:
    world = World()

    with capture_logs() as logs:
        async with House(world).running() as house:
            world.write(DETECTIONS, b"{not json", b"")
            world.claim(detection())
            await world.clock.settle()

            assert house.metric("tocsin_intake_detections_total", outcome="unreadable") == 2
    assert len(world.incidents) == 1
    assert [line["offset"] for line in logs if line["event"] == "intake.detection_unreadable"] == [0, 1]


async def test_a_detection_that_the_database_refuses_is_told_and_holds_up_nobody_behind_it() -> None:
    world = World()
    before, poison, behind = detection(), detection(episode="e\0"), detection(Phase.GREW, sequence=1, minutes=5)

    with capture_logs() as logs:
        async with House(world).running() as house:
            world.claim(before, poison, behind)
            await world.clock.settle()

            assert house.metric("tocsin_intake_refused_total", stream="detections") == 1
            assert house.metric("tocsin_intake_detections_total", outcome="new") == 2
    assert [line["offset"] for line in logs if line["event"] == "intake.record_refused"] == [1]
    assert world.incidents[0].revision > 1


async def test_a_detection_that_makes_no_sense_is_passed_over() -> None:
    world = World()
    sound = detection()

    async with House(world).running() as house:
        world.write(DETECTIONS, b"null")
        world.claim(
            replace(sound, evidence=replace(sound.evidence, window_seconds=0)),
            replace(sound, evidence=replace(sound.evidence, expected=-1.0)),
            replace(sound, at=sound.at.replace(tzinfo=None)),
        )
        await world.clock.settle()

        assert house.metric("tocsin_intake_detections_total", outcome="unreadable") == 4
    assert world.incidents == []


async def test_a_partition_that_another_process_moved_on_is_dropped_and_looked_at_again() -> None:
    world = World()

    async with House(world).running() as house:
        world.claim(detection())
        await world.clock.settle()
        world.tables.positions[DETECTIONS] = 2  # somebody took in one that is not written yet
        world.claim(detection(Phase.GREW, sequence=1, minutes=1), detection(Phase.ENDED, sequence=2, minutes=60))
        await world.clock.settle()
        after_the_loss = world.incidents[0].revision
        await until(world, lambda: world.tables.positions[DETECTIONS] == 3)

        assert house.metric("tocsin_intake_positions_lost_total", stream="detections") == 1
    assert after_the_loss == 1
    assert world.incidents[0].state.value == "resolved"


async def test_windows_are_recorded_with_their_position() -> None:
    world = World()

    async with House(world).running() as house:
        world.count(*(WindowCount("refunds", 60 * minute, 60, Tally(mentions=minute)) for minute in range(3)))
        world.write(Partition("tocsin.windows", 0), b"?")
        await world.clock.advance(1)

        assert house.metric("tocsin_intake_windows_total") == 3
        assert house.metric("tocsin_intake_windows_unreadable_total") == 1
    assert sorted(start for _, start in world.tables.windows) == [0, 60, 120]
    assert world.tables.positions[Partition("tocsin.windows", 0)] == 4


async def test_a_stop_finishes_and_leaves_nothing_behind() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    house = House(world)

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(house.intake.run(house.stop), name="intake")
        group.create_task(house.delivery.run(house.stop), name="delivery")
        world.claim(detection())
        await world.clock.settle()
        house.stop.set()

    assert comms.told == [Transition.OPENED]
    assert world.tables.positions[DETECTIONS] == 1
