"""Window counts as compressed blocks, one for each topic and UTC day, and curves made of them.

A block is one version byte and a zlib stream of MessagePack columns, because numbers of one kind compress well beside
each other. Counts are exact, sums of polarity exact to a millionth, and what was expected, with its band and the score,
to seven digits; more digits would double the size and mean nothing.
"""

import struct
import zlib
from collections.abc import Iterable
from itertools import accumulate, groupby
from math import isnan, nan, sqrt
from operator import attrgetter
from typing import Final

import msgspec

from alerting.incidents.topic_status import WindowPoint
from streams.errors import StateCorrupted
from streams.events import Tally, WindowCount

DAY_SECONDS: Final = 86_400

_VERSION: Final = b"\x01"
# Level 1 costs a third of the time of level 6, and a tenth more space.
_LEVEL: Final = 1
# A topic has at most 86,400 windows a day; more than this is not ours, or is meant to fill the memory.
_MAX_INFLATED_BYTES: Final = 64_000_000


class _Columns(msgspec.Struct, frozen=True, array_like=True):
    """Windows turned on their side: every list has one number for each window, in order of start."""

    start_steps: list[int]
    seconds: list[int]
    revision: list[int]
    mentions: list[int]
    negative: list[int]
    neutral: list[int]
    positive: list[int]
    unscored: list[int]
    polarity_millionths: list[int]
    polarity_squares_millionths: list[int]
    reach: list[int]
    engagement: list[int]
    delayed: list[int]
    expected: bytes
    low: bytes
    high: bytes
    score: bytes
    history: list[bool]


# Larger ones do not fit into four bytes; a count that size is a mistake, which must not stop the intake.
_LARGEST: Final = 1e38
_MILLION: Final = 1_000_000

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(_Columns)
_place = attrgetter("start", "seconds")


def day_of(start: int) -> int:
    """The UTC day of a window, days since 1970; a window belongs to the day in which it starts.

    >>> day_of(86_399), day_of(86_400)
    (0, 1)
    """
    return start // DAY_SECONDS


def merge(*parts: Iterable[WindowCount]) -> list[WindowCount]:
    """All windows in order of start; of two counts of the same window the higher revision stays.

    Of equal revisions the one of the earlier part stays.
    """
    newest: dict[tuple[int, int], WindowCount] = {}
    for part in parts:
        for window in part:
            place = (window.start, window.seconds)
            known = newest.get(place)
            if known is None or window.revision > known.revision:
                newest[place] = window
    return sorted(newest.values(), key=_place)


def pack(windows: Iterable[WindowCount]) -> bytes:
    """The windows as a block. Their topic is not in it."""
    ordered = sorted(windows, key=_place)
    tallies = [window.tally for window in ordered]
    starts = [window.start for window in ordered]
    columns = _Columns(
        start_steps=[later - earlier for earlier, later in zip([0, *starts], starts, strict=False)],
        seconds=[window.seconds for window in ordered],
        revision=[window.revision for window in ordered],
        mentions=[tally.mentions for tally in tallies],
        negative=[tally.negative for tally in tallies],
        neutral=[tally.neutral for tally in tallies],
        positive=[tally.positive for tally in tallies],
        unscored=[tally.unscored for tally in tallies],
        polarity_millionths=[round(tally.polarity_sum * _MILLION) for tally in tallies],
        polarity_squares_millionths=[round(tally.polarity_squares * _MILLION) for tally in tallies],
        reach=[tally.reach for tally in tallies],
        engagement=[tally.engagement for tally in tallies],
        delayed=[tally.delayed for tally in tallies],
        expected=_floats([window.expected for window in ordered]),
        low=_floats([window.low for window in ordered]),
        high=_floats([window.high for window in ordered]),
        score=_floats([window.score for window in ordered]),
        history=[window.history for window in ordered],
    )
    return _VERSION + zlib.compress(_encoder.encode(columns), _LEVEL)


def unpack(topic: str, block: bytes) -> list[WindowCount]:
    """The windows of a block of that topic, in order of start.

    Raises:
        StateCorrupted: The block is damaged, or of a version that this code does not know.
    """
    if block[:1] != _VERSION:
        raise StateCorrupted(f"a history block of topic {topic!r} has version {block[:1]!r}, not {_VERSION!r}")
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(block[1:], _MAX_INFLATED_BYTES)
        if not inflater.eof:
            raise StateCorrupted(f"a history block of topic {topic!r} is cut off or too large")
        columns = _decoder.decode(plain)
        return list(_rows(topic, columns))
    except (zlib.error, msgspec.MsgspecError, ValueError, struct.error) as exc:
        raise StateCorrupted(f"a history block of topic {topic!r} cannot be read: {exc}") from exc


def thinned(windows: Iterable[WindowCount], seconds: int) -> list[WindowCount]:
    """The windows added up to windows of `seconds`; what is as wide already stays as it is, silent ones are left out.

    Counts stay exact. What was expected is added up as in `curve`, over the whole width.

    Args:
        windows: Of one topic, each only once.
        seconds: Wanted width, > 0; the widths so far divide it.
    """
    told = sorted((window for window in windows if window.tally.mentions != 0), key=_place)
    kept: list[WindowCount] = []
    for start, group in groupby(told, key=lambda window: window.start - window.start % seconds):
        parts = list(group)
        kept.extend(part for part in parts if part.seconds >= seconds)
        narrow = [part for part in parts if part.seconds < seconds]
        if narrow:
            kept.append(_wide(narrow, start, seconds))
    return sorted(kept, key=_place)


