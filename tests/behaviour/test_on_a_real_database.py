"""The same promises with SQLite on disk and the machine's clock: what a fake store cannot prove."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry

from alerting.acts import Acts
from alerting.delivery import DeliveryLoop
from alerting.dispatch import Dispatch
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import IncidentState, Transition
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.incidents.store import IncidentFilter
from alerting.intake import Intake
from alerting.metrics import AlertingMetrics
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from alerting.settings import DatabaseSettings, DeliverySettings
from streams.broker.memory import MemoryBroker
from streams.clock import SystemClock
from streams.events import Phase, Tally, WindowCount
from tests.fakes.detections import detection
from tests.fakes.house import KAFKA, REFUNDS, WINDOWS, World
from tests.fakes.notifier import ScriptedNotifier

CLOCK = SystemClock()
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class Process:
    """One process on SQLite; leaving `process` kills it."""

    def __init__(self, store: SqlStore, acts: Acts) -> None:
        self.store = store
        self.acts = acts


@asynccontextmanager
async def process(world: World, path: Path, *, deliver: bool = True) -> AsyncIterator[Process]:
    store = await open_store(DatabaseSettings(url=f"sqlite:///{path / 'tocsin.db'}"), CLOCK)
    metrics = AlertingMetrics(CollectorRegistry())
    receivers = Receivers({name: [notifier] for name, notifier in world.notifiers.items()})
    dispatch = Dispatch(Routes(RouteSettings(receiver="comms")), receivers)
    intake = Intake(
        broker=MemoryBroker(world.cluster),
        store=store,
        dispatch=dispatch,
        topics=[REFUNDS],
        kafka=KAFKA,
        clock=CLOCK,
        metrics=metrics,
    )
    delivery = DeliveryLoop(
        store=store,
        receivers=receivers,
        settings=DeliverySettings(),
        clock=CLOCK,
        metrics=metrics,
        rng=random.Random(1),  # noqa: S311  # jitter that a test can repeat
    )
    stop = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(intake.run(stop), name="intake")]
            if deliver:
                tasks.append(group.create_task(delivery.run(stop), name="delivery"))
            try:
                yield Process(store, Acts(store, dispatch, CLOCK, metrics))
            finally:
                for task in tasks:
                    task.cancel()
    finally:
        await store.close()


async def happened(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(10):
        while not condition():
            await CLOCK.sleep(0.02)


async def incident_of(store: SqlStore, *states: IncidentState) -> str:
    async with asyncio.timeout(10):
        while True:
            page = await store.find(IncidentFilter(states=states), cursor=None, limit=10)
            if page.incidents:
                assert len(page.incidents) == 1
                return page.incidents[0].id
            await CLOCK.sleep(0.02)


async def test_what_was_committed_before_a_kill_is_told_after_the_restart_once(tmp_path: Path) -> None:
    comms = ScriptedNotifier("C1:1.0")
    world = World(comms=comms)
    async with process(world, tmp_path, deliver=False) as first:
        world.claim(detection(), detection())
        before = await incident_of(first.store, IncidentState.TRIGGERED)

    async with process(world, tmp_path) as second:
        await happened(lambda: len(comms.attempts) == 1)
        after = await incident_of(second.store, IncidentState.TRIGGERED)

    assert before == after
    assert comms.told == [Transition.OPENED]


async def test_an_incident_is_told_acknowledged_and_resolved_in_one_conversation(tmp_path: Path) -> None:
    comms = ScriptedNotifier("C1:1.0")
    world = World(comms=comms)

    async with process(world, tmp_path) as running:
        world.claim(detection())
        incident = await incident_of(running.store, IncidentState.TRIGGERED)
        await running.acts.acknowledge(incident, by="Kim")
        await happened(lambda: len(comms.attempts) == 2)
        world.claim(detection(Phase.ENDED, sequence=1, minutes=60))
        await happened(lambda: len(comms.attempts) == 3)
        async with asyncio.timeout(10):
            while {delivery.state for delivery in await running.store.deliveries(incident)} != {DeliveryState.SENT}:
                await CLOCK.sleep(0.02)
        timeline = await running.store.timeline(incident)

    assert comms.told == [Transition.OPENED, Transition.ACKNOWLEDGED, Transition.RESOLVED]
    assert [attempt.reference for attempt in comms.attempts] == [None, "C1:1.0", "ref-2"]
    assert [entry.transition for entry in timeline] == comms.told


async def test_a_window_backlog_does_not_hold_up_a_page(tmp_path: Path) -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    first = int(NOW.timestamp()) // 60 * 60
    world.count(*(WindowCount("refunds", first + 60 * minute, 60, Tally(mentions=minute)) for minute in range(20_000)))
    world.claim(detection())

    async with process(world, tmp_path) as running:
        await happened(lambda: len(comms.attempts) == 1)
        async with running.store.begin() as unit:
            windows_taken_in = await unit.position(WINDOWS)

    assert (windows_taken_in or 0) < 20_000
