"""What became of an incident: the answer of every function of the lifecycle."""

from datetime import datetime
from typing import Final

import msgspec

from alerting.incidents.model import Incident, TimelineEntry, Transition

SYSTEM: Final = "tocsin"


class Outcome(msgspec.Struct, frozen=True):
    """What became of an incident.

    Attributes:
        incident: As it stands now; None where a detection led to none.
        transition: What happened; `UNCHANGED` means that nobody has to be told.
        entries: What to write into the timeline.
        replaces: The revision it replaces; None for a new incident. Equal to the incident's own: nothing to save.
    """

    incident: Incident | None
    transition: Transition
    entries: tuple[TimelineEntry, ...] = ()
    replaces: int | None = None


def changed(
    incident: Incident, transition: Transition, text: str, now: datetime, *, actor: str = SYSTEM, **fields: object
) -> Outcome:
    """The incident one revision further, with `fields` set, and the line that tells why."""
    following = msgspec.structs.replace(incident, revision=incident.revision + 1, updated_at=now, **fields)
    return Outcome(following, transition, (entry(following, transition, text, now, actor),), replaces=incident.revision)


def kept_current(incident: Incident, now: datetime, **fields: object) -> Outcome:
    """The incident one revision further, with `fields` set: nothing happened, and nobody reads a line about it."""
    following = msgspec.structs.replace(incident, revision=incident.revision + 1, updated_at=now, **fields)
    return Outcome(following, Transition.UNCHANGED, replaces=incident.revision)


def in_silence(outcome: Outcome) -> Outcome:
    """The same, told to nobody: it stands in the timeline and in the audit trail."""
    return msgspec.structs.replace(outcome, transition=Transition.UNCHANGED)


def unchanged(incident: Incident) -> Outcome:
    """Nothing happened."""
    return Outcome(incident, Transition.UNCHANGED, replaces=incident.revision)


def entry(incident: Incident, transition: Transition, text: str, at: datetime, actor: str = SYSTEM) -> TimelineEntry:
    """A line of the incident's timeline."""
    return TimelineEntry(incident=incident.id, at=at, transition=transition, actor=actor, text=text)