def _wide(parts: list[WindowCount], start: int, seconds: int) -> WindowCount:
    expected, low, high = _band(parts, seconds)
    scores = [part.score for part in parts if part.score is not None]
    return WindowCount(
        topic=parts[0].topic,
        start=start,
        seconds=seconds,
        tally=sum((part.tally for part in parts), Tally()),
        revision=max(part.revision for part in parts),
        expected=expected,
        low=low,
        high=high,
        score=max(scores, default=None),
        history=all(part.history for part in parts),
    )


def unsettled(stored: Iterable[WindowCount], fresh: Iterable[WindowCount]) -> list[WindowCount]:
    """Those of `fresh` that do not lie inside of a wider stored window: what was added up can be corrected no more."""
    wide = {(window.start, window.seconds) for window in stored}
    widths = {seconds for _, seconds in wide}
    return [
        window
        for window in fresh
        if not any((window.start - window.start % width, width) in wide for width in widths if width > window.seconds)
    ]


def curve(windows: Iterable[WindowCount], seconds: int) -> tuple[WindowPoint, ...]:
    """The windows added up to windows of `seconds`, which begin at multiples of `seconds` since 1970.

    Windows without mentions are left out. Narrower than they were counted, windows cannot become: wider ones stay as
    they are. A window counts where it starts.

    What was expected is known only for windows that are stored, and silent ones are not, so the mean of the known ones
    stands for all of them; in the last, unfinished window only for what has passed of it. The band's ends lie as far
    from the expected as independent windows would put them, `sqrt(sum of squares)`; a baseline that is off for
    hours makes it too narrow. All three are None where a part's is unknown. The score is the highest.

    Args:
        windows: Of one topic, in order of start, each only once.
        seconds: Wanted width, > 0.
    """
    told = [window for window in windows if window.tally.mentions > 0]
    if not told:
        return ()
    end = told[-1].start + told[-1].seconds
    points: list[WindowPoint] = []
    for start, group in groupby(told, key=lambda window: window.start - window.start % seconds):
        parts = list(group)
        wide = [part for part in parts if part.seconds > seconds]
        narrow = [part for part in parts if part.seconds <= seconds]
        points.extend(_point([part], part.start, part.seconds, part.seconds) for part in wide)
        if narrow:
            points.append(_point(narrow, start, seconds, min(seconds, end - start)))
    return tuple(points)


def _point(parts: list[WindowCount], start: int, seconds: int, passed: int) -> WindowPoint:
    total = sum((part.tally for part in parts), Tally())
    expected, low, high = _band(parts, passed)
    scores = [part.score for part in parts if part.score is not None]
    return WindowPoint(
        start=start,
        seconds=seconds,
        mentions=total.mentions,
        negative=total.negative,
        positive=total.positive,
        polarity=total.polarity_mean,
        expected=expected,
        low=low,
        high=high,
        score=max(scores, default=None),
    )


def _band(parts: list[WindowCount], passed: int) -> tuple[float | None, float | None, float | None]:
    sum_expected = below = above = 0.0
    for part in parts:
        if part.expected is None or part.low is None or part.high is None:
            return None, None, None
        sum_expected += part.expected
        below += (part.expected - part.low) ** 2
        above += (part.high - part.expected) ** 2
    share = passed / sum(part.seconds for part in parts)
    expected = sum_expected * share
    return expected, max(0.0, expected - sqrt(below * share)), expected + sqrt(above * share)


def _rows(topic: str, columns: _Columns) -> Iterable[WindowCount]:
    amount = len(columns.seconds)
    rows = zip(
        accumulate(columns.start_steps),
        columns.seconds,
        columns.revision,
        columns.history,
        _unfloats(columns.expected, amount),
        _unfloats(columns.low, amount),
        _unfloats(columns.high, amount),
        _unfloats(columns.score, amount),
        columns.mentions,
        columns.negative,
        columns.neutral,
        columns.positive,
        columns.unscored,
        (millionths / _MILLION for millionths in columns.polarity_millionths),
        (millionths / _MILLION for millionths in columns.polarity_squares_millionths),
        columns.reach,
        columns.engagement,
        columns.delayed,
        strict=True,
    )
    for start, seconds, revision, history, expected, low, high, score, *counts in rows:
        yield WindowCount(topic, start, seconds, Tally(*counts), revision, expected, low, high, score, history)


def _floats(numbers: list[float | None]) -> bytes:
    """Four bytes a number, all first bytes, then all second ones and so on; unknown is not-a-number."""
    known = (nan if number is None else max(-_LARGEST, min(_LARGEST, number)) for number in numbers)
    raw = struct.pack(f"<{len(numbers)}f", *known)
    return b"".join(raw[place::4] for place in range(4))


def _unfloats(planes: bytes, amount: int) -> list[float | None]:
    raw = bytearray(4 * amount)
    if len(planes) != len(raw):
        raise ValueError(f"a column has {len(planes)} bytes, not {len(raw)}")
    for place in range(4):
        raw[place::4] = planes[place * amount : (place + 1) * amount]
    return [None if isnan(number) else number for number in struct.unpack(f"<{amount}f", raw)]
