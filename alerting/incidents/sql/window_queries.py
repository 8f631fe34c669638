"""Queries about windows: the recent ones as rows, older ones folded into a block for each topic and day.

A window is written as a row, which costs microseconds. Every few hours a topic's rows are folded into its blocks;
topics take turns, so that no minute has to fold them all.
"""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

import msgspec
import structlog
from sqlalchemy import Connection, delete, select

from alerting.history import curve, day_of, merge, pack, unpack, unsettled
from alerting.incidents.sql.board import Tail, grown
from alerting.incidents.sql.inserting import insert_each
from alerting.incidents.sql.tables import board, history_blocks, recent_windows
from alerting.incidents.topic_status import WindowPoint
from streams.errors import StateCorrupted
from streams.events import WindowCount

# Folding costs about 10 ms a topic, mostly for the block as it is; so it should not come too often.
FOLD_SECONDS: Final = 4 * 3600
_FOLDED_AT_ONCE: Final = 50  # with its rows of four hours and its block a topic takes tens of kilobytes of memory
MINUTE: Final = 60

_encoder: Final = msgspec.msgpack.Encoder()
_window: Final = msgspec.msgpack.Decoder(WindowCount)
_tail: Final = msgspec.msgpack.Decoder(Tail)

_WRITE_ROW: Final = insert_each(
    recent_windows,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["topic", "start", "seconds"],
        set_={"revision": insert.excluded.revision, "value": insert.excluded.value},
        where=insert.excluded.revision > recent_windows.c.revision,
    ),
)
_WRITE_TAIL: Final = insert_each(
    board,
    lambda insert: insert.on_conflict_do_update(index_elements=["topic"], set_={"value": insert.excluded.value}),
)
_WRITE_BLOCK: Final = insert_each(
    history_blocks,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["topic", "day"],
        set_={name: insert.excluded[name] for name in ("block", "seconds", "written_at")},
    ),
)

log = structlog.get_logger()


def record(connection: Connection, windows: Sequence[WindowCount], now: datetime) -> None:
    """Add windows to the history; a higher revision replaces a lower one.

    A silent window tells the board that time went on; the history keeps it only where it corrects another count.
    """
    by_topic: dict[str, list[WindowCount]] = {}
    for window in windows:
        by_topic.setdefault(window.topic, []).append(window)
    if not by_topic:
        return
    before = tails(connection, tuple(by_topic))
    kept = [window for window in windows if window.tally.mentions != 0 or window.revision > 0]
    if kept:
        _write_rows(connection, kept)
    _write_tails(connection, {topic: grown(before.get(topic), fresh, now) for topic, fresh in by_topic.items()})
    fold(connection, [topic for topic, fresh in by_topic.items() if _is_due(topic, before.get(topic), fresh)], now)


def _is_due(topic: str, before: Tail | None, fresh: Sequence[WindowCount]) -> bool:
    return before is not None and _turn(topic, before.windows[-1].start) < _turn(topic, max(w.start for w in fresh))


def fold(connection: Connection, topics: Sequence[str], now: datetime) -> int:
    """Move the topics' rows into their blocks; of how many topics.

    Fifty topics cost as many statements as one: over a slow way to the database it is the statements that take time.
    A block that cannot be read is said loudly and left as it is; its topic's rows stay where they are and are not lost.
    """
    return sum(
        _fold(connection, topics[first : first + _FOLDED_AT_ONCE], now)
        for first in range(0, len(topics), _FOLDED_AT_ONCE)
    )


def _fold(connection: Connection, topics: Sequence[str], now: datetime) -> int:
    moved: dict[str, list[WindowCount]] = {topic: [] for topic in topics}
    gone = delete(recent_windows).where(recent_windows.c.topic.in_(topics))
    for row in connection.execute(gone.returning(recent_windows.c.topic, recent_windows.c.value)):
        moved[row.topic].append(_window.decode(row.value))
    stored = _stored(connection, moved)
    blocks: list[dict[str, object]] = []
    kept: list[WindowCount] = []
    unreadable = 0
    for topic, rows in moved.items():
        try:
            blocks += [
                {"topic": topic, "day": day, "block": block, "seconds": MINUTE, "written_at": now}
                for day, block in _refolded(topic, rows, stored)
            ]
        except StateCorrupted as exc:
            log.error("history.block_unreadable", topic=topic, reason=str(exc), then="the rows stay unfolded")  # noqa: TRY400  # the reason says it all
            kept += rows
            unreadable += 1
    if kept:
        _write_rows(connection, kept)
    if blocks:
        connection.execute(_WRITE_BLOCK[connection.dialect.name], blocks)
    return len(moved) - unreadable


