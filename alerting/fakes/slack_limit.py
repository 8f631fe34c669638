"""Slack's limit on messages: so many seconds between two of one channel, and whoever is too early is told to wait."""

from datetime import datetime, timedelta
from math import ceil


class SlackLimit:
    """One channel takes one message in so many seconds.

    Attributes:
        refused: How often somebody was told to wait.
        impatient: How often somebody called all the same, before the time was over.

    Source:
        https://docs.slack.dev/apis/web-api/rate-limits
    """

    def __init__(self, seconds: float) -> None:
        self.refused = 0
        self.impatient = 0
        self._apart = timedelta(seconds=seconds)
        self._free_at: dict[str, datetime] = {}
        self._closed_until: dict[str, datetime] = {}

    def wait(self, channel: str, now: datetime) -> int | None:
        """Take a message; the seconds to wait where it comes too early."""
        if now < self._closed_until.get(channel, now):
            self.impatient += 1
        free_at = self._free_at.get(channel, now)
        if now >= free_at:
            self._free_at[channel] = now + self._apart
            return None
        self.refused += 1
        seconds = ceil((free_at - now).total_seconds())
        self._closed_until[channel] = now + timedelta(seconds=seconds)
        return seconds
