import asyncio
import itertools
from collections.abc import Callable

from alerting.fakes.slack import FakeSlack
from alerting.incidents.delivery import DeliveryState
from alerting.notifiers.slack import SlackNotifier
from tests.fakes.detections import detection
from tests.fakes.egress import LOOPBACK
from tests.fakes.house import House, World

INCIDENTS = 20
TOKEN = "xoxb-of-the-test"


async def let_time_pass(world: World, enough: Callable[[], bool], *, step: float, most_seconds: float) -> None:
    """Move the clock in steps, and let sockets do their work in between."""
    loop = asyncio.get_running_loop()
    for _ in range(int(most_seconds / step)):
        if enough():
            return
        ends_at = loop.time() + 0.01
        while loop.time() < ends_at:
            await world.clock.settle()
            try:
                async with asyncio.timeout(0.002):
                    await asyncio.Event().wait()
            except TimeoutError:
                pass
        await world.clock.advance(step)
    assert enough()


async def test_at_one_message_a_second_none_is_lost_and_none_is_tried_while_slack_says_wait() -> None:
    world = World()
    async with FakeSlack(world.clock, token=TOKEN, seconds_apart=1.0) as slack:
        notifier = SlackNotifier(
            channel="C0123456789", token=TOKEN, api_url=slack.api_url, clock=world.clock, egress=LOOPBACK
        )
        world.notifiers = {"comms": notifier}
        async with House(world).running():
            world.claim(*(detection(topic=f"topic-{number}", episode=f"e{number}") for number in range(INCIDENTS)))
            await let_time_pass(
                world, lambda: len(slack.inbox.entries()) == INCIDENTS, step=0.1, most_seconds=3 * INCIDENTS
            )
            await let_time_pass(
                world,
                lambda: {delivery.state for delivery in world.outbox} == {DeliveryState.SENT},
                step=0.1,
                most_seconds=5,
            )
        await notifier.close()

        arrived = sorted(entry.at for entry in slack.inbox.entries())
        gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(arrived)]
        assert len({delivery.incident for delivery in world.outbox}) == INCIDENTS
        assert slack.limit.impatient == 0
        assert slack.limit.refused > 0
        assert max(gaps) <= 1 + 1  # what Slack asked for, and one second more
