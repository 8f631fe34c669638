"""A page says whether the whole industry is hit, and whose it is to fix."""

import msgspec

from alerting.acts import Acts
from alerting.evidence_settings import DriverOwnerSettings, PeerSettings
from alerting.hints import Hints
from alerting.incidents.model import Incident
from streams.events import Detection, Phase
from streams.findings import Driver
from streams.topic import Topic
from tests.fakes.detections import detection, evidence
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

OURS = Topic(id="refunds", name="Refunds", query="refund", brand="Acme", owner="care")
RIVAL = Topic(id="rival", name="Rival", query="rival", brand="Rival")
PEERS = (PeerSettings(name="shops", topics=("refunds", "rival", "third")),)
RULES = (DriverOwnerSettings(owner="payments", words=("charged twice",)),)


def about(term: str, *, topic: str = "refunds", episode: str = "e1") -> Detection:
    seen = msgspec.structs.replace(evidence(), drivers=(Driver(term, 300, 1.0, 299.0, "phrase", "negative"),))
    return detection(Phase.OPENED, topic=topic, episode=episode, seen=seen)


async def told(world: World, *claims: Detection, hints: Hints) -> House:
    house = House(world, topics=(OURS, RIVAL), hints=hints)
    async with house.running():
        for claim in claims:
            world.claim(claim)
            await world.clock.settle()
        await world.clock.advance(5)
    return house


def of(world: World, topic: str) -> Incident:
    return next(incident for incident in world.incidents if incident.topic == topic)


async def test_the_page_says_that_a_rival_is_hit_too() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    await told(world, about("outage", topic="rival", episode="r1"), about("outage"), hints=Hints(PEERS))

    lines = {fact.label: fact.value for fact in comms.attempts[-1].message.insights}
    assert lines["Only us?"] == "industry-wide: 1 of 2 peers rise too (shops): rival"
    assert str(of(world, "rival").peers) == "ours alone: none of 2 peers rises (shops)"  # nobody else had risen yet


async def test_a_driver_finds_its_department_by_rule() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    await told(world, about("charged twice"), hints=Hints(rules=RULES))

    message = comms.attempts[-1].message
    assert message.owner == "payments"
    assert {fact.label: fact.value for fact in message.insights}["Owner"] == (
        'payments, by the rule for "charged twice", 100% of what drives it'
    )


async def test_growth_and_acknowledgement_do_not_change_the_owner_again() -> None:
    world = World()
    house = await told(world, about("charged twice"), hints=Hints(rules=RULES))
    acts: Acts = house.acts
    await acts.acknowledge(of(world, "refunds").id, by="mira")

    grown = msgspec.structs.replace(about("something else"), id="grown", phase=Phase.GREW, sequence=1)
    await told(world, grown, hints=Hints(rules=RULES))

    assert of(world, "refunds").owner == "payments"


async def test_without_rules_or_peers_the_topic_says_whose_it_is() -> None:
    world = World()

    await told(world, about("charged twice"), hints=Hints())

    assert (of(world, "refunds").owner, of(world, "refunds").peers) == ("care", None)
