"""What the last look at a topic left: that nobody need look again for a while, and what was seen at a minute's end."""

from collections.abc import Sequence

from streams.detectors.base import Detector
from streams.events import Tally
from streams.stages.moment import WatchedMoment
from streams.windows import MINUTE, Slot, TopicWindows


class LastLook:
    """Knows how many more mentions may come in the open minute without a decision, whatever they say.

    Most deltas change no decision; they are told apart from the rest at the price of a subtraction.
    """

    __slots__ = ("_minute", "_moment", "_room")

    def __init__(self) -> None:
        self._minute: int | None = None
        self._room = 0
        self._moment: WatchedMoment | None = None

    def forget(self) -> None:
        """Something was learned, or the topic is another one: what was seen no longer holds."""
        self._minute = self._moment = None

    def saw(self, moment: WatchedMoment) -> None:
        """This was decided on; at its last second a minute is kept, for it will be asked for when it closes."""
        self._minute = None
        self._moment = moment if moment.at % MINUTE == MINUTE - 1 else None

    def at_end_of(self, slot: Slot, windows: TopicWindows, detectors: Sequence[Detector]) -> WatchedMoment:
        """The last second of the slot, as it was seen then unless anything came since."""
        last = slot.start + slot.seconds - 1
        if self._moment is not None and self._moment.at == last:
            return self._moment
        known = [recent for recent in windows.unlearned() if recent.start <= last]
        return WatchedMoment(windows, detectors, known, last)

    def finds_room(self, moment: WatchedMoment, pages: float) -> bool:
        """Whether no reading of the moment is of so few false pages a week; then more mentions may come."""
        room = moment.room(pages)
        if room is not None:
            self._minute, self._room = moment.at // MINUTE, room
        return room is not None

    def has_room(self, at: int, more: Tally) -> bool:
        """Whether nobody need look at `at`, now that these mentions came; they take up room.

        What takes mentions back, or says of a mention more than can be said, has to be looked at.
        """
        self._moment = None
        if at // MINUTE != self._minute:
            return False
        if min(more.negative, more.neutral, more.positive, more.unscored) < 0 or more.polarity_sum < -more.scored:
            self._minute = None
            return False
        self._room -= more.mentions
        return self._room >= 0
