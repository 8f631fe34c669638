"""What can be set about how loudly somebody is told: tiers by severity, quiet hours, chronic topics."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from alerting.oncall_settings import ClockTime, PolicyName, Zone
from streams.section import Section

SeverityName = Literal["SEV1", "SEV2", "SEV3", "SEV4"]


class Tier(StrEnum):
    """How loudly a receiver is told of an incident of that severity."""

    PAGE = "page"
    NOTIFY = "notify"
    DIGEST = "digest"
    WATCH = "watch"


class TierSettings(Section):
    """How loudly, by severity.

    `page` wakes, `notify` tells at once without waking, `digest` tells together with others every
    `delivery.tier_digest_seconds`, `watch` tells nobody: it stands on the board and in the API.
    """

    sev1: Tier | None = None
    sev2: Tier | None = None
    sev3: Tier | None = None
    sev4: Tier | None = None

    def of(self, severity: str) -> Tier | None:
        """Of a severity by its name; None where it is left to the route above."""
        found: Tier | None = getattr(self, severity.lower())
        return found


class QuietHoursSettings(Section):
    """When somebody is not paged; what opens then pages at the end, if it still is open.

    Attributes:
        begin: From then on, every day; `end` earlier than `begin` lies on the next day.
        time_zone: Without it the person's, for a receiver UTC.
        wakes_for: Severities that page all the same.
    """

    begin: ClockTime
    end: ClockTime
    time_zone: Zone | None = None
    wakes_for: tuple[SeverityName, ...] = ("SEV1",)


class HandOverSettings(Section):
    """When somebody takes over: then one digest tells what happened while they slept and what is still open.

    Attributes:
        time: Every day, of the clock on the wall.
        time_zone: Where that clock hangs.
        hours: What was over longer ago than that is left out.
    """

    time: ClockTime
    time_zone: Zone = "UTC"
    hours: Annotated[float, Field(gt=0, le=168)] = 12.0


class ChronicSettings(Section):
    """A topic that opens again and again is told in digests instead of on the pager; the timeline says so.

    Attributes:
        incidents: So many incidents that opened in `days` make a topic chronic; the next one is told in a digest.
        wakes_for: Severities that page all the same.
    """

    incidents: Annotated[int, Field(ge=2, le=1000)] = 10
    days: Annotated[int, Field(ge=1, le=90)] = 7
    wakes_for: tuple[SeverityName, ...] = ("SEV1", "SEV2")


class UnownedSettings(Section):
    """Who is told of what nobody owns.

    Attributes:
        receiver: Without it the top route's.
    """

    receiver: PolicyName | None = None