def _stored(connection: Connection, moved: Mapping[str, Sequence[WindowCount]]) -> dict[tuple[str, int], bytes]:
    """The blocks of these topics and of the days of these windows, locked, always in the same order."""
    days = {day_of(window.start) for rows in moved.values() for window in rows}
    if not days:
        return {}
    found = connection.execute(
        select(history_blocks.c.topic, history_blocks.c.day, history_blocks.c.block)
        .where(history_blocks.c.topic.in_(moved), history_blocks.c.day.in_(days))
        .order_by(history_blocks.c.topic, history_blocks.c.day)
        .with_for_update()
    )
    return {(row.topic, row.day): row.block for row in found}


def _refolded(
    topic: str, rows: Sequence[WindowCount], stored: Mapping[tuple[str, int], bytes]
) -> list[tuple[int, bytes]]:
    """Days whose blocks change, and to what.

    Raises:
        StateCorrupted: One of the blocks cannot be read.
    """
    changed: list[tuple[int, bytes]] = []
    for day, group in groupby(merge(rows), key=lambda window: day_of(window.start)):
        block = stored.get((topic, day))
        known = [] if block is None else unpack(topic, block)
        fresh = list(group)
        news = unsettled(known, fresh)
        if len(news) < len(fresh):
            log.warning("history.settled", topic=topic, day=day, passed_over=len(fresh) - len(news))
        if news:
            changed.append((day, pack(merge(known, news))))
    return changed


def _readable(topic: str, block: bytes) -> list[WindowCount]:
    try:
        return unpack(topic, block)
    except StateCorrupted as exc:
        log.error("history.block_unreadable", topic=topic, reason=str(exc), then="the curve has a gap")  # noqa: TRY400  # the reason says it all
        return []


def points(connection: Connection, topic: str, start: int, end: int, seconds: int) -> tuple[WindowPoint, ...]:
    """The topic's curve from the window of `seconds` in which `start` lies to the one before `end` or around it."""
    first, last = start - start % seconds, end + -end % seconds
    blocks = connection.execute(
        select(history_blocks.c.block)
        .where(history_blocks.c.topic == topic)
        .where(history_blocks.c.day.between(day_of(first), day_of(max(first, last - 1))))
    ).scalars()
    rows = connection.execute(
        select(recent_windows.c.value)
        .where(recent_windows.c.topic == topic)
        .where(recent_windows.c.start >= first, recent_windows.c.start < last)
    ).scalars()
    stored = merge(*[_readable(topic, block) for block in blocks])
    recent = unsettled(stored, [_window.decode(value) for value in rows])
    windows = [window for window in merge(stored, recent) if first <= window.start < last]
    return curve(windows, seconds)


def tails(connection: Connection, topics: Sequence[str] | None = None) -> dict[str, Tail]:
    """The latest windows of these topics; of all of them without `topics`.

    One that cannot be read is left out: the next windows make a new one.
    """
    found = select(board.c.topic, board.c.value)
    if topics is not None:
        found = found.where(board.c.topic.in_(topics))
    latest: dict[str, Tail] = {}
    for row in connection.execute(found):
        try:
            latest[row.topic] = _tail.decode(row.value)
        except msgspec.MsgspecError as exc:
            log.warning("board.unreadable", topic=row.topic, reason=str(exc))
    return latest


def _write_rows(connection: Connection, windows: Sequence[WindowCount]) -> None:
    connection.execute(
        _WRITE_ROW[connection.dialect.name],
        [
            {
                "topic": window.topic,
                "start": window.start,
                "seconds": window.seconds,
                "revision": window.revision,
                "value": _encoder.encode(window),
            }
            for window in windows
        ],
    )


def _write_tails(connection: Connection, latest: Mapping[str, Tail]) -> None:
    connection.execute(
        _WRITE_TAIL[connection.dialect.name],
        [{"topic": topic, "value": _encoder.encode(tail)} for topic, tail in latest.items()],
    )


def _turn(topic: str, start: int) -> int:
    """Grows by one each time it is the topic's turn to be folded."""
    return (start + zlib.crc32(topic.encode()) % FOLD_SECONDS) // FOLD_SECONDS
