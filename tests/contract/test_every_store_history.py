"""What every store's window history and board have to keep, on SQLite and on Postgres."""

from datetime import timedelta

import msgspec

from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.sql.store import SqlStore
from streams.public_reply import PublicReply
from tests.fakes.clock import START, FakeClock
from tests.fakes.stored import MIDNIGHT, curve, delivery, incident, sent, topic, window

LATER = START + timedelta(hours=1)


class TestHistory:
    async def test_a_higher_revision_replaces_a_lower_one_in_any_order(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.record_windows([window(MIDNIGHT, 5), window(MIDNIGHT + 60, 9, revision=2)])
            await unit.record_windows([window(MIDNIGHT, 6, revision=1), window(MIDNIGHT + 60, 8, revision=1)])

        assert [point.mentions for point in await curve(store)] == [6, 9]

    async def test_a_curve_is_added_up_to_the_wanted_width(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.record_windows([window(MIDNIGHT + 60 * minute, minute + 1) for minute in range(10)])

        first, second = await curve(store, seconds=300)

        assert (first.start, first.seconds, first.mentions) == (MIDNIGHT, 300, 1 + 2 + 3 + 4 + 5)
        assert (second.start, second.mentions) == (MIDNIGHT + 300, 6 + 7 + 8 + 9 + 10)
        assert first.polarity == -0.5
        assert first.expected == 5 * 4.0

    async def test_a_silent_window_is_left_out_and_one_that_became_silent_disappears(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.record_windows([window(MIDNIGHT, 0), window(MIDNIGHT + 60, 3)])
            await unit.record_windows([window(MIDNIGHT + 60, 0, revision=1)])

        assert await curve(store) == ()

    async def test_days_of_windows_read_the_same_when_they_became_blocks(self, store: SqlStore) -> None:
        minutes = range(0, 2 * 1440, 3)
        for first in range(0, len(minutes), 60):
            async with store.begin() as unit:
                await unit.record_windows(
                    [window(MIDNIGHT + 60 * minute, minute + 1) for minute in minutes[first : first + 60]]
                )
        async with store.begin() as unit:
            await unit.record_windows([window(MIDNIGHT, 777, revision=1)])

        points = await curve(store, days=2)
        second_day = await curve(store, start=MIDNIGHT + 86_400, days=1)

        assert [point.mentions for point in points] == [777, *(minute + 1 for minute in minutes[1:])]
        assert [point.mentions for point in second_day] == [minute + 1 for minute in minutes if minute >= 1440]

    async def test_topics_have_histories_of_their_own(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.record_windows([window(MIDNIGHT, 5), window(MIDNIGHT, 7, topic="flights")])

        assert [point.mentions for point in await curve(store)] == [5]


class TestBoard:
    async def test_topics_are_exactly_those_saved_last_in_their_order(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.save_topics([topic("b"), topic("a"), topic("gone")])
        async with store.begin() as unit:
            await unit.save_topics([topic("c"), topic("b"), msgspec.structs.replace(topic("a"), owner="Payments")])

        board = await store.topics(START)

        assert [(status.topic, status.owner) for status in board] == [("c", None), ("b", None), ("a", "Payments")]
        assert board[0].per_minute is None
        assert board[0].score is None

    async def test_a_rate_is_that_of_the_last_five_minutes_and_falls_in_silence(
        self, store: SqlStore, store_clock: FakeClock
    ) -> None:
        noon = int(START.timestamp())
        async with store.begin() as unit:
            await unit.save_topics([topic("refunds")])
            await unit.record_windows([window(noon - 60 * back, 10 * back) for back in range(1, 8)])

        (now,) = await store.topics(store_clock.now())
        (later,) = await store.topics(store_clock.now() + timedelta(minutes=2))
        (silent,) = await store.topics(store_clock.now() + timedelta(minutes=6))

        assert now.per_minute == (10 + 20 + 30 + 40 + 50) / 5
        assert later.per_minute == (10 + 20 + 30) / 5
        assert silent.per_minute == 0.0
        assert (now.expected_per_minute, now.polarity, now.score) == (4.0, -0.5, 0.5)
        assert now.last_window_at == START - timedelta(minutes=1)

    async def test_a_replay_of_long_ago_has_a_rate_too(self, store: SqlStore, store_clock: FakeClock) -> None:
        async with store.begin() as unit:
            await unit.save_topics([topic("refunds")])
            await unit.record_windows([window(MIDNIGHT - 365 * 86_400, 25)])

        (status,) = await store.topics(store_clock.now())

        assert status.per_minute == 25 / 5

    async def test_pages_and_open_incidents_are_counted_for_each_topic(self, store: SqlStore) -> None:
        def of(number: int, *, state: IncidentState = IncidentState.RESOLVED, history: bool = False) -> None:
            everything.append(incident(number, topic="refunds", state=state, history=history))

        everything: list[Incident] = []
        of(1)
        of(2, state=IncidentState.ACKNOWLEDGED)
        of(3)
        of(4, history=True)
        async with store.begin() as unit:
            await unit.save_topics([topic("refunds"), topic("flights")])
            for one in everything:
                await unit.save(one, [], expected_revision=None)
            for one in everything[:2]:
                await unit.enqueue([delivery(f"{one.id}-{way}", one, notifier=way) for way in ("slack", "pagerduty")])
        for lease in await store.lease(START, seconds=30, limit=9):
            await store.settle(lease, sent(lease.delivery))

        refunds, flights = await store.topics(START + timedelta(days=1))
        a_week_on, _ = await store.topics(START + timedelta(days=8))

        assert (refunds.pages_this_week, refunds.open_incidents) == (2, 1)
        assert (flights.pages_this_week, flights.open_incidents) == (0, 0)
        assert (a_week_on.pages_this_week, a_week_on.open_incidents) == (0, 1)


class TestPublicAnswers:
    async def test_the_earliest_answer_to_a_mention_counts_in_whatever_order_they_come(self, store: SqlStore) -> None:
        nobody = await store.answered(["x:1"])
        async with store.begin() as unit:
            await unit.record_replies([PublicReply("x:8", ("x:1", "x:2"), START + timedelta(minutes=5))])
            await unit.record_replies([PublicReply("x:9", ("x:1",), START), PublicReply("x:7", ("x:2",), LATER)])

        assert nobody is None
        assert await store.answered([]) == {}
        assert await store.answered(["x:1", "x:2", "x:3"]) == {"x:1": START, "x:2": START + timedelta(minutes=5)}
