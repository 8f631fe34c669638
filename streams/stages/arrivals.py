"""How many mentions of each platform arrived since the last watermark."""

from typing import Final

from streams.stages.sampling import short_name

MAX_NAMES: Final = 64
OTHERS: Final = "other platforms"


class Arrivals:
    """Counts every readable mention, matched or not; beyond 64 names between two watermarks the rest share one."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def count(self, platform: str) -> None:
        """One more arrived."""
        counts = self._counts
        name = short_name(platform)
        if name in counts:
            counts[name] += 1
        elif len(counts) < MAX_NAMES:
            counts[name] = 1
        else:
            counts[OTHERS] = counts.get(OTHERS, 0) + 1

    def take(self) -> dict[str, int]:
        """What arrived since the last call."""
        taken, self._counts = self._counts, {}
        return taken
