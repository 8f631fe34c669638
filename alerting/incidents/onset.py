"""When an event began: the estimate with its interval, on its way from a detection into an incident and its parts."""

from datetime import datetime
from typing import Protocol, TypedDict

from streams.events import Detection


class Began(Protocol):
    """Anything that has an onset: an incident, or a topic's part in one."""

    @property
    def onset_at(self) -> datetime:
        """The estimate."""
        ...

    @property
    def onset_earliest(self) -> datetime | None:
        """Where its interval begins; None where nobody estimated one."""
        ...

    @property
    def onset_latest(self) -> datetime | None:
        """Where it ends."""
        ...


class OnsetFields(TypedDict):
    """The fields of `Began`, to make or replace one with."""

    onset_at: datetime
    onset_earliest: datetime | None
    onset_latest: datetime | None


def onset_of(detection: Detection) -> OnsetFields:
    """What the detection says."""
    return OnsetFields(
        onset_at=detection.onset, onset_earliest=detection.onset_earliest, onset_latest=detection.onset_latest
    )


def first_onset(known: Began, *others: Began) -> OnsetFields:
    """The onset of whichever began first."""
    first = min((known, *others), key=lambda began: began.onset_at)
    return OnsetFields(onset_at=first.onset_at, onset_earliest=first.onset_earliest, onset_latest=first.onset_latest)


def onset_with(known: Began, detection: Detection) -> OnsetFields:
    """The onset of an event that the detection belongs to as well."""
    return onset_of(detection) if detection.onset < known.onset_at else first_onset(known)
