from collections.abc import Mapping

from alerting.inbound_settings import PersonSettings
from alerting.incidents.model import Severity, Transition
from alerting.receivers import PageBudget, ReceiverPolicy, policies_of
from alerting.settings import DeliverySettings, ReceiverSettings
from streams.events import Phase
from tests.fakes.detections import detection, evidence
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

EVERY_MINUTE = DeliverySettings(digest_seconds=60)
SMALL = evidence(reach=1000)  # SEV2, and a reach that is known to be small
WORST = evidence(observed=40_000, per_minute=8_000.0, negative_share=0.95, reach=80_000_000, polarity=-0.9)


def limited(pages_per_hour: int) -> Mapping[str, ReceiverPolicy]:
    return {"comms": ReceiverPolicy(budgets=(PageBudget(("comms",), pages_per_hour),))}


async def storm(world: World, count: int, *, first: int = 0) -> None:
    for number in range(first, first + count):
        world.claim(detection(topic=f"topic-{number}", episode=f"e{number}", seen=SMALL))
        await world.clock.settle()


async def test_what_comes_beyond_the_budget_goes_out_together_and_every_incident_is_told_once() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world, delivery=EVERY_MINUTE, policies=limited(3)).running():
        await storm(world, 10)
        one_by_one = len(comms.attempts)
        await world.clock.advance(61)

    assert one_by_one == 3
    assert len(comms.attempts) == 4
    digest = comms.attempts[3].message
    assert digest.headline.startswith("Tocsin: 7 incidents, worst SEV2") or "7 incidents, worst SEV2" in digest.headline
    assert len(digest.headline) <= 80
    assert digest.why.count("SEV2 ") == 7
    assert {delivery.state.value for delivery in world.outbox} == {"sent"}


async def test_the_worst_never_waits_for_a_digest() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world, delivery=EVERY_MINUTE, policies=limited(2)).running():
        await storm(world, 3)
        world.claim(detection(topic="worst", episode="worst", seen=WORST))
        await world.clock.settle()

    assert comms.attempts[-1].message.severity is Severity.SEV1
    assert comms.attempts[-1].message.topic == "worst"


async def test_after_an_hour_there_is_room_again() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world, delivery=EVERY_MINUTE, policies=limited(2)).running():
        await storm(world, 2)
        await world.clock.advance(3601)
        await storm(world, 1, first=5)

    assert [attempt.message.topic for attempt in comms.attempts] == ["topic-0", "topic-1", "topic-5"]


async def test_what_ends_after_it_was_told_in_a_digest_only_is_told_no_more() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world, delivery=EVERY_MINUTE, policies=limited(1)).running():
        await storm(world, 3)
        await world.clock.advance(61)
        world.claim(detection(Phase.ENDED, sequence=1, minutes=60, topic="topic-2", episode="e2"))
        world.claim(detection(Phase.ENDED, sequence=1, minutes=60, topic="topic-0", episode="e0"))
        await world.clock.advance(1)

    assert [(attempt.message.change, attempt.message.topic) for attempt in comms.attempts[2:]] == [
        (Transition.RESOLVED, "topic-0")
    ]


async def test_a_persons_limit_counts_over_all_receivers_that_name_them() -> None:
    comms, care = ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=comms, care=care)
    ada = PageBudget(("comms", "care"), 2)
    policies = {"comms": ReceiverPolicy(budgets=(ada,)), "care": ReceiverPolicy(budgets=(ada,))}
    route = {
        "receiver": "comms",
        "routes": [{"receiver": "care", "matchers": ["topic=~topic-[13579]"]}],
    }

    async with House(world, route=route, delivery=EVERY_MINUTE, policies=policies).running():
        await storm(world, 4)

    assert [attempt.message.topic for attempt in (*comms.attempts, *care.attempts)] == ["topic-0", "topic-1"]


def test_policies_follow_from_the_configuration() -> None:
    log = {"type": "log"}
    receivers = [
        ReceiverSettings.model_validate(
            {"name": "comms", "notifiers": [log], "fallback": "care", "pages_per_hour": 5, "people": ["Ada"]}
        ),
        ReceiverSettings.model_validate({"name": "care", "notifiers": [log], "people": ["Ada", "Bo"]}),
    ]
    people = [PersonSettings(name="Ada", pages_per_hour=3), PersonSettings(name="Bo")]

    policies = policies_of(receivers, people)

    ada = PageBudget(("comms", "care"), 3)
    assert policies == {
        "comms": ReceiverPolicy("care", (PageBudget(("comms",), 5), ada)),
        "care": ReceiverPolicy(None, (ada,)),
    }
