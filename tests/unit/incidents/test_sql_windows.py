from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, func, select, update

from alerting.incidents.sql import window_queries
from alerting.incidents.sql.board import RATE_SECONDS, Tail, grown, per_minute, polarity
from alerting.incidents.sql.engine import sqlite_engine
from alerting.incidents.sql.tables import board, history_blocks, metadata, recent_windows
from tests.fakes.clock import START
from tests.fakes.stored import MIDNIGHT, window

NOON = int(START.timestamp())
DAY = 86_400


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = sqlite_engine(str(tmp_path / "tocsin.db"), pool_size=1)
    with engine.connect() as connection:
        metadata.create_all(connection)
        yield connection
    engine.dispose()


def record_minutes(connection: Connection, minutes: range, *, topics: int = 1) -> None:
    for minute in minutes:
        fresh = [window(MIDNIGHT + 60 * minute, topic=f"topic-{number}") for number in range(topics)]
        window_queries.record(connection, fresh, START)


def mentions(connection: Connection, topic: str, days: int = 1) -> list[int]:
    points = window_queries.points(connection, topic, MIDNIGHT, MIDNIGHT + days * DAY, 60)
    return [point.mentions for point in points]


class TestFolding:
    def test_rows_stay_few_and_nothing_is_lost(self, connection: Connection) -> None:
        record_minutes(connection, range(3 * 240), topics=3)

        rows = connection.execute(select(func.count()).select_from(recent_windows)).scalar_one()
        assert rows <= 3 * 240
        assert [mentions(connection, f"topic-{number}") for number in range(3)] == [[6] * (3 * 240)] * 3

    def test_topics_take_turns(self, connection: Connection) -> None:
        folded: list[int] = []
        for minute in range(240):
            record_minutes(connection, range(minute, minute + 1), topics=40)
            folded.append(connection.execute(select(func.count()).select_from(history_blocks)).scalar_one())

        at_once = [later - earlier for earlier, later in zip([0, *folded], folded, strict=False)]

        assert folded[-1] >= 38  # a topic whose turn is at the very edge may have had nothing to fold yet
        assert max(at_once) <= 5

    def test_a_correction_of_a_folded_window_counts_before_and_after_it_is_folded_itself(
        self, connection: Connection
    ) -> None:
        record_minutes(connection, range(3))
        window_queries.fold(connection, ["topic-0"], START)
        window_queries.record(connection, [window(MIDNIGHT, 9, topic="topic-0", revision=1)], START)

        before = mentions(connection, "topic-0")
        window_queries.fold(connection, ["topic-0"], START)

        assert before == [9, 6, 6]
        assert mentions(connection, "topic-0") == [9, 6, 6]

    def test_a_damaged_block_is_a_gap_in_the_curve_and_stops_nothing(self, connection: Connection) -> None:
        record_minutes(connection, range(3))
        window_queries.fold(connection, ["topic-0"], START)
        connection.execute(update(history_blocks).values(block=b"\x01rubbish"))
        record_minutes(connection, range(3, 5))

        window_queries.fold(connection, ["topic-0"], START)

        assert mentions(connection, "topic-0") == [6, 6]
        assert connection.execute(select(history_blocks.c.block)).scalars().all() == [b"\x01rubbish"]
        assert connection.execute(select(func.count()).select_from(recent_windows)).scalar_one() == 2

    def test_a_damaged_block_keeps_no_other_topic_from_being_folded(self, connection: Connection) -> None:
        names = ["topic-0", "topic-1"]
        record_minutes(connection, range(3), topics=2)
        window_queries.fold(connection, names, START)
        damaged = history_blocks.c.topic == "topic-0"
        connection.execute(update(history_blocks).where(damaged).values(block=b"\x01rubbish"))
        record_minutes(connection, range(3, 5), topics=2)

        folded = window_queries.fold(connection, names, START)

        assert folded == 1
        assert [mentions(connection, name) for name in names] == [[6] * 2, [6] * 5]
        assert connection.execute(select(recent_windows.c.topic)).scalars().all() == ["topic-0"] * 2

    def test_fifty_topics_cost_as_many_statements_as_one(self, connection: Connection) -> None:
        statements: list[str] = []
        names = [f"topic-{number}" for number in range(51)]
        event.listen(connection, "before_cursor_execute", lambda *told: statements.append(told[2]))
        told: list[list[str]] = []
        for topics in (names[:1], names[1:]):
            for minutes in (range(2), range(2, 4)):
                fresh = [window(MIDNIGHT + 60 * minute, topic=name) for minute in minutes for name in topics]
                window_queries.record(connection, fresh, START)
                statements.clear()
                window_queries.fold(connection, topics, START)
                told.append([statement.split()[0] for statement in statements])

        assert told == [["DELETE", "SELECT", "INSERT"]] * 4
        assert [mentions(connection, name) for name in names] == [[6] * 4] * 51

    def test_a_damaged_board_row_is_made_anew(self, connection: Connection) -> None:
        record_minutes(connection, range(3))
        connection.execute(update(board).values(value=b"rubbish"))
        assert window_queries.tails(connection) == {}

        record_minutes(connection, range(3, 4))

        assert [one.start for one in window_queries.tails(connection)["topic-0"].windows] == [MIDNIGHT + 180]


class TestBoard:
    def test_the_tail_keeps_the_last_five_minutes_and_the_newest_revisions(self) -> None:
        minutes = [window(NOON + 60 * minute, minute) for minute in range(8)]
        tail = grown(None, minutes, START)

        tail = grown(tail, [window(NOON + 60 * 7, 70, revision=1), window(NOON + 60 * 6, 60)], START)

        assert [one.tally.mentions for one in tail.windows] == [3, 4, 5, 6, 70]

    def test_a_rate_falls_while_a_live_topic_is_silent(self) -> None:
        tail = grown(None, [window(NOON - 60, 10)], START)

        assert per_minute(tail, START) == 10 / 5
        assert per_minute(tail, START + timedelta(seconds=RATE_SECONDS)) == 0.0

    def test_the_delay_with_which_windows_close_is_no_silence(self) -> None:
        closed_late = START + timedelta(seconds=125)
        tail = grown(None, [window(NOON - 60 * back, 10) for back in range(1, 6)], closed_late)

        assert per_minute(tail, closed_late + timedelta(seconds=59)) == 10.0

    def test_a_window_wider_than_five_minutes_has_a_rate_of_its_own_width(self) -> None:
        tail = grown(None, [window(NOON - 900, 45, seconds=900)], START)

        assert per_minute(tail, START) == 45 / 15

    def test_polarity_is_unknown_before_anything_was_scored(self) -> None:
        assert polarity(Tail((window(NOON, 0),), 0.0)) is None
        assert polarity(grown(None, [window(NOON, 4)], START)) == -0.5
