"""How the stream is doing, in one line."""

from dataclasses import dataclass
from enum import StrEnum


class Mood(StrEnum):
    """How the line's dot looks."""

    WELL = "well"
    WORRIED = "worried"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Pulse:
    """What is known of the stream; None is unknown.

    Attributes:
        mentions_per_second: Mentions counted a second, over the last few seconds.
        seconds_behind: How far event time is behind the clock.
        feeds_well: How many feeds deliver.
        feeds_silent: Names of feeds that should deliver and do not.
        trouble: One sentence where something is wrong, such as "Kafka does not answer".
    """

    mentions_per_second: float | None = None
    seconds_behind: float | None = None
    feeds_well: int | None = None
    feeds_silent: tuple[str, ...] = ()
    trouble: str | None = None

    @property
    def mood(self) -> Mood:
        """Worried where somebody should look."""
        if self.trouble or self.feeds_silent or (self.seconds_behind or 0.0) > 60:
            return Mood.WORRIED
        return Mood.UNKNOWN if self.mentions_per_second is None else Mood.WELL

    @property
    def line(self) -> str:
        """What is known, in words.

        >>> Pulse(mentions_per_second=3412, seconds_behind=0.42, feeds_well=5).line
        '3,412 mentions/s, 0.4 s behind, 5 feeds well'
        >>> Pulse().line
        'stream: nothing known yet'
        """
        parts = [self.trouble] if self.trouble else []
        if self.mentions_per_second is not None:
            number = self.mentions_per_second
            parts.append(f"{number:,.0f} mentions/s" if number >= 10 else f"{number:.1f} mentions/s")
        if self.seconds_behind is not None:
            behind = self.seconds_behind
            parts.append(f"{behind:.1f} s behind" if behind < 10 else f"{behind:,.0f} s behind")
        if self.feeds_silent:
            parts.append(f"silent: {', '.join(self.feeds_silent[:3])}")
        elif self.feeds_well is not None:
            parts.append(f"{self.feeds_well} feed{'' if self.feeds_well == 1 else 's'} well")
        return ", ".join(parts) or "stream: nothing known yet"
