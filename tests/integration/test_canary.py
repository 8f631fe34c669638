"""The canary's whole way through real processes: whichever role stands still or dies, no heartbeat is heard outside."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from alerting.cli.canary_findings import canary_findings
from alerting.cli.doctor import examine, samples_of
from alerting.cli.findings import Finding, Verdict
from streams.clock import SystemClock
from tests.fakes.served import Served, free_port
from tests.fakes.vendors import Vendors
from tests.fakes.watchdog import Watchdog
from tests.kafka.selection import KafkaUnderTest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

CLOCK: Final = SystemClock()
INTERVAL: Final = 1.0
TOPICS: Final = [{"id": "refunds", "name": "Refunds", "query": "refund*"}]
MOST_DRAIN: Final = 10.0  # seconds from SIGTERM to the end
ROLES: Final = ("score", "detect", "alert")


async def until_heard(outside: Watchdog, beats: int) -> None:
    """Return when that many more heartbeats came."""
    wanted = len(outside.heard) + beats
    async with asyncio.timeout(60):
        while len(outside.heard) < wanted:
            await CLOCK.sleep(0.02)


async def drained_in(process: Served) -> tuple[int, float]:
    """How it ended when it was asked to, and after how many seconds."""
    began = CLOCK.monotonic()
    code = await process.stop()
    return code, CLOCK.monotonic() - began


async def until_missed(outside: Watchdog) -> None:
    """Return when none came for two intervals: then whoever waits outside knows."""
    async with asyncio.timeout(60):
        while CLOCK.now().timestamp() - outside.heard[-1] <= 2 * INTERVAL:
            await CLOCK.sleep(0.02)


async def diagnosis(*asked: Served) -> Finding:
    """What `tocsin doctor` says of the canary as soon as it is not well, asking these processes."""
    async with asyncio.timeout(60):
        while True:
            processes = [samples_of(await process.counted()) for process in asked]
            [finding] = canary_findings(processes, CLOCK.now().timestamp())
            if finding.verdict is not Verdict.OK:
                return finding
            await CLOCK.sleep(0.1)


async def test_whichever_role_is_frozen_or_killed_is_missed_within_two_intervals_and_named(
    kafka: KafkaUnderTest, unique_name: str, tmp_path: Path
) -> None:
    chosen = kafka.settings.model_copy(update={"mentions": f"{unique_name}.m", "prefix": unique_name, "partitions": 2})
    async with Watchdog(CLOCK) as outside, Vendors(CLOCK) as vendors, AsyncExitStack() as stack:
        sections: dict[str, Any] = {
            "roles": {"score_port": free_port(), "detect_port": free_port()},
            "canary": {"interval_seconds": INTERVAL, "url": outside.url},
        }
        document = vendors.document(chosen, TOPICS, folder=tmp_path, port=free_port(), **sections)
        processes = {role: Served(tmp_path, document, role=role) for role in ROLES}
        await processes["alert"].command("kafka", "init", seconds=60)
        for process in processes.values():
            stack.push_async_callback(process.gone)
        async with asyncio.TaskGroup() as group:
            for role, process in processes.items():
                group.create_task(process.start(seconds=120), name=role)
        await until_heard(outside, 2)
        healthy = [one for one in await examine(tmp_path / "tocsin.yaml", None, None) if one.part == "canary"]
        late: dict[str, int] = {}
        named: dict[str, str] = {}

        async def missed(blow: str, role: str) -> None:
            """Whoever waits outside knows; and how many heartbeats came all the same, and what the doctor says."""
            struck_at = CLOCK.now().timestamp()
            await until_missed(outside)
            late[f"{role} {blow}"] = sum(at > struck_at for at in outside.heard)
            if role != "alert":  # without it there is nobody who knows
                others = [one for name, one in processes.items() if name != role]
                named[f"{role} {blow}"] = (await diagnosis(*others)).text

        for role in ("score", "detect"):
            processes[role].freeze()
            await missed("frozen", role)
            processes[role].thaw()
            await until_heard(outside, 1)
        read = await processes["score"].metrics("tocsin_mentions_read_total")
        drained = {"score": await drained_in(processes["score"])}
        await processes["score"].start(seconds=120)
        for role in ("alert", "detect"):
            await until_heard(outside, 1)
            await processes[role].kill()
            await missed("killed", role)
            await processes[role].start(seconds=120)
        await until_heard(outside, 1)
        await processes["score"].kill()
        await missed("killed", "score")
        incidents = await processes["alert"].incidents()
        drained |= {role: await drained_in(processes[role]) for role in ("detect", "alert")}

    assert [finding.verdict for finding in healthy] == [Verdict.OK]
    # What was in the air when a role was struck may still arrive; nothing that was sent off afterwards does.
    blows = ("score frozen", "detect frozen", "alert killed", "detect killed", "score killed")
    assert {blow: count <= 1 for blow, count in late.items()} == dict.fromkeys(blows, True)
    assert named["score frozen"].startswith("none came through score or detect for")
    assert named["detect frozen"].startswith("none came through detect or alert, taking in for")
    assert named["score killed"].startswith("none came through score or detect for")
    assert named["detect killed"].startswith("none came through detect or alert, taking in for")
    assert incidents == []
    assert vendors.slack_posts() == vendors.pager_incidents() == {}
    assert sum(read) == 0
    assert {code for code, _ in drained.values()} == {0}
    assert max(seconds for _, seconds in drained.values()) < MOST_DRAIN
