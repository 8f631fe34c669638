"""The chart of an incident as a picture in the thread of its message."""

import asyncio
import sys

import pytest
from prometheus_client import CollectorRegistry

from alerting.charts import svg
from alerting.charts.chart import Chart
from alerting.fakes.slack import FakeSlack
from alerting.incidents.delivery import Delivery
from alerting.incidents.model import Transition
from alerting.metrics import AlertingMetrics
from alerting.notifiers.slack import SlackNotifier
from alerting.painter import Painter
from alerting.pictures import MOST_WAITING, Pictures
from alerting.receivers import Receivers
from tests.fakes.clock import START, FakeClock
from tests.fakes.egress import LOOPBACK
from tests.fakes.messages import message
from tests.fakes.stored import delivery, incident, sent
from tests.fakes.storyboard import REFUNDS, storyboard

DRAWING = svg.render(Chart("", "", START, START.replace(hour=13)))
HANGS = Painter((sys.executable, "-c", "import time; time.sleep(600)"), seconds=0.2)
DIES = Painter((sys.executable, "-c", "import sys; sys.exit(3)"))
LIES = Painter((sys.executable, "-c", "print('no picture')"))
NOWHERE = Painter(("/nowhere/at/all",))


async def test_a_chart_becomes_a_picture_as_wide_as_the_console_shows_it() -> None:
    png = await Painter().png(DRAWING)

    assert png is not None
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(png[16:20]) == 1160


@pytest.mark.parametrize("painter", [HANGS, DIES, LIES, NOWHERE], ids=["hangs", "dies", "lies", "is not there"])
async def test_what_cannot_draw_is_given_up_and_nobody_waits_for_it(painter: Painter) -> None:
    async with asyncio.timeout(20):
        png = await painter.png(DRAWING)

    assert png is None


def told(change: Transition, reference: str) -> Delivery:
    return sent(delivery("d1", incident(1), change, notifier="slack:0"), reference)


async def shown(painter: Painter, change: Transition, *, charts: bool = True) -> tuple[FakeSlack, AlertingMetrics, str]:
    """What stands in Slack after the page and whatever was drawn for it."""
    clock, metrics = FakeClock(), AlertingMetrics(CollectorRegistry())
    async with FakeSlack(clock, token="xoxb") as slack, asyncio.TaskGroup() as group:
        notifier = SlackNotifier(
            channel="C0123456789", token="xoxb", api_url=slack.api_url, clock=clock, egress=LOOPBACK, charts=charts
        )
        receipt = await notifier.send(message(), reference=None, timeout_seconds=5)
        pictures = Pictures(storyboard(START), Receivers({"comms": [notifier]}), clock, metrics, painter)
        stop = asyncio.Event()
        page = told(change, str(receipt.reference))
        pictures.offer(
            Delivery(**{name: getattr(page, name) for name in page.__struct_fields__} | {"incident": REFUNDS})
        )
        running = group.create_task(pictures.run(stop), name="pictures")
        async with asyncio.timeout(30):
            await clock.until_sleeping()
        stop.set()
        await clock.advance(2)
        await running
        await notifier.close()
    return slack, metrics, str(receipt.reference)


async def test_the_picture_joins_the_thread_of_the_page_that_has_arrived() -> None:
    slack, metrics, reference = await shown(Painter(), Transition.OPENED)

    [(channel, thread, title)] = slack.files.shared
    assert f"{channel}:{thread}" == reference
    assert title == "Acme Refunds: surge of angry mentions"
    assert next(iter(slack.files.uploaded.values())).startswith(b"\x89PNG")
    assert metrics.registry.get_sample_value("tocsin_pictures_total", {"outcome": "shown"}) == 1


async def test_a_renderer_that_hangs_leaves_the_page_without_a_picture() -> None:
    slack, metrics, _ = await shown(HANGS, Transition.OPENED)

    assert slack.files.shared == []
    assert len(slack.inbox.entries()) == 1
    assert metrics.registry.get_sample_value("tocsin_pictures_total", {"outcome": "not_drawn"}) == 1


@pytest.mark.parametrize(("change", "charts"), [(Transition.GREW, True), (Transition.OPENED, False)])
async def test_only_pages_get_one_and_only_where_they_are_wanted(change: Transition, charts: bool) -> None:  # noqa: FBT001  # a parameter
    slack, _, _ = await shown(Painter(), change, charts=charts)

    assert slack.files.shared == []


async def test_what_waits_is_bounded() -> None:
    clock, metrics = FakeClock(), AlertingMetrics(CollectorRegistry())
    notifier = SlackNotifier(
        channel="C1", token="xoxb", api_url="http://127.0.0.1:9/", clock=clock, egress=LOOPBACK, charts=True
    )
    pictures = Pictures(storyboard(START), Receivers({"comms": [notifier]}), clock, metrics)

    for _ in range(3 * MOST_WAITING):
        pictures.offer(told(Transition.OPENED, "C1:1"))

    assert len(pictures._waiting) == MOST_WAITING
    await notifier.close()
