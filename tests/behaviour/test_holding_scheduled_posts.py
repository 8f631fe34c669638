"""A tragedy: what is proposed, what a human confirms, what whoever publishes hears, and how it ends."""

from datetime import timedelta

import msgspec
import pytest

from alerting.directives.errand import Hook
from alerting.directives.post_hold import HoldState
from alerting.errors import DeliveryRejected, DeliveryRetryable, Stale, TransitionRefused
from alerting.holds import HoldWish
from alerting.incidents.model import Transition
from alerting.incidents.playbook import PlaybookClass
from alerting.playbook_settings import PlaybookSettings
from streams.events import Driver
from tests.fakes.detections import detection, evidence
from tests.fakes.hook import ScriptedHook
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

TRAGEDY = PlaybookSettings(
    name="crash",
    kind="tragedy",
    drivers=(".*crash.*",),
    steps=("Hold all posts", "Call the family desk"),
    decides="CEO",
)
CRASH = msgspec.structs.replace(
    evidence(), regions={"DE-BE": 600, "DE-BB": 100, "FR": 15}, drivers=(Driver("bus crash", 300, 1.0),)
)


async def test_a_tragedy_proposes_to_hold_and_holds_nothing_by_itself() -> None:
    comms, posts = ScriptedNotifier(), ScriptedHook()
    world = World(comms=comms)

    async with House(world, playbooks=[TRAGEDY], hooks={Hook.POSTS: posts}).running() as house:
        world.claim(detection(seen=CRASH))
        await world.clock.settle()
        await world.clock.advance(2)
        [hold] = await house.holds.all()

    assert world.incidents[0].playbook is not None
    assert world.incidents[0].playbook.kind is PlaybookClass.TRAGEDY
    assert (hold.state, hold.topics, hold.area) == (HoldState.PROPOSED, (), ("DE-BE", "DE-BB"))  # 100 of 715 are 14 %
    assert "600 of 715 mentions from DE-BE" in hold.evidence
    assert posts.attempts == []
    assert comms.told == [Transition.OPENED, Transition.COMMENTED]
    assert "hold scheduled posts about anything in DE-BE, DE-BB for 12 h" in comms.attempts[1].message.said


async def test_whoever_publishes_hears_of_the_confirmation_at_once_and_of_the_end() -> None:
    posts = ScriptedHook()
    world = World()

    async with House(world, playbooks=[TRAGEDY], hooks={Hook.POSTS: posts}).running() as house:
        world.claim(detection(seen=CRASH))
        await world.clock.settle()
        await world.clock.advance(2)
        [hold] = await house.holds.all()
        confirmed = await house.holds.confirm(hold.id, by="Maya", hours=0.1)
        again = await house.holds.confirm(hold.id, by="Maya")
        await world.clock.settle()
        heard = [one.event for one in posts.taken]
        await world.clock.advance(6 * 60 + 2)
        over = await house.holds.get(hold.id)

    assert confirmed.ends_at == confirmed.updated_at + timedelta(minutes=6)
    assert again.decided_at == confirmed.decided_at
    assert heard == ["posts.hold"]
    assert posts.taken[0].data["area"] == ["DE-BE", "DE-BB"]
    assert posts.taken[0].data["decided_by"] == "Maya"
    assert [one.event for one in posts.taken] == ["posts.hold", "posts.release"]
    assert over.state is HoldState.EXPIRED
    acts = [entry.act for entry in world.tables.directive_entries if entry.act.startswith("post_hold")]
    assert acts == ["post_hold.proposed", "post_hold.confirmed", "post_hold.expired"]


async def test_a_busy_publisher_is_told_again_under_the_same_id() -> None:
    posts = ScriptedHook(DeliveryRetryable("429", retry_after=30), RuntimeError("a bug of ours"))
    world = World()

    async with House(world, hooks={Hook.POSTS: posts}).running() as house:
        hold = await house.holds.propose(HoldWish(("refunds",), (), "a strike"), by="Maya")
        await house.holds.confirm(hold.id, by="Maya")
        await world.clock.advance(29)
        tried_early = len(posts.attempts)
        await world.clock.advance(40)

    assert tried_early == 1
    assert len(posts.taken) == 1
    assert len({one.id for one in posts.attempts}) == 1


async def test_what_is_refused_for_good_says_so() -> None:
    posts = ScriptedHook(DeliveryRejected("gone"))
    world = World()

    async with House(world, hooks={Hook.POSTS: posts}).running() as house:
        hold = await house.holds.propose(HoldWish(("refunds",), (), "a strike"), by="Maya")
        await house.holds.confirm(hold.id, by="Maya")
        await world.clock.advance(5)
        stored = await house.holds.get(hold.id)

    assert [(one.state.value, one.reason) for one in stored.errands] == [("rejected", "gone")]
    assert world.tables.directive_entries[-1].text == "posts.hold was refused: gone"


async def test_a_kill_between_confirmation_and_message_loses_nothing() -> None:
    posts = ScriptedHook()
    world = World()
    async with House(world).running() as house:  # this one carries out no errands
        hold = await house.holds.propose(HoldWish(("refunds",), (), "a strike"), by="Maya")
        await house.holds.confirm(hold.id, by="Maya")

    async with House(world, hooks={Hook.POSTS: posts}).running():
        await world.clock.advance(1)

    assert [one.event for one in posts.taken] == ["posts.hold"]


async def test_what_was_decided_cannot_be_decided_otherwise_on_an_older_state() -> None:
    world = World()

    async with House(world, hooks={}).running() as house:
        hold = await house.holds.propose(HoldWish(("refunds",), (), "a strike"), by="Maya")
        await house.holds.refuse(hold.id, by="Jo")
        with pytest.raises(Stale):
            await house.holds.confirm(hold.id, by="Maya", expected_revision=1)
        with pytest.raises(TransitionRefused, match="is refused"):
            await house.holds.confirm(hold.id, by="Maya")
