"""What the brand answers in public stops a clock of the incident, and everybody who was told hears of the first."""

from datetime import timedelta

import msgspec

from alerting.incidents.model import Transition
from alerting.incidents.public_answers import PublicAnswers
from alerting.settings import TargetSettings
from streams.broker.base import Partition
from streams.codec import encode_reply
from streams.events import Sample
from streams.public_reply import PublicReply
from tests.behaviour.test_nothing_is_lost import until
from tests.fakes.clock import START
from tests.fakes.detections import detection, evidence
from tests.fakes.house import KAFKA, House, World
from tests.fakes.notifier import ScriptedNotifier

REPLIES = Partition(KAFKA.replies, 0)
SEEN = msgspec.structs.replace(
    evidence(), samples=tuple(Sample(f"x:{number}", "where is my refund", START) for number in range(4))
)


def reply(number: int, minutes: float) -> bytes:
    return encode_reply(PublicReply(f"x:9{number}", (f"x:{number}",), START + timedelta(minutes=minutes)))


async def test_answers_are_counted_whether_they_come_before_the_page_or_after_it() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    async with House(world, targets=TargetSettings()).running() as house:
        world.write(REPLIES, reply(0, -1))
        world.claim(detection(seen=SEEN))
        await until(world, lambda: bool(world.incidents) and world.incidents[0].answers is not None)
        before = world.incidents[0].answers
        world.write(REPLIES, reply(1, 2), reply(1, 2), reply(7, 2), b"rubbish")
        await until(world, lambda: world.incidents[0].answers != before)
        await world.clock.advance(5)

    [incident] = world.incidents
    assert before == PublicAnswers(4, 1, START - timedelta(minutes=1))
    assert incident.answers == PublicAnswers(4, 2, START - timedelta(minutes=1))
    assert comms.told.count(Transition.ANSWERED) == 1
    assert house.metric("tocsin_public_replies_total") == 4


async def test_where_the_brands_answers_are_not_in_the_stream_nobody_pretends_to_know() -> None:
    world = World()
    async with House(world, targets=TargetSettings()).running():
        world.claim(detection(seen=SEEN))
        await world.clock.advance(7200)

    [incident] = world.incidents
    assert incident.answers is None
    assert Transition.ANSWER_OVERDUE not in {entry.transition for entry in world.tables.entries}
