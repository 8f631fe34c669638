"""Links for people without an account, made and taken back. Pure: values in, values out."""

from datetime import datetime

import msgspec

from alerting.errors import TransitionRefused
from alerting.incidents.model import Incident, Transition
from alerting.incidents.outcome import Outcome, changed, in_silence, unchanged
from alerting.incidents.situation_link import LONGEST_LINK, MOST_LINKS, SituationLink


def share(incident: Incident, link: str, until: datetime, actor: str, said: str, now: datetime) -> Outcome:
    """The incident with one link more; nobody is paged about it, timeline and audit trail tell.

    Raises:
        TransitionRefused: The end is not within thirty days, or there are twenty links that still open it.
    """
    if until.tzinfo is None or not now < until <= now + LONGEST_LINK:
        raise TransitionRefused("a link ends within thirty days, at a time with a time zone")
    alive = tuple(one for one in incident.links if one.opens(now))
    if any(one.id == link for one in incident.links):
        return unchanged(incident)
    if len(alive) >= MOST_LINKS:
        raise TransitionRefused(f"incident {incident.id} has {MOST_LINKS} links already; take one back first")
    made = SituationLink(link, actor, now, until)
    text = f"Link {link} for people without an account made by {actor}, until {until:%d %b %H:%M} UTC{said}"
    outcome = changed(incident, Transition.SHARED, text, now, actor=actor, links=(*alive, made))
    return in_silence(outcome)


def unshare(incident: Incident, link: str, actor: str, said: str, now: datetime) -> Outcome:
    """The incident with that link taken back; again changes nothing.

    Raises:
        TransitionRefused: It has no such link.
    """
    known = next((one for one in incident.links if one.id == link), None)
    if known is None:
        raise TransitionRefused(f"incident {incident.id} has no link {link!r}")
    if known.revoked_at is not None:
        return unchanged(incident)
    links = tuple(msgspec.structs.replace(one, revoked_at=now) if one.id == link else one for one in incident.links)
    text = f"Link {link} taken back by {actor}{said}"
    return in_silence(changed(incident, Transition.SHARED, text, now, actor=actor, links=links))
