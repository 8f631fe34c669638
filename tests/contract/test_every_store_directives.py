"""Directives on every store: kept once committed, seen by every process, and every act in the audit trail."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
import pytest

from alerting.directives.directive import DirectiveEntry
from alerting.directives.errand import Errand, ErrandState, Hook
from alerting.directives.notice import Notice, NoticeKind
from alerting.directives.post_hold import HoldState, PostHold
from alerting.directives.silence import Silence
from alerting.directives.weekly_window import WeeklyWindow
from alerting.dispatch import Dispatch
from alerting.errors import Stale
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import IncidentState, Transition
from alerting.incidents.outcome import Outcome
from alerting.incidents.sql.store import SqlStore
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from tests.fakes.clock import START, FakeClock
from tests.fakes.stored import delivery, enqueue, entry, incident, save, sent

Opener = Callable[[], Awaitable[SqlStore]]
HOUR = timedelta(hours=1)
SILENCE = Silence(
    id="5d6f3d0e-0000-4000-8000-000000000001",
    matchers=('topic="refunds"', 'owner=~"App|Web"'),
    author="Jo \u202e<script>",
    reason="the flood is known",
    starts_at=START,
    ends_at=START + HOUR,
    created_at=START,
    updated_at=START,
    weekly=(WeeklyWindow.parse("sat,sun 22:00-06:00"),),
    zone="Europe/Berlin",
)
NOTICE = Notice(
    id="ntc_1",
    kind=NoticeKind.LAUNCH,
    topics=("app",),
    owner="Product",
    text="version 9",
    starts_at=START,
    ends_at=START + 2 * HOUR,
    created_at=START + timedelta(seconds=1),
    updated_at=START,
    expected_multiplier=8.0,
)


def line(directive: Silence | Notice, act: str = "silence.created") -> DirectiveEntry:
    return DirectiveEntry(directive.id, START, act, "Jo", "the flood is known")


async def keep(store: SqlStore, directive: Silence | Notice, expected: int | None = None) -> None:
    async with store.begin() as unit:
        await unit.keep(directive, (line(directive),), expected_revision=expected)


async def test_what_is_kept_is_there_for_every_process_once_it_is_committed(store: SqlStore, another: Opener) -> None:
    other = await another()

    await keep(store, SILENCE)
    await keep(store, NOTICE)

    assert await other.directive(SILENCE.id) == SILENCE
    assert set(await other.directives_in_force(START)) == {SILENCE, NOTICE}
    assert await other.directives_in_force(START + HOUR) == (NOTICE,)
    assert await other.directives("silence", limit=10) == (SILENCE,)
    async with other.begin() as unit:
        assert set(await unit.directives_in_force(START)) == {SILENCE, NOTICE}


async def test_a_unit_that_fails_keeps_nothing(store: SqlStore) -> None:
    async def fail() -> None:
        async with store.begin() as unit:
            await unit.keep(SILENCE, (line(SILENCE),), expected_revision=None)
            raise RuntimeError("in the middle of it")

    with pytest.raises(RuntimeError, match="in the middle"):
        await fail()

    assert await store.directive(SILENCE.id) is None
    assert await store.directive_lines(SILENCE.id) == ()


async def test_a_change_on_the_ground_of_an_older_state_is_refused(store: SqlStore) -> None:
    await keep(store, SILENCE)
    await keep(store, msgspec.structs.replace(SILENCE, revision=2, ends_at=START + 2 * HOUR), 1)

    with pytest.raises(Stale):
        await keep(store, msgspec.structs.replace(SILENCE, revision=2, ends_at=START), 1)
    with pytest.raises(Stale):
        await keep(store, SILENCE)

    assert await store.directives_in_force(START + HOUR) == (
        msgspec.structs.replace(SILENCE, revision=2, ends_at=START + 2 * HOUR),
    )


async def test_acts_on_directives_and_on_incidents_are_one_chain(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.save(incident(1), (entry(incident(1)),), expected_revision=None)
        await unit.keep(SILENCE, (line(SILENCE),), expected_revision=None)
        await unit.keep(NOTICE, (line(NOTICE, "notice.created"),), expected_revision=None)

    head = await store.audit_head()
    walk = store.chain.follow(head)
    for link in await store.audit_after(0, limit=10):
        walk.take(link)

    assert walk.finish() is None
    assert walk.verified == 3
    assert [each.position for each in await store.directive_lines(NOTICE.id)] == [3]
    assert [each.position for each in await store.timeline_after(0, limit=10)] == [1]


async def test_what_is_hushed_goes_out_no_more_unless_somebody_began(store: SqlStore, store_clock: FakeClock) -> None:
    of = incident(1)
    await enqueue(
        store,
        delivery("dlv_1", of, Transition.OPENED),
        delivery("dlv_2", of, Transition.GREW, receiver="app"),
        delivery("dlv_3", of, Transition.OPENED, receiver="care"),
    )
    begun = [one for one in await store.lease(store_clock.now(), seconds=10, limit=1) if one.delivery.id == "dlv_1"]
    assert len(begun) == 1

    async with store.begin() as unit:
        await unit.hush(of.id, ("comms", "app"))
    await store.settle(begun[0], sent(begun[0].delivery))

    assert {one.id: one.state for one in await store.deliveries(of.id)} == {
        "dlv_1": DeliveryState.SENT,
        "dlv_2": DeliveryState.SUPERSEDED,
        "dlv_3": DeliveryState.PENDING,
    }


async def test_an_errand_is_for_one_process_at_a_time(store: SqlStore, another: Opener) -> None:
    other = await another()
    errand = Errand("hold_1.2", Hook.POSTS, "posts.hold", START, {"area": ["DE"]}, START)
    hold = PostHold(
        id="hold_1",
        topics=("refunds",),
        area=("DE",),
        reason="a strike",
        evidence=(),
        proposed_by="Jo",
        state=HoldState.CONFIRMED,
        created_at=START,
        updated_at=START,
        ends_at=START + HOUR,
        hours=1.0,
        errands=(errand,),
    )
    async with store.begin() as unit:
        await unit.keep(hold, (), expected_revision=None)
    until = START + timedelta(seconds=12)

    assert await store.claim_due(START - timedelta(seconds=1), until=until, limit=10) == ()
    assert await store.claim_due(START, until=until, limit=10) == (hold,)
    assert await other.claim_due(START, until=until, limit=10) == ()
    assert await other.claim_due(until, until=until + HOUR, limit=10) == (hold,)  # whoever had it is dead

    done = msgspec.structs.replace(errand, state=ErrandState.SENT)
    async with other.begin() as unit:
        await unit.keep(msgspec.structs.replace(hold, errands=(done,), revision=2), (), expected_revision=1)

    assert await store.claim_due(START + 2 * HOUR, until=until, limit=10) == ()


async def test_open_incidents_are_those_that_people_work_on(store: SqlStore) -> None:
    await save(store, 1)
    async with store.begin() as unit:
        await unit.save(incident(2, state=IncidentState.RESOLVED), (), expected_revision=None)
        await unit.save(incident(3, history=True), (), expected_revision=None)

    assert [one.id for one in await store.open_incidents()] == [incident(1).id]


async def test_a_silence_holds_in_every_process_with_its_next_decision(store: SqlStore, another: Opener) -> None:
    other = await another()
    everything = msgspec.structs.replace(SILENCE, matchers=('topic="topic-1"',), weekly=())
    dispatch = Dispatch(Routes(RouteSettings(receiver="comms")), Receivers({}))
    await keep(store, everything)

    async with other.begin() as unit:
        opened = Outcome(incident(1), Transition.OPENED, (entry(incident(1)),))
        saved = await dispatch.record(unit, opened, START)

    assert saved is not None
    assert [muted.source for muted in saved.muted] == [SILENCE.id]
    assert saved.receivers == ()
    assert (await store.get(incident(1).id)).muted == saved.muted
