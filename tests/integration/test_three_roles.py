"""The three roles as processes of their own: one trace through all of them, and none that is silent goes unnoticed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import aiohttp
import msgspec
import pytest
import pytest_asyncio
import yaml

from alerting.cli.canary_findings import canary_findings
from alerting.cli.doctor import examine, samples_of
from alerting.cli.findings import Finding, Verdict
from streams.broker.registry import open_broker
from streams.clock import SystemClock
from streams.settings import KafkaSettings
from streams.tracing import TRACEPARENT
from tests.fakes import refund_crisis
from tests.fakes.clock import START
from tests.fakes.collector import Collector, Gathered
from tests.fakes.served import Served, free_port
from tests.fakes.vendors import API_KEY, Vendors
from tests.fakes.watchdog import Watchdog
from tests.kafka.selection import KafkaUnderTest
from tests.postgres.databases import databases_on

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400), pytest.mark.asyncio(loop_scope="module")]

CLOCK: Final = SystemClock()
INTERVAL: Final = 1.0
TOPICS: Final = [{"id": "refunds", "name": "Refunds", "query": "refund", "collecting_since": START.isoformat()}]
PARCELS: Final = TOPICS[0] | {"id": "parcels", "name": "Parcels", "query": "parcel", "brand": "Parcel Service"}
DETECT: Final = {"pages_per_week": 1.0, "warm_up_mentions": 30, "quiet_hours_to_end": 0.5}
MOST_DRAIN: Final = 10.0  # seconds from SIGTERM to the end
ROLES: Final = ("score", "detect", "alert")
OTHER_CHANNEL: Final = "C0PARCELS"
TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
OUTSIDE: Final = f"00-{TRACE}-00f067aa0ba902b7-01"  # what whoever wrote the mentions was doing
STAGES: Final = {
    ("tocsin-score", "score"),
    ("tocsin-detect", "detect"),
    ("tocsin-alert", "incident"),
    ("tocsin-alert", "deliver"),
}
SOON: Final = {"OTEL_BSP_SCHEDULE_DELAY": "200"}  # milliseconds for which spans are gathered; 5,000 without it


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


@dataclass(frozen=True, slots=True)
class House:
    """Three processes on one Kafka and one database, and everybody outside whom they talk to."""

    kafka: KafkaSettings
    folder: Path
    document: dict[str, Any]
    processes: dict[str, Served]
    outside: Watchdog
    vendors: Vendors
    collector: Collector


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    _kafka: KafkaUnderTest, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """All three are ready, and heartbeats come."""
    name, folder = f"three-roles-{uuid4().hex[:8]}", tmp_path_factory.mktemp("three-roles")
    chosen = _kafka.settings.model_copy(update={"mentions": f"{name}.m", "prefix": name, "partitions": 2})
    async with (
        Watchdog(CLOCK) as outside,
        Vendors(CLOCK) as vendors,
        Collector(CLOCK) as collector,
        databases_on(postgres_url) as database,
        AsyncExitStack() as stack,
    ):
        sections: dict[str, Any] = {
            "roles": {"score_port": free_port(), "detect_port": free_port()},
            "canary": {"interval_seconds": INTERVAL, "url": outside.url},
            "tracing": {"endpoint": collector.url},
            "detect": DETECT,
            "database": {"url": await database()},
        }
        document = vendors.document(chosen, TOPICS, folder=folder, port=free_port(), **sections)
        processes = {role: Served(folder, document, role=role, environ=SOON) for role in ROLES}
        await processes["alert"].command("kafka", "init", seconds=60)
        for process in processes.values():
            stack.push_async_callback(process.gone)
        async with asyncio.TaskGroup() as group:
            for role, process in processes.items():
                group.create_task(process.start(seconds=120), name=role)
        await until_heard(outside, 2)
        yield House(chosen, folder, document, processes, outside, vendors, collector)


async def replay(house: House, *headers: tuple[str, bytes]) -> None:
    """Five recorded hours in which refunds break, as they came in."""
    recorded = refund_crisis.outgoing(house.kafka, refund_crisis.mentions())
    async with open_broker(house.kafka) as broker:
        await broker.send([msgspec.structs.replace(one, headers=headers) for one in recorded])


def whole(spans: list[Gathered]) -> list[Gathered]:
    """From the score stage to the incident that both vendors were told of, then their attempts; empty before that."""
    known = {span.span: span for span in spans}
    for incident in (span for span in spans if span.name == "incident"):
        told = [span for span in spans if span.name == "deliver" and span.parent == incident.span]
        detected = known.get(incident.parent)
        scored = known.get(detected.parent) if detected else None
        if {span.attributes["notifier"] for span in told} == {"slack", "pagerduty"} and detected and scored:
            return [scored, detected, incident, *told]
    return []


async def test_an_incident_is_one_trace_from_the_mention_to_both_its_pages(house: House) -> None:
    await replay(house, (TRACEPARENT, OUTSIDE.encode()))

    async with asyncio.timeout(60):
        while not (found := whole([span for span in house.collector.spans if span.trace == TRACE])):
            await CLOCK.sleep(0.05)

    assert {(span.service, span.name) for span in found} == STAGES
    assert found[0].parent == OUTSIDE.split("-")[2]
    assert (len(house.vendors.slack_posts()), len(house.vendors.pager_incidents())) == (1, 1)


async def posted(house: House, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    """What the alert role answers."""
    headers = {"Authorization": f"Bearer {API_KEY}"}
    url = f"http://127.0.0.1:{house.document['api']['port']}{path}"
    async with aiohttp.ClientSession(headers=headers) as http, http.post(url, json=body) as answer:
        return answer.status, await answer.json()


async def reloaded(house: House, document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """What the alert role answers to a reload of this configuration."""
    (house.folder / "tocsin.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return await posted(house, "/-/reload")


async def test_a_reload_brings_topics_and_receivers_into_force_on_kafka_and_postgres_or_changes_nothing(
    house: House,
) -> None:
    care = house.document["receivers"][0]
    slack = {**care["notifiers"][0], "channel": OTHER_CHANNEL}
    changed = house.document | {
        "topics": [*TOPICS, PARCELS],
        "receivers": [care, {"name": "parcels", "notifiers": [slack]}],
        "route": house.document["route"] | {"routes": [{"matchers": ["topic=parcels"], "receiver": "parcels"}]},
    }
    moved = changed | {
        "kafka": changed["kafka"] | {"partitions": 3},
        "database": {"url": "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"},
    }

    refused = await reloaded(house, moved)
    taken = await reloaded(house, changed)
    asked = await posted(house, "/api/v1/drills", {"receiver": "parcels"})
    async with asyncio.timeout(60):
        while OTHER_CHANNEL not in {call.arguments.get("channel") for call in house.vendors.slack.calls}:
            await CLOCK.sleep(0.05)

    assert refused[0] == 409
    assert refused[1]["keys"] == ["kafka.partitions", "database.url"]
    assert (taken, asked[0]) == ((200, {"changed": ["topics", "receivers", "route"]}), 202)


# Stands last: it leaves nobody running.
async def test_whichever_role_is_frozen_or_killed_is_missed_within_two_intervals_and_named(house: House) -> None:
    outside, processes, vendors = house.outside, house.processes, house.vendors
    told = (await processes["alert"].incidents(), vendors.slack_posts(), vendors.pager_incidents())
    read = await processes["score"].metrics("tocsin_mentions_read_total")
    healthy = [one for one in await examine(house.folder / "tocsin.yaml", None, None) if one.part == "canary"]
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
    read_then = await processes["score"].metrics("tocsin_mentions_read_total")
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
    # The canaries of all that time told nobody, and counted nowhere; what was replayed may still have gone on.
    assert [one["id"] for one in incidents] == [one["id"] for one in told[0]]
    assert vendors.slack_posts().keys() == told[1].keys()
    assert vendors.pager_incidents().keys() == told[2].keys()
    assert sum(read_then) == sum(read)
    assert {code for code, _ in drained.values()} == {0}
    assert max(seconds for _, seconds in drained.values()) < MOST_DRAIN
