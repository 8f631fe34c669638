"""How long nobody is paged after a process was killed, with the times that are set by default."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Final

import pytest

from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.settings import KafkaSettings, StreamSettings
from tests.fakes import turbulent_stream
from tests.fakes.chaos import RoleUnderFire
from tests.fakes.kafka_proxy import Crossing, KafkaProxy
from tests.fakes.role_nursery import RoleNursery
from tests.fakes.trial import Trial
from tests.kafka.apache import ApacheKafka

pytestmark = [pytest.mark.integration, pytest.mark.apache]

CLOCK: Final = SystemClock()
PROMISED_SECONDS: Final = 15.0
PARTS: Final = 600


def settings_for(bootstrap_servers: str, name: str) -> StreamSettings:
    return turbulent_stream.settings(
        KafkaSettings(bootstrap_servers=bootstrap_servers, mentions=f"{name}.mentions", prefix=name, partitions=1)
    )


async def test_pages_flow_again_within_fifteen_seconds_after_both_roles_lost_the_process_that_did_the_work(
    apache_kafka: ApacheKafka, unique_name: str, tmp_path: Path
) -> None:
    roles: list[RoleUnderFire] = []

    def watch(crossing: Crossing) -> Awaitable[None] | None:
        return next((held for role in roles if (held := role.watch(crossing)) is not None), None)

    async def all_the_time(wanted: asyncio.Semaphore) -> None:
        for _ in range(PARTS):
            wanted.release()
            await CLOCK.sleep(0.05)

    async with (
        KafkaBroker(settings_for(apache_kafka.bootstrap_servers, unique_name).kafka) as broker,
        RoleNursery(tmp_path / "roles.log") as nursery,
        KafkaProxy(apache_kafka.ports, watch=watch) as proxy,
    ):
        settings = settings_for(apache_kafka.bootstrap_servers, unique_name)
        trial = Trial(broker, settings, turbulent_stream.mentions(seed=7), CLOCK)
        await trial.prepare()
        roles += [
            RoleUnderFire(name, settings_for(proxy.address, unique_name), nursery, CLOCK, partitions=1)
            for name in ("score", "detect")
        ]
        wanted = asyncio.Semaphore(0)
        async with asyncio.TaskGroup() as tasks:
            feeding = tasks.create_task(trial.feed(PARTS, wanted), name="feed")
            flowing = tasks.create_task(all_the_time(wanted), name="flow")
            for role in roles:
                await role.start()
            lost = [tasks.create_task(role.lose_one(), name=role.role) for role in roles]
            await asyncio.wait(lost)
            flowing.cancel()
            feeding.cancel()
        for role in roles:
            role.end()

    pauses = {role.role: task.result() for role, task in zip(roles, lost, strict=True)}
    print(*(f"{role}: {seconds:.1f} s from the kill to the next commit" for role, seconds in pauses.items()), sep="\n")
    assert max(pauses.values()) <= PROMISED_SECONDS
