"""The alerting side killed anywhere, at any await and around any commit, on real databases: nothing is lost.

A kill takes every task where it stands, after a seeded number of rounds of the event loop; what the vendor took, and
what the database committed, stays. Then a new process finishes the work.
"""

import asyncio
import itertools
import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from alerting.dispatch import Dispatch
from alerting.escalation import Escalator
from alerting.fakes.slack import FakeSlack
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.escalation import Chain, ChainStep, Escalation, Target, TargetKind
from alerting.incidents.model import Transition
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.incidents.store import IncidentFilter
from alerting.metrics import AlertingMetrics
from alerting.notifiers.slack import SlackNotifier
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from alerting.settings import DatabaseSettings, DeliverySettings
from streams.broker.base import Outgoing, TopicSpec
from streams.broker.memory_cluster import MemoryCluster
from streams.codec import encode_detection
from streams.events import Phase
from streams.topic import Topic
from tests.fakes.alerting_process import AlertingProcess
from tests.fakes.clock import START, FakeClock
from tests.fakes.detections import detection
from tests.fakes.egress import LOOPBACK
from tests.fakes.house import DETECTIONS, KAFKA, WINDOWS
from tests.fakes.hurrying_clock import HurryingClock, rounds_of_the_loop
from tests.fakes.ledger import Ledger
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.on_call import call_out
from tests.fakes.stored import incident

pytestmark = [pytest.mark.integration, pytest.mark.timeout(7200)]

KILLS = 1000 if os.environ.get("TOCSIN_SOAK") else 25  # on each of the two databases
KILLS_PER_STORY = 5
TOPICS = 3
SPEED = 10
TRACKED = [Topic(id=f"topic-{number}", name=f"topic-{number}", query="refund") for number in range(TOPICS)]
SETTINGS = DeliverySettings(attempt_seconds=5, lease_seconds=12)
CHANNEL, TOKEN = "C0123456789", "xoxb-of-the-test"


@dataclass
class Told:
    """What a story of kills ended with."""

    deliveries: list[Delivery]
    kills: int = 0
    in_flight: int = 0
    repeated: int = 0


def claims() -> list[bytes]:
    """Each topic opens, grows, and ends."""
    made = []
    for number in range(TOPICS):
        name = f"topic-{number}"
        for sequence, (phase, minutes) in enumerate(((Phase.OPENED, 0), (Phase.GREW, 1), (Phase.ENDED, 60))):
            claim = detection(phase, topic=name, episode=f"e{number}", sequence=sequence, minutes=minutes)
            made.append(encode_detection(claim))
    return made


async def settled(store: SqlStore, *, of: int) -> list[Delivery] | None:
    """Every delivery, once none is pending and every incident is over."""
    page = await store.find(IncidentFilter(), cursor=None, limit=100)
    over = [incident for incident in page.incidents if incident.resolved_at is not None]
    deliveries = [delivery for incident in over for delivery in await store.deliveries(incident.id)]
    pending = any(delivery.state is DeliveryState.PENDING for delivery in deliveries)
    return None if len(over) < of or pending else deliveries


async def in_flight(store: SqlStore, ledger: Ledger) -> int:
    """Sends that had begun when the process died, and of which the outbox knows no outcome."""
    page = await store.find(IncidentFilter(), cursor=None, limit=100)
    known = [delivery for incident in page.incidents for delivery in await store.deliveries(incident.id)]
    return sum(ledger.begun[delivery.id] > 0 for delivery in known if delivery.state is DeliveryState.PENDING)


async def story(database: DatabaseSettings, clock: HurryingClock, rng: random.Random, seed: int) -> Told:
    """Claims come in between kills, then a last process finishes; both vendors are told of everything."""
    cluster = MemoryCluster(clock=clock)
    for name in (KAFKA.detections, KAFKA.windows, KAFKA.notices, KAFKA.replies):
        cluster.create(TopicSpec(name, 1))
    assert WINDOWS.kafka_topic == KAFKA.windows
    waiting = claims()
    ledger = Ledger(lambda: rounds_of_the_loop(rng.choice((0, 1, 2, 2000))))
    told = Told([])
    async with FakeSlack(clock, token=TOKEN) as slack, asyncio.TaskGroup() as group:
        for kill in range(KILLS_PER_STORY + 1):
            last = kill == KILLS_PER_STORY
            some = waiting[:] if last else waiting[: rng.randrange(1, 4)]
            del waiting[: len(some)]
            cluster.append(
                [Outgoing(DETECTIONS.kafka_topic, b"x", claim, partition=DETECTIONS.number) for claim in some]
            )
            notifier = SlackNotifier(channel=CHANNEL, token=TOKEN, api_url=slack.api_url, clock=clock, egress=LOOPBACK)
            store = await open_store(database, clock)
            process = AlertingProcess(
                store,
                clock,
                cluster,
                {"ledger": ledger, "slack": notifier},
                settings=SETTINGS,
                seed=seed + kill,
                topics=TRACKED,
            )
            ledger.something.clear()
            process.start(group)
            if last:
                async with asyncio.timeout(60):
                    while (found := await settled(store, of=TOPICS)) is None:
                        await clock.sleep(0.5)
                told.deliveries = found
            else:
                # Every other kill waits until something is being sent, so that kills hit sends on slow machines too.
                await (a_send(ledger) if kill % 2 else clock.sleep(SPEED * rng.uniform(0, 0.12)))
                await rounds_of_the_loop(rng.randrange(20))
                told.kills += 1
            await process.kill()
            await notifier.close()
            if not last:
                told.in_flight += await in_flight(store, ledger)
            await store.close()
            clock.leap(13)  # on Postgres what was leased comes free only then
        told.repeated = ledger.repeated
        assert_nothing_lost(told, ledger)
        assert_slack_folded(slack)
    return told


