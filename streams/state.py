"""Bringing a partition's state back: snapshots from the changelog, then a replay of the input."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Final

import msgspec
import structlog

from streams.broker.base import Broker, Partition, Record
from streams.clock import Clock
from streams.stages.base import Stage
from streams.turns import pause_seconds, turns

_TOLD_REBUILDS: Final = 10

log = structlog.get_logger(__name__)


class Restoration(msgspec.Struct, frozen=True):
    """How a stage was brought back.

    Attributes:
        position: The offset to go on from, None for the oldest record.
        changelog_end: The offset behind the last record of the changelog; 0 where there is none.
        rebuilds: What could not be read and was built anew.
    """

    position: int | None
    changelog_end: int
    rebuilds: tuple[str, ...]


async def restore(
    stage: Stage,
    *,
    broker: Broker,
    partition: Partition,
    changelog: str | None,
    committed: int | None,
    stepped: Callable[[], None],
    clock: Clock,
) -> Restoration:
    """Bring `stage` to where the committed outputs end.

    To be called after `PartitionWriter.open`, whose answer `committed` is: from then on nobody else writes the
    changelog. Where the group's position has expired but snapshots remain, reading goes on from what they include.

    Args:
        changelog: Kafka topic with the stage's snapshots, read at the number of `partition`; None for a stage without.
        stepped: Called for every pack of records.
        clock: Gives the others in the process their turns: a minute of partial counts takes seconds to replay.

    Raises:
        StateCorrupted: The changelog or the input cannot be read as what it should be.
        BrokerUnavailable: Nothing is lost; try again with a new stage.
    """
    snapshots: tuple[Record, ...] = ()
    end = 0
    if changelog is not None:
        snapshots, end = await newest_by_key(broker, Partition(changelog, partition.number), stepped)
    restored = stage.restore(snapshots, committed)
    start = restored.replay_from
    for reason in restored.rebuilds[:_TOLD_REBUILDS]:
        log.error("state.rebuilt", partition=str(partition), reason=reason, read_from=start, read_to=committed)
    if committed is None:
        return Restoration(start, end, restored.rebuilds)
    if start is None or start < committed:
        async for records in broker.scan(partition, start, committed):
            for turn in turns(records):
                began = clock.monotonic()
                stage.replay(turn)
                stepped()
                await clock.sleep(pause_seconds(clock.monotonic() - began))
    return Restoration(committed, end, restored.rebuilds)


async def newest_by_key(
    broker: Broker, changelog: Partition, stepped: Callable[[], None]
) -> tuple[tuple[Record, ...], int]:
    """What compaction would leave, oldest first, and where it ends; the broker compacts only now and then."""
    newest: dict[bytes | None, Record] = {}
    end = 0
    async for records in broker.scan(changelog, None):
        stepped()
        for record in records:
            newest.pop(record.key, None)
            if record.value is not None:
                newest[record.key] = record
        end = records[-1].offset + 1
    return tuple(newest.values()), end


async def is_unchanged(broker: Broker, changelog: Partition, end: int) -> bool:
    """Whether nobody wrote behind `end` of the changelog.

    Raises:
        BrokerUnavailable: Nobody knows; try again.
    """
    async with aclosing(broker.scan(changelog, end)) as packs:  # type: ignore[type-var]  # scan is a generator
        async for _ in packs:
            return False
    return True
