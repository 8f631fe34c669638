"""A replay is work that goes on beside other work."""

import asyncio

from streams.broker.base import Outgoing, Partition, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.state import restore
from streams.turns import TURN_BYTES
from tests.fakes.clock import FakeClock
from tests.fakes.summing_stage import SummingStage

NUMBERS = Partition("numbers", 0)


async def test_a_long_replay_gives_the_others_their_turns() -> None:
    clock = FakeClock()
    cluster = MemoryCluster(clock=clock)
    cluster.create(TopicSpec("numbers", 1))
    cluster.append([Outgoing("numbers", None, b"1".rjust(TURN_BYTES), partition=0)] * 8)
    stage = SummingStage(NUMBERS, labour=lambda: clock.work(0.5))
    turns_of_others = []

    async with asyncio.TaskGroup() as group:
        replay = group.create_task(
            restore(
                stage,
                broker=MemoryBroker(cluster),
                partition=NUMBERS,
                changelog=None,
                committed=8,
                stepped=lambda: None,
                clock=clock,
            )
        )
        while not replay.done():
            await clock.until_sleeping()
            turns_of_others.append(len(stage.replayed))
            await clock.advance(0.5 / 20)

    assert turns_of_others == [1, 2, 3, 4, 5, 6, 7, 8]
    assert stage.sum == 8
