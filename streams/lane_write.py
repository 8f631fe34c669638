"""What a lane is about to make durable."""

import msgspec

from streams.broker.base import Outgoing
from streams.stage_reading import StageReading


class LaneWrite(msgspec.Struct, frozen=True):
    """Records, the state that follows from them, the position that both belong to, and what the metrics are told."""

    outgoing: list[Outgoing]
    changelog: list[Outgoing]
    next_offset: int
    reading: StageReading
