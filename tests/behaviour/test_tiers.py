"""How loudly somebody is told: by harm, by the hour, by how often the same thing happens."""

from datetime import UTC, datetime

from alerting.inbound_settings import PersonSettings
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import Severity, Transition
from alerting.receivers import policies_of
from alerting.settings import ReceiverSettings
from alerting.tier_settings import ChronicSettings
from streams.events import Phase
from streams.topic import Topic
from tests.fakes.detections import detection, evidence
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.on_call import call_out

MILD = evidence(observed=200, negative_share=0.31, per_minute=40.0, polarity=-0.08)
WORST = evidence(observed=50_000, reach=500_000_000, negative_share=0.99, per_minute=10_000.0, polarity=-0.9)
LOG = [{"type": "log"}]
NIGHT = {"begin": "22:00", "end": "07:00", "time_zone": "Europe/Berlin"}
UNOWNED = Topic(id="refunds", name="Refunds", query="refund", brand="Acme")


def route(**tiers: str) -> dict[str, object]:
    return {"receiver": "comms", "tiers": tiers}


async def opened(tier: str, *, wake: bool = False) -> tuple[ScriptedNotifier, World]:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    tree = route(sev2=tier, sev3=tier, sev4=tier)
    async with House(world, route=tree, calls=call_out()).running():
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        if wake:
            world.claim(detection(Phase.GREW, sequence=1, minutes=1, seen=WORST))
        await world.clock.advance(5)
    return comms, world


async def test_what_is_to_be_notified_of_is_told_at_once_and_wakes_nobody() -> None:
    comms, world = await opened("notify")

    assert comms.told == [Transition.NOTIFIED]
    assert world.tables.entries[-1].paged == ()


async def test_what_is_only_watched_tells_nobody_and_stands_on_the_board() -> None:
    comms, world = await opened("watch")

    assert comms.told == []
    assert len(world.incidents) == 1


async def test_what_gets_worse_than_what_was_only_notified_of_pages() -> None:
    comms, world = await opened("notify", wake=True)

    assert world.incidents[0].severity == "SEV1"
    assert comms.told == [Transition.NOTIFIED, Transition.OPENED]


async def test_a_page_does_not_wait_for_the_digest_before_it() -> None:
    comms, world = await opened("digest", wake=True)

    assert comms.told == [Transition.OPENED]
    assert [delivery.state for delivery in world.outbox] == [DeliveryState.SUPERSEDED, DeliveryState.SENT]


async def test_a_digest_goes_out_as_one_message_that_wakes_nobody() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    tree = route(sev2="digest", sev3="digest", sev4="digest")

    async with House(world, route=tree, addressing={"digest_seconds": 600.0}).running():
        world.claim(detection(seen=MILD), detection(topic="app", episode="e2", minutes=40, seen=MILD))
        await world.clock.settle()
        before = list(comms.told)
        await world.clock.advance(601)

    assert before == []
    assert comms.told == [Transition.NOTIFIED]
    assert comms.attempts[0].message.title == "2 incidents at once"


async def test_nobody_is_called_for_what_only_is_notified_of() -> None:
    comms, maya = ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=comms, maya=maya)
    tree = {"receiver": "comms", "policy": "payments", "tiers": {"sev2": "notify", "sev3": "notify", "sev4": "notify"}}

    async with House(world, route=tree, calls=call_out()).running():
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        calm = list(maya.told)
        world.claim(detection(Phase.GREW, sequence=1, minutes=1, seen=WORST))
        await world.clock.advance(1)

    assert calm == []
    assert maya.told[:1] == [Transition.OPENED]


async def test_quiet_hours_put_a_page_off_to_the_morning_but_not_a_sev1() -> None:
    policies = policies_of(
        [ReceiverSettings.model_validate({"name": "comms", "quiet_hours": NIGHT, "notifiers": LOG})], []
    )
    comms = ScriptedNotifier()
    world = World(comms=comms)
    world.clock.begin(datetime(2026, 1, 5, 23, tzinfo=UTC))  # midnight in Berlin

    async with House(world, policies=policies).running():
        world.claim(detection(seen=MILD))
        await world.clock.advance(60)
        asleep = list(comms.told)
        world.claim(detection(Phase.GREW, sequence=1, minutes=1, seen=WORST))
        await world.clock.advance(1)

    assert asleep == []
    assert comms.told == [Transition.OPENED]


