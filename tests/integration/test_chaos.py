"""Score and detect on Apache Kafka, killed and frozen at points of their progress: nothing is lost, nothing twice."""

import asyncio
import os
from collections.abc import Awaitable
from pathlib import Path
from statistics import median
from typing import Final

import pytest

from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.settings import StreamSettings
from tests.fakes import turbulent_stream
from tests.fakes.chaos import RoleUnderFire, blows
from tests.fakes.kafka_proxy import Crossing, KafkaProxy
from tests.fakes.role_nursery import RoleNursery
from tests.fakes.trial import Outcome, Trial
from tests.kafka.apache import ApacheKafka
from tests.kafka.selection import quick_settings

SOAK: Final = bool(os.environ.get("TOCSIN_SOAK"))
KILLS: Final = 100 if SOAK else 25  # of each role
FREEZES: Final = 10 if SOAK else 2
PARTITIONS: Final = 3
SEED: Final = 20_260_105

pytestmark = [pytest.mark.integration, pytest.mark.apache, pytest.mark.timeout(1800 if SOAK else 300)]

CLOCK: Final = SystemClock()
MENTIONS: Final = turbulent_stream.mentions(SEED)


def settings_for(bootstrap_servers: str, name: str) -> StreamSettings:
    kafka = quick_settings(bootstrap_servers).model_copy(
        update={
            "mentions": f"{name}.mentions",
            "prefix": name,
            "partitions": PARTITIONS,
            "session_timeout_seconds": 1.5,
        }
    )
    return turbulent_stream.settings(kafka)


def told(role: RoleUnderFire) -> str:
    return (
        f"{role.role}: {role.kills} killed, {role.freezes} frozen; from a kill to the next commit: "
        f"median {median(role.pauses):.1f} s, at most {max(role.pauses):.1f} s"
    )


def assert_nothing_lost_and_nothing_twice(outcome: Outcome) -> None:
    assert outcome.sums == outcome.expected_sums
    for word in turbulent_stream.WORDS:
        counted = sum(tally.mentions for (topic, _), tally in outcome.sums.items() if topic == word)
        assert counted == turbulent_stream.standing(MENTIONS, word)
    assert outcome.dead_letters == len(MENTIONS) // turbulent_stream.UNREADABLE_EVERY
    assert outcome.newest_windows == outcome.expected_windows
    assert outcome.written == outcome.expected_written
    assert all(outcome.written.values())


async def test_roles_killed_and_frozen_again_and_again_lose_nothing_and_count_nothing_twice(
    apache_kafka: ApacheKafka, unique_name: str, tmp_path: Path
) -> None:
    under_fire: list[RoleUnderFire] = []

    def watch(crossing: Crossing) -> Awaitable[None] | None:
        return next((held for role in under_fire if (held := role.watch(crossing)) is not None), None)

    async with (
        KafkaBroker(settings_for(apache_kafka.bootstrap_servers, unique_name).kafka) as broker,
        RoleNursery(tmp_path / "roles.log") as nursery,
        KafkaProxy(apache_kafka.ports, watch=watch) as proxy,
    ):
        trial = Trial(broker, settings_for(apache_kafka.bootstrap_servers, unique_name), MENTIONS, CLOCK)
        await trial.prepare()
        through = settings_for(proxy.address, unique_name)
        under_fire += [
            RoleUnderFire(name, through, nursery, CLOCK, partitions=PARTITIONS) for name in ("score", "detect")
        ]
        falling = [blows(f"{SEED} {role.role}", kills=KILLS, freezes=FREEZES) for role in under_fire]
        wanted = asyncio.Semaphore(1)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(trial.feed(1 + sum(map(len, falling)), wanted), name="feed")
            for role, blows_for_it in zip(under_fire, falling, strict=True):
                await role.start()
                tasks.create_task(role.suffer(blows_for_it, before_each=wanted.release), name=role.role)

        def end() -> None:
            for role in under_fire:
                role.end()

        outcome = await trial.outcome(end_roles=end)

    print(*map(told, under_fire), sep="\n")

    assert_nothing_lost_and_nothing_twice(outcome)
    assert [(role.kills, role.freezes) for role in under_fire] == [(KILLS, FREEZES)] * 2
