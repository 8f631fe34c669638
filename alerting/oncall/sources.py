"""Where schedules are read that others keep: files, addresses, PagerDuty. One attempt each."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable
from alerting.inbound_settings import PersonSettings
from alerting.notifiers.egress import Egress
from alerting.notifiers.http import Outbound
from alerting.oncall.pagerduty import MOST_PAGES, ON_CALLS, PAGE, KnownShifts, packed, read_on_calls, unpacked
from alerting.oncall.roster import AHEAD, Shifts
from alerting.oncall.shift import Shift
from alerting.oncall_settings import CalendarSettings, PagerDutyScheduleSettings, ScheduleSettings
from streams.clock import Clock
from streams.errors import InvalidConfig
from streams.secret import read_secret

if TYPE_CHECKING:
    from alerting.oncall.calendar import CalendarShifts

MAX_BYTES: Final = 2_000_000
TIMEOUT_SECONDS: Final = 10.0
_BEHIND: Final = timedelta(days=1)


class ScheduleUnreadable(Exception):
    """The schedule cannot be read now; says why, without addresses and keys."""


class ScheduleSource(Protocol):
    """Where one schedule comes from."""

    async def fetch(self, now: datetime) -> bytes:
        """What it says, to be kept and parsed.

        Raises:
            ScheduleUnreadable: Nothing was read.
        """
        ...

    def parse(self, content: bytes) -> Shifts:
        """What was fetched, as shifts.

        Raises:
            ValueError: It cannot be one.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


class CalendarSource:
    """An iCalendar file at an address or on disk.

    Args:
        read: What makes shifts of the file, for these people in this time zone.
    """

    def __init__(
        self,
        settings: CalendarSettings,
        people: Sequence[PersonSettings],
        time_zone: str,
        *,
        read: "type[CalendarShifts]",
        clock: Clock,
        egress: Egress,
    ) -> None:
        self._settings = settings
        self._shifts = read
        self._people = people
        self._time_zone = time_zone
        self._clock = clock
        self._egress = egress
        self._outbound: Outbound | None = None

    async def fetch(self, now: datetime) -> bytes:
        """The file as it is now."""
        del now
        if self._settings.file is not None:
            return await asyncio.to_thread(self._read)
        if self._outbound is None:
            try:
                url = read_secret(self._settings.url, self._settings.url_file, name="url")
            except InvalidConfig as exc:
                raise ScheduleUnreadable(str(exc)) from exc
            self._outbound = Outbound(url, provider="the calendar", clock=self._clock, egress=self._egress)
        return await _got(self._outbound, {}, {"Accept": "text/calendar"})

    def parse(self, content: bytes) -> Shifts:
        """Events as shifts; a recurrence that cannot be followed is found here."""
        shifts = self._shifts(content, self._people, self._time_zone)
        now = self._clock.now()
        shifts.remember(now - _BEHIND, now + AHEAD + _BEHIND)
        return shifts

    async def close(self) -> None:
        """Give the connections back."""
        if self._outbound is not None:
            await self._outbound.close()

    def _read(self) -> bytes:
        file = self._settings.file
        assert file is not None  # noqa: S101  # as the caller looked
        try:
            with file.open("rb") as opened:
                content = opened.read(MAX_BYTES + 1)
        except OSError as exc:
            raise ScheduleUnreadable(f"{file} cannot be read: {exc.strerror}") from exc
        if len(content) > MAX_BYTES:
            raise ScheduleUnreadable(f"{file} has more than {MAX_BYTES:,} bytes")
        return content


class PagerDutySource:
    """A schedule of PagerDuty's, for the next 90 days, which is as far as it answers."""

    def __init__(
        self, settings: PagerDutyScheduleSettings, people: Sequence[PersonSettings], *, clock: Clock, egress: Egress
    ) -> None:
        self._settings = settings
        self._people = people
        url = f"{str(settings.api_url).rstrip('/')}/{ON_CALLS}"
        self._outbound = Outbound(url, provider="PagerDuty", clock=clock, egress=egress)

    async def fetch(self, now: datetime) -> bytes:
        """Every page of the answer, as shifts."""
        try:
            token = read_secret(self._settings.token, self._settings.token_file, name="token")
        except InvalidConfig as exc:
            raise ScheduleUnreadable(str(exc)) from exc
        start, end = now - _BEHIND, now - _BEHIND + AHEAD
        headers = {
            "Authorization": f"Token token={token}",
            "Accept": "application/vnd.pagerduty+json;version=2",
        }
        found: list[Shift] = []
        for page in range(MOST_PAGES):
            asked = {
                "schedule_ids[]": self._settings.schedule,
                "since": start.isoformat(),
                "until": end.isoformat(),
                "time_zone": "UTC",
                "limit": str(PAGE),
                "offset": str(page * PAGE),
            }
            body = await _got(self._outbound, asked, headers)
            try:
                shifts, more = read_on_calls(body, self._people, start, end)
            except ValueError as exc:
                raise ScheduleUnreadable(str(exc)) from exc
            found += shifts
            if not more:
                return packed(tuple(dict.fromkeys(found)))  # named once for every policy that uses the schedule
        raise ScheduleUnreadable(f"PagerDuty has more than {MOST_PAGES * PAGE:,} entries")

    def parse(self, content: bytes) -> Shifts:
        """The shifts that were fetched."""
        return KnownShifts(unpacked(content))

    async def close(self) -> None:
        """Give the connections back."""
        await self._outbound.close()


def source_of(
    schedule: ScheduleSettings, people: Sequence[PersonSettings], *, clock: Clock, egress: Egress
) -> ScheduleSource | None:
    """Where the schedule is read; None for a rotation, which stands in the configuration."""
    if schedule.calendar is not None:
        from alerting.oncall.calendar import CalendarShifts  # noqa: PLC0415 - the reader of calendars takes 3 MiB

        zone = schedule.time_zone
        return CalendarSource(schedule.calendar, people, zone, read=CalendarShifts, clock=clock, egress=egress)
    if schedule.pagerduty is not None:
        return PagerDutySource(schedule.pagerduty, people, clock=clock, egress=egress)
    return None


async def _got(outbound: Outbound, asked: dict[str, str], headers: dict[str, str]) -> bytes:
    try:
        answer = await outbound.get(asked, headers=headers, timeout_seconds=TIMEOUT_SECONDS, most_bytes=MAX_BYTES)
    except (DeliveryInDoubt, DeliveryRejected, DeliveryRetryable) as exc:
        raise ScheduleUnreadable(exc.reason) from exc
    if answer.status != 200:
        raise ScheduleUnreadable(outbound.failure(answer).reason)
    if len(answer.body) > MAX_BYTES:
        raise ScheduleUnreadable(f"the answer has more than {MAX_BYTES:,} bytes")
    return bytes(answer.body)
