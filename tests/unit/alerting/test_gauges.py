import asyncio

from alerting.gauges import Gauges
from alerting.metrics import AlertingMetrics
from tests.fakes.detections import detection
from tests.fakes.house import House, World


async def test_gauges_show_open_incidents_and_what_waits_in_the_outbox() -> None:
    world = World()
    house = House(world, without=("delivery",))
    async with house.running():
        world.claim(*(detection(topic=f"t{number}", episode=str(number)) for number in range(3)))
        await world.clock.advance(4)
    other = House(world)
    metrics = AlertingMetrics(other.registry.__class__())

    await Gauges(other.store, world.clock, metrics).read()

    registry = metrics.registry
    assert registry.get_sample_value("tocsin_incidents_open", {"severity": "SEV2"}) == 3
    assert registry.get_sample_value("tocsin_incidents_open", {"severity": "SEV1"}) == 0
    assert registry.get_sample_value("tocsin_outbox_pending") == 3
    assert registry.get_sample_value("tocsin_outbox_age_seconds") == 4


async def test_gauges_outlive_a_database_that_is_away() -> None:
    world = World()
    house = House(world)
    metrics = AlertingMetrics(house.registry.__class__())
    house.store.down = True
    stop = asyncio.Event()

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(Gauges(house.store, world.clock, metrics).run(stop), name="gauges")
        await world.clock.advance(6)
        house.store.down = False
        await world.clock.advance(6)
        stop.set()

    assert metrics.registry.get_sample_value("tocsin_outbox_pending") == 0
    assert house.store.refused == 2
