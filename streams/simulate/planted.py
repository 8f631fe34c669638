"""What is planted in a simulated stream, and the label that says so."""

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What happens; `PAGES` are those that somebody wants to be woken for."""

    STEP = "crisis_step"
    RAMP = "crisis_ramp"
    WAVES = "crisis_waves"
    INDUSTRY = "industry_wide"
    FLIP = "sentiment_flip"
    CALLS_FIRST = "contact_centre_first"
    VIRALITY = "joyful_virality"
    CASCADE = "reshare_cascade"
    BOTS = "bot_storm"
    GAP = "feed_gap"
    FLOOD = "feed_flood"
    DRIFT = "drift"


PAGES = frozenset({Kind.STEP, Kind.RAMP, Kind.WAVES, Kind.INDUSTRY, Kind.FLIP, Kind.CALLS_FIRST})


class Planted(msgspec.Struct, frozen=True):
    """One event of the simulated world.

    Attributes:
        onset: Seconds after the start of the stream; likewise `end`.
        height: Extra mentions per usual mention at full height; of a drift the factor that is reached.
        rise: Seconds from nothing to full height.
        second: When a second wave begins; 0 where there is none.
        lead: Seconds by which the contact centre follows social media; negative where it comes first.
        negative: Share of negative ones among the extra mentions; of a flip among all.
        platform: Whose feed it is about; empty for all.
    """

    kind: Kind
    topic: str
    onset: float
    end: float
    cause: str
    height: float = 0.0
    rise: float = 0.0
    second: float = 0.0
    lead: float = 0.0
    negative: float = 0.0
    platform: str = ""

    def level(self, at: float) -> float:
        """How far it is up at `at` seconds, [0, 1]: straight up, on, and straight down over its last quarter."""
        if not self.onset <= at < self.end:
            return 0.0
        up = 1.0 if self.rise <= 0 else min((at - self.onset) / self.rise, 1.0)
        falls = self.end - (self.end - self.onset) / 4
        down = 1.0 if at < falls else (self.end - at) / (self.end - falls)
        trough = 1.0
        if self.second > 0:
            half = (self.second - self.onset) / 3
            trough = 0.05 if self.second - half <= at < self.second else 1.0
        return up * down * trough


class LabelLine(msgspec.Struct, frozen=True):
    """A label, as it stands in a line beside the stream.

    Attributes:
        topic: Its id; `*` of a feed that stops, which every topic feels.
        onset: Seconds since 1970, UTC; likewise `end` and `second`.
        size: Mentions that would not be there without it; of a gap or flood those it held back, of a flip those turned.
        pages: Somebody wants to be woken for it.
        lead: See `Planted`.
        reason: Why people call because of it, where they do; `calls` of them.
    """

    kind: Kind
    topic: str
    onset: float
    end: float
    size: int
    cause: str
    pages: bool
    second: float | None = None
    lead: float | None = None
    platform: str | None = None
    reason: str | None = None
    calls: int | None = None


def label_of(planted: Planted, start: float, size: int) -> LabelLine:
    """The label of what was planted in a stream that begins at `start`."""
    return LabelLine(
        kind=planted.kind,
        topic=planted.topic,
        onset=start + planted.onset,
        end=start + planted.end,
        size=size,
        cause=planted.cause,
        pages=planted.kind in PAGES,
        second=start + planted.second if planted.second else None,
        lead=planted.lead or None,
        platform=planted.platform or None,
    )