async def test_what_is_still_open_in_the_morning_pages_then_and_what_is_over_does_not() -> None:
    policies = policies_of(
        [ReceiverSettings.model_validate({"name": "comms", "quiet_hours": NIGHT, "notifiers": LOG})], []
    )
    comms = ScriptedNotifier()
    world = World(comms=comms)
    world.clock.begin(datetime(2026, 1, 6, 5, 50, tzinfo=UTC))  # 06:50 in Berlin: ten minutes of quiet are left

    async with House(world, policies=policies).running():
        world.claim(detection(seen=MILD), detection(topic="app", episode="e2", minutes=40, seen=MILD))
        await world.clock.advance(10)
        world.claim(detection(Phase.ENDED, topic="app", episode="e2", sequence=1, minutes=50))
        await world.clock.advance(589)
        before = list(comms.told)
        await world.clock.advance(3)

    assert before == []
    assert [(one.message.change, one.message.topic) for one in comms.attempts] == [(Transition.OPENED, "refunds")]


async def test_the_chain_waits_for_the_end_of_the_quiet_hours_of_everybody_in_a_step() -> None:
    maya = PersonSettings.model_validate(
        {"name": "Maya", "receivers": ["maya"], "quiet_hours": {"begin": "22:00", "end": "07:00"}}
    )
    receivers = [
        ReceiverSettings.model_validate({"name": name, "notifiers": LOG}) for name in ("comms", "maya", "ben", "lead")
    ]
    policies = policies_of(receivers, [maya])
    phones = {name: ScriptedNotifier() for name in ("comms", "maya", "ben", "lead")}
    world = World(**phones)
    world.clock.begin(datetime(2026, 1, 6, 6, 50, tzinfo=UTC))

    def asleep(receiver: str, severity: Severity, at: datetime) -> datetime | None:
        quiet = policies[receiver].quiet
        return None if quiet is None else quiet.until(severity, at)

    async with House(
        world, policies=policies, route={"receiver": "comms", "policy": "payments"}, calls=call_out(asleep=asleep)
    ).running():
        world.claim(detection(seen=MILD))
        await world.clock.advance(599)
        before = {name: len(phone.told) for name, phone in phones.items() if name != "comms"}
        await world.clock.advance(2)

    assert before == {"maya": 0, "ben": 0, "lead": 0}
    assert phones["maya"].told == [Transition.OPENED]
    lines = [entry.text for entry in world.tables.entries if entry.transition is Transition.ESCALATED]
    assert lines[0] == "Step 1 of payments: schedule payments (Maya) is called at 07:00 UTC, when quiet hours end"


async def test_a_chronic_topic_goes_into_a_digest_and_the_timeline_says_why() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    rule = ChronicSettings(incidents=2, days=7, wakes_for=("SEV1",))

    async with House(world, addressing={"chronic": rule}).running():
        for number in range(3):
            world.claim(detection(episode=f"e{number}", minutes=400 * number, seen=MILD))
            await world.clock.advance(1)
            world.claim(detection(Phase.ENDED, episode=f"e{number}", sequence=1, minutes=400 * number + 20))
            await world.clock.advance(1)
        pages = comms.told.count(Transition.OPENED)
        world.claim(detection(episode="e9", minutes=2000, seen=WORST))
        await world.clock.advance(1)

    assert pages == 2
    assert comms.told.count(Transition.OPENED) == 3  # a SEV1 pages all the same
    assert any("Refunds is chronic: it opened 2 incidents in 7 days" in entry.text for entry in world.tables.entries)


async def test_that_nobody_owns_it_goes_to_the_default() -> None:
    comms, desk = ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=comms, desk=desk)

    async with House(world, topics=(UNOWNED,), addressing={"unowned": "desk"}).running():
        world.claim(detection())
        await world.clock.settle()

    assert comms.told == [Transition.OPENED]
    assert desk.told == [Transition.NOTIFIED]
    assert desk.attempts[0].message.note == "Nobody owns Refunds: give its topic an owner."


async def test_an_owner_whom_the_configuration_does_not_know_owns_nothing() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world, addressing={"unowned": "comms", "owners": frozenset({"App"})}).running():
        world.claim(detection())
        await world.clock.settle()

    assert comms.told == [Transition.OPENED]
    assert comms.attempts[0].message.note == "Payments, who is to own Refunds, is not among the owners."
