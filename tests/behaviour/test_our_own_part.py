"""What we ourselves said in an event is counted, and a reply that draws anger is told at once."""

from datetime import timedelta

import msgspec
from prometheus_client import CollectorRegistry

from alerting.incidents.model import Incident, Transition
from alerting.metrics import AlertingMetrics
from alerting.own_part_desk import OwnPartDesk
from streams.broker.base import Partition
from streams.codec import encode_reply
from streams.findings import Complaint
from streams.public_reply import PublicReply
from streams.topic import Topic
from tests.behaviour.test_nothing_is_lost import until
from tests.fakes.clock import START
from tests.fakes.detections import detection, evidence
from tests.fakes.heard_replies import HeardReplies
from tests.fakes.house import KAFKA, REFUNDS, House, World
from tests.fakes.notifier import ScriptedNotifier

OURS = 99
DELIVERY = Topic(id="delivery", name="Delivery", query="parcel", brand="Acme", owner="Logistics")
SEEN = msgspec.structs.replace(
    evidence(), complaints={f"x:{number}": Complaint(START, 1.0, number) for number in range(10)}
)
BAD = PublicReply(
    "x:bad", ("x:3",), START + timedelta(minutes=2), author_number=OURS, text="Refunds take 30 days. Read the terms."
)


def angry(number: int) -> PublicReply:
    return PublicReply(f"x:a{number}", (), START, to="x:bad", author_number=500 + number, polarity=-0.6, text="a joke")


class Story:
    """An open incident, and answers."""

    def __init__(self, topics: tuple[Topic, ...] = (REFUNDS,)) -> None:
        self.comms = ScriptedNotifier()
        self.world = World(comms=self.comms)
        self.house = House(self.world, topics=topics)
        self.heard = HeardReplies()
        self.desk = OwnPartDesk(
            store=self.house.store,
            replies=self.heard,
            dispatch=self.house.timekeeper._dispatch,
            clock=self.world.clock,
            metrics=AlertingMetrics(CollectorRegistry()),
        )

    async def begin(self) -> None:
        self.world.claim(detection(seen=SEEN))
        await until(self.world, lambda: bool(self.world.incidents))

    async def look(self) -> Incident:
        await self.desk.look()
        return self.world.incidents[0]

    def count(self, transition: Transition) -> int:
        return sum(entry.transition is transition for entry in self.world.tables.entries)


async def test_complaints_are_counted_as_answered_by_us_or_waiting() -> None:
    story = Story()
    async with story.house.running():
        await story.begin()
        story.heard.hear(BAD, PublicReply("x:r", ("x:4",), START + timedelta(minutes=6), author_number=OURS))

        found = (await story.look()).own_part

    assert found is not None
    assert found.waits is not None
    assert (found.waits.looked_at, found.waits.answered, found.waits.unanswered) == (10, 2, 8.0)
    assert found.waits.median_seconds == 240.0  # between 2 and 6 minutes
    assert [one.mention for one in found.waits.waiting] == ["x:0", "x:1", "x:2", "x:5", "x:6"]
    assert found.replies == 2


async def test_a_reply_of_ours_that_draws_anger_is_told_once_and_kept_current_in_silence() -> None:
    story = Story()
    async with story.house.running():
        await story.begin()
        story.heard.hear(BAD, *map(angry, range(20)))
        await story.look()
        await until(story.world, lambda: Transition.BACKLASH in story.comms.told)
        story.heard.hear(*map(angry, range(20, 30)))
        await story.world.clock.advance(61)
        incident = await story.look()

    assert incident.own_part is not None
    [found] = incident.own_part.backlash
    assert (found.answers, found.negative, found.examples[0].text) == (30, 30, "a joke")
    assert story.count(Transition.BACKLASH) == 1
    told = next(entry for entry in story.world.tables.entries if entry.transition is Transition.BACKLASH)
    assert told.text.startswith("Our own reply of 12:02 UTC draws 100% negative answers (20 of 20;")
    assert "30 days" not in told.text


async def test_what_changes_within_a_minute_is_not_written_anew() -> None:
    story = Story()
    async with story.house.running():
        await story.begin()
        story.heard.hear(BAD)
        first = await story.look()
        story.heard.hear(PublicReply("x:r", ("x:4",), START, author_number=OURS))

        assert (await story.look()).revision == first.revision


async def test_without_any_answer_nothing_is_written() -> None:
    story = Story()
    async with story.house.running():
        world, heard = story.world, story.heard
        world.claim(detection())
        await until(world, lambda: bool(world.incidents))

        incident = await story.look()

    assert heard.heard == {}
    assert incident.own_part is None


async def test_answers_of_authors_who_were_erased_are_not_taken_in() -> None:
    story = Story()
    theirs = PublicReply("x:r", ("x:4",), START, author_number=7)
    async with story.house.running() as house:
        house.intake.forget(frozenset({7}))
        story.world.write(Partition(KAFKA.replies, 0), encode_reply(theirs), encode_reply(BAD))
        await until(story.world, lambda: bool(story.world.tables.replies))

    assert set(story.world.tables.replies) == {"x:3"}


async def test_with_two_incidents_of_the_brand_open_one_of_them_tells_it_however_often_they_are_looked_at() -> None:
    story = Story((REFUNDS, DELIVERY))
    async with story.house.running():
        other = msgspec.structs.replace(evidence(observed=900), complaints={"x:50": Complaint(START, 1.0, 50)})
        await story.begin()
        story.world.claim(detection(topic="delivery", episode="e2", seen=other, minutes=200))
        await until(story.world, lambda: len(story.world.incidents) == 2)
        story.heard.hear(msgspec.structs.replace(BAD, brand="Acme"), *map(angry, range(20)))
        for seconds in (1, 16, 16, 61):
            await story.world.clock.advance(seconds)
            await story.look()

    tell = {incident.topic for incident in story.world.incidents if incident.own_part and incident.own_part.backlash}
    assert tell == {"refunds"}  # where the complaint that was answered is known
    assert story.count(Transition.BACKLASH) == 1
