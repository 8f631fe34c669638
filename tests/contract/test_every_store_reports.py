"""What reports read, in every store: many incidents at once, without their mentions and without past data."""

from datetime import timedelta

import msgspec

from alerting.directives.directive import DirectiveEntry
from alerting.directives.judgement import Judgement
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.outline import outline_of
from alerting.incidents.sql.store import SqlStore
from streams.events import Driver
from streams.feedback import Feedback, Verdict
from tests.fakes.clock import START
from tests.fakes.stored import delivery, entry, incident

SECOND = timedelta(seconds=1)
DONE = IncidentState.RESOLVED


async def keep(store: SqlStore, *incidents: Incident) -> None:
    async with store.begin() as unit:
        for one in incidents:
            await unit.save(one, [entry(one)], expected_revision=None)


async def test_an_outline_is_the_incident_without_its_mentions(store: SqlStore) -> None:
    known = incident(1, topic="refunds", joined=("app",))
    driven = msgspec.structs.replace(
        known, evidence=msgspec.structs.replace(known.evidence, drivers=(Driver("late", 9, 1.0),)), owner="Payments"
    )
    await keep(store, driven, incident(2, topic="x"))

    (found,) = await store.earlier(incident(2).id, (), limit=10)

    assert found == outline_of(driven)
    assert (found.topics, found.owner, found.evidence.drivers[0].term) == (("refunds", "app"), "Payments", "late")


async def test_the_newest_before_it_are_read_and_the_newest_of_its_topics(store: SqlStore) -> None:
    kept = [
        incident(number, topic="refunds" if number < 3 else f"other-{number}", state=DONE) for number in range(1, 7)
    ]
    await keep(store, *kept, incident(8, topic="refunds"), incident(9, topic="past", history=True, state=DONE))

    found = await store.earlier(incident(7).id, ("refunds",), limit=2)

    assert [one.id for one in found] == [incident(number).id for number in (6, 5, 2, 1)]


async def test_what_opened_again_is_another_one_of_the_topic_in_that_time(store: SqlStore) -> None:
    await keep(
        store,
        incident(1, topic="refunds", state=DONE),
        incident(2, topic="refunds", state=DONE),
        incident(3, topic="app", joined=("refunds",), state=DONE),
        incident(4, topic="other", state=DONE),
        incident(9, topic="refunds", state=DONE),
    )

    found = await store.opened_again("refunds", after=START + SECOND, until=START + 5 * SECOND, but=incident(2).id)

    assert found == (incident(3).id,)


async def test_what_opened_in_a_time_is_read_with_its_timeline_and_without_the_past(store: SqlStore) -> None:
    await keep(store, incident(1), incident(2), incident(3), incident(4, history=True))

    found = await store.opened_between(START + 2 * SECOND, START + 3 * SECOND)

    assert [(one.outline.id, [line.transition for line in one.timeline]) for one in found] == [
        (incident(2).id, [Transition.OPENED])
    ]
    assert [one.outline.id for one in await store.opened_between(START, START + 9 * SECOND)] == [
        incident(number).id for number in (1, 2, 3)
    ]


async def test_messages_of_a_time_are_read_with_their_state(store: SqlStore) -> None:
    await keep(store, incident(1))
    made = [
        delivery(f"d{number}", incident(1), receiver=f"r{number}", at=START + number * SECOND) for number in range(3)
    ]
    async with store.begin() as unit:
        await unit.enqueue(made)
        await unit.enqueue([delivery("d9", incident(1), Transition.RESOLVED, receiver="r1", at=START + 9 * SECOND)])
        await unit.hush(incident(1).id, ["r1"])

    found = await store.deliveries_between(START + SECOND, START + 3 * SECOND)

    assert [(one.delivery.id, one.delivery.state) for one in found] == [
        ("d1", DeliveryState.SUPERSEDED),
        ("d2", DeliveryState.PENDING),
    ]


async def test_what_people_said_of_pages_is_read_since_then(store: SqlStore) -> None:
    async with store.begin() as unit:
        for number in range(3):
            at = START + number * SECOND
            said = Feedback(f"fb_{number}", Verdict.FALSE_ALARM, at, "jo", incident="inc_1")
            kept = Judgement(said.id, "refunds", said, "jo", at, at, withdrawn_at=at if number == 2 else None)
            await unit.keep(kept, [DirectiveEntry(said.id, at, "feedback.added", "jo", "")], expected_revision=None)

    found = await store.judgements_since(START + SECOND)

    assert [(one.id, one.withdrawn_at is None) for one in found] == [("fb_1", True), ("fb_2", False)]
