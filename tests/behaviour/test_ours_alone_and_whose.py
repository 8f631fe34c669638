"""A page says whether the whole industry is hit, and whose it is to fix."""

import msgspec

from alerting.acts import Acts
from alerting.evidence_settings import DriverOwnerSettings
from alerting.hints import Hints
from alerting.incidents.model import Incident
from streams.events import Detection, Phase
from streams.findings import Driver, PeerShare
from streams.peer_settings import PeerSettings
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


def shared() -> Detection:
    """The group's own claim: ours and the rival rise, the third does not."""
    shares = (
        PeerShare("rival", 48, 20.0, 0.9, rising=True, negative_share=0.7, negative_share_expected=0.45),
        PeerShare("refunds", 30, 13.2, 1.4, rising=True),
        PeerShare("third", 9, 9.0, 14.0),
    )
    seen = msgspec.structs.replace(evidence(), peers=shares)
    return detection(Phase.OPENED, topic="peers.shops", episode="g1", seen=seen)


async def test_what_the_industry_shares_says_so_on_the_lock_screen_and_what_each_brand_has_in_it() -> None:
    comms = ScriptedNotifier()

    await told(World(comms=comms), shared(), hints=Hints(PEERS))

    message = comms.attempts[-1].message
    lines = {fact.label: fact.value for fact in message.insights}
    assert "industry-wide, 2 of 3 rise" in message.headline
    assert lines["Only us?"].startswith("industry-wide: 2 of 3 rise together")
    assert lines["Each brand"] == (
        "rival 48, usually 20, 70% negative, usually 45%; refunds 30, usually 13; third 9, usually 9"
    )


async def test_whoever_pages_by_itself_while_its_industry_rises_is_not_alone() -> None:
    world = World()

    await told(world, shared(), about("outage"), hints=Hints(PEERS))

    assert str(of(world, "refunds").peers) == "industry-wide: 1 of 2 peers rise too (shops): rival"


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