async def a_send(ledger: Ledger) -> None:
    """Return when a send has begun, or after two seconds where there is nothing to send."""
    try:
        async with asyncio.timeout(2):
            await ledger.something.wait()
    except TimeoutError:
        return


def assert_nothing_lost(told: Told, ledger: Ledger) -> None:
    sent = {delivery.id for delivery in told.deliveries if delivery.state is DeliveryState.SENT}
    pages = [delivery for delivery in told.deliveries if delivery.change is Transition.OPENED]
    ends = [delivery for delivery in told.deliveries if delivery.change is Transition.RESOLVED]

    assert len(pages) == len(ends) == 2 * TOPICS
    assert {delivery.id for delivery in (*pages, *ends)} <= sent
    arrived = {message.delivery for message in ledger.taken}
    assert arrived == {delivery.id for delivery in told.deliveries if delivery.receiver == "ledger"} & sent


def assert_slack_folded(slack: FakeSlack) -> None:
    """One message for each incident, and its end told once in the thread: Slack can be asked what stands there."""
    entries = slack.inbox.entries()
    assert len(entries) == TOPICS
    for entry in entries:
        ends = [reply.text for reply in entry.replies if "Resolved" in reply.text]
        assert len(ends) == 1, entry.replies
        assert len({reply.text for reply in entry.replies}) == len(entry.replies), entry.replies


Fresh = Callable[[], Awaitable[DatabaseSettings]]


@pytest.fixture(params=["sqlite", "postgres"])
def fresh(request: pytest.FixtureRequest) -> Fresh:
    """Makes an empty database for each story."""
    numbers = itertools.count()

    async def made() -> DatabaseSettings:
        if request.param == "sqlite":
            return DatabaseSettings(url=f"sqlite:///{request.getfixturevalue('tmp_path')}/{next(numbers)}.db")
        return DatabaseSettings(url=await another())

    another: Callable[[], Awaitable[str]] = (
        request.getfixturevalue("postgres_databases") if request.param == "postgres" else _no_other
    )
    return made


async def _no_other() -> str:
    raise LookupError


async def test_no_page_is_lost_and_none_comes_twice_but_what_was_in_flight(fresh: Fresh) -> None:
    rng = random.Random(20260105)  # noqa: S311  # repeatable
    kills = flying = repeated = 0
    for number in range(KILLS // KILLS_PER_STORY):
        told = await story(await fresh(), HurryingClock(SPEED), rng, 1000 * number)
        assert told.repeated <= told.in_flight, f"story {number}"
        kills, flying, repeated = kills + told.kills, flying + told.in_flight, repeated + told.repeated

    print(f"\n{kills} kills, {flying} sends in flight, {repeated} came twice, 0 lost, 0 twice in Slack")
    assert kills == KILLS
    assert flying > 0  # else nothing was tested


async def test_a_call_is_made_once_wherever_those_who_make_it_are_killed(fresh: Fresh) -> None:
    """Two processes look at the same chains and die at any await; a third finishes. Nobody is called twice or not."""
    rng = random.Random(20260106)  # noqa: S311  # repeatable
    clock, database = FakeClock(), await fresh()
    chain = Chain("payments", (ChainStep((Target(TargetKind.PERSON, "Ben"),), 300.0),))
    kills = unfinished = 0
    first, other = await open_store(database, clock), await open_store(database, clock)
    called = [msgspec.structs.replace(incident(number), escalation=Escalation(chain, START)) for number in range(3)]
    async with first.begin() as unit:
        for one in called:
            await unit.save(one, [], expected_revision=None)

    async with asyncio.TaskGroup() as group:
        for _ in range(KILLS):
            looking = [group.create_task(escalator(store, clock).look()) for store in (first, other)]
            await rounds_of_the_loop(rng.choice((1, 5, 20, 100, 500)))
            unfinished += sum(not task.done() for task in looking)
            for task in looking:
                task.cancel()
            await asyncio.wait(looking)
            kills += 1
            await escalator(first, clock).look()
            clock.skip(timedelta(seconds=300))

    for one in called:
        made = [entry for entry in await first.timeline(one.id) if entry.transition is Transition.ESCALATED]
        told = [delivery.id for delivery in await first.deliveries(one.id)]
        current = await first.get(one.id)
        assert len(made) == len(told) == len(set(told)) == kills
        assert current.escalation is not None
        assert current.escalation.made == kills
    assert unfinished > 0  # else nobody was killed at work
    await first.close()
    await other.close()


def escalator(store: SqlStore, clock: FakeClock) -> Escalator:
    receivers = Receivers({"ben": [ScriptedNotifier()]})
    dispatch = Dispatch(Routes(RouteSettings()), receivers, calls=call_out())
    return Escalator(store, dispatch, clock, AlertingMetrics(CollectorRegistry()))
