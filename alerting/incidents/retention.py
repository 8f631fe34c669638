"""How long what is kept. Pure: `now` is an argument."""

from datetime import datetime, timedelta

import msgspec

from alerting.incidents import own_part
from alerting.incidents.model import Incident
from alerting.settings import RetentionSettings
from streams.erasure import without_people


class Cutoffs(msgspec.Struct, frozen=True):
    """What is older than this is thinned or forgotten.

    Attributes:
        minutes: Windows that begin before are at least 15 minutes wide.
        quarters: Windows that begin before are at least an hour wide.
        windows: Windows that begin before are forgotten.
        settled: Blocks written after this are left alone: a past may just be loading.
        samples: Resolved incidents that opened before keep no mention in its own words.
        deliveries: Of resolved incidents, who was told of what before this time.
        incidents: Resolved incidents that opened before are forgotten; timeline and audit trail stay.
        contacts: Counts of the contact centre before this minute are forgotten.
    """

    minutes: datetime
    quarters: datetime
    windows: datetime
    settled: datetime
    samples: datetime
    deliveries: datetime
    incidents: datetime
    contacts: datetime


class Removed(msgspec.Struct, frozen=True):
    """What one batch thinned or forgot: blocks of a topic and day, incidents, deliveries, answers, contacts."""

    windows: int = 0
    samples: int = 0
    deliveries: int = 0
    incidents: int = 0
    replies: int = 0
    contacts: int = 0

    def __bool__(self) -> bool:
        return any((self.windows, self.samples, self.deliveries, self.incidents, self.replies, self.contacts))


_SETTLES_AFTER = timedelta(days=1)


def cutoffs(settings: RetentionSettings, now: datetime) -> Cutoffs:
    """What the settings mean now."""

    def ago(days: float) -> datetime:
        return now - timedelta(days=days)

    return Cutoffs(
        minutes=ago(settings.minutes_days),
        quarters=ago(settings.quarters_days),
        windows=ago(settings.windows_days),
        settled=now - _SETTLES_AFTER,
        samples=ago(settings.samples_days),
        deliveries=ago(settings.deliveries_days),
        incidents=ago(settings.incidents_days),
        contacts=ago(settings.contacts_days),
    )


def without_samples(incident: Incident) -> Incident:
    """The incident with its counts, without any mention's words and names; drivers stay, as counts of single terms."""
    return msgspec.structs.replace(
        incident,
        own_part=None if incident.own_part is None else own_part.without_authors(incident.own_part, None),
        evidence=msgspec.structs.replace(without_people(incident.evidence), asked={}),
        parts=tuple(msgspec.structs.replace(part, mentions=(), asked={}, complaints={}) for part in incident.parts),
    )
