"""What final minutes leave of the mood in each window: worked out once for all decisions until the next is learned."""

from collections.abc import Sequence

import msgspec

from streams.detectors.souring import Tilt
from streams.detectors.trail import Sums, Trail
from streams.windows import MINUTE


class MoodWindow(msgspec.Struct, frozen=True, gc=False):
    """One window that ends with the open minute.

    Attributes:
        begin: Its first second.
        final: The sums of its final minutes.
        told: It holds an event that was told already.
    """

    place: int
    minutes: int
    begin: int
    final: Sums
    told: bool


class MoodStand(msgspec.Struct, frozen=True, gc=False):
    """What all decisions of an open minute share.

    Attributes:
        tilt: What a mention adds to the climb of the share of negative ones; None where that can climb no more.
    """

    open_minute: int
    tilt: Tilt | None
    windows: tuple[MoodWindow, ...]


def mood_stand_of(
    open_minute: int, scales: Sequence[int], trail: Trail, not_before: int, tilt: Tilt | None
) -> MoodStand:
    """Where windows of `scales` minutes stand.

    Args:
        not_before: Windows that begin before this hold an event that was told.
    """
    windows, end = [], trail.end
    for place, minutes in enumerate(scales):
        begin = open_minute - (minutes - 1) * MINUTE
        final = trail.sums(0 if end is None else (end - begin) // MINUTE)
        windows.append(MoodWindow(place, minutes, begin, final, begin < not_before))
    return MoodStand(open_minute, tilt, tuple(windows))


def with_recent(window: MoodWindow, heard: Sequence[tuple[int, Sums]]) -> Sums:
    """The window's sums together with those of minutes that are not final, each with its start."""
    a, b, c, d, e = window.final
    for start, (mentions, scored, negative, polarity, squares) in heard:
        if start >= window.begin:
            a, b, c, d, e = a + mentions, b + scored, c + negative, d + polarity, e + squares
    return a, b, c, d, e
