"""Hours in which somebody is not paged."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerting.incidents.model import Severity
from alerting.tier_settings import QuietHoursSettings


class QuietHours:
    """Every day from one time of the clock on the wall to another.

    Args:
        time_zone: In which they are meant where they name none.
    """

    def __init__(self, settings: QuietHoursSettings, time_zone: str = "UTC") -> None:
        self._zone = ZoneInfo(settings.time_zone or time_zone)
        self._begin = time.fromisoformat(settings.begin)
        self._end = time.fromisoformat(settings.end)
        self._wakes_for = frozenset(settings.wakes_for)

    def until(self, severity: Severity, at: datetime) -> datetime | None:
        """When they end; None where an incident of this severity pages at that moment."""
        if severity.value in self._wakes_for or self._begin == self._end:
            return None
        wall = at.astimezone(self._zone)
        shown = wall.time().replace(tzinfo=None)
        overnight = self._begin > self._end
        quiet = (shown >= self._begin or shown < self._end) if overnight else self._begin <= shown < self._end
        if not quiet:
            return None
        day = wall.date() + timedelta(days=1) if overnight and shown >= self._begin else wall.date()
        ends_at = datetime.combine(day, self._end, self._zone).astimezone(UTC)
        return ends_at if ends_at > at else None
