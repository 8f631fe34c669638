"""The lines of a timeline, and what a message says of them. Pure."""

from datetime import datetime
from typing import Final

import msgspec

from alerting.incidents.delivery import Delivery
from alerting.incidents.model import HUSHED, PAGES, Incident, IncidentState, TimelineEntry, Transition
from alerting.incidents.muted import Muted, is_muted
from alerting.incidents.outcome import SYSTEM, Outcome

# A merged incident is over for whoever heard of it: the page is closed, and the text says where it goes on.
# What wakes after a snooze pages again.
_TOLD_AS: Final = {Transition.MERGED: Transition.RESOLVED, Transition.WOKEN: Transition.REOPENED}


def announced(incident: Incident, before: tuple[str, ...], now: datetime) -> tuple[TimelineEntry, ...]:
    """What was announced of it and was not before."""
    return tuple(
        TimelineEntry(incident.id, now, Transition.ANNOUNCED, SYSTEM, text)
        for text in incident.announced
        if text not in before
    )


def with_mutes(
    incident: Incident, outcome: Outcome, before: tuple[Muted, ...], now: datetime
) -> tuple[TimelineEntry, ...]:
    """All that stands in the timeline; the line that people hear of is the last one."""
    known, current = {muted.source for muted in before}, {muted.source for muted in incident.muted}
    begun = [
        TimelineEntry(incident.id, now, Transition.MUTED, SYSTEM, muted.because)
        for muted in incident.muted
        if muted.source not in known
    ]
    over = [muted for muted in before if muted.source not in current]
    if not over or incident.state is IncidentState.RESOLVED:
        return (*begun, *outcome.entries)
    text = f"No longer {'; '.join(muted.because[:1].lower() + muted.because[1:] for muted in over)}"
    ended = TimelineEntry(incident.id, now, Transition.UNMUTED, SYSTEM, text)
    return (*begun, ended, *outcome.entries)


def saying(delivery: Delivery, entries: tuple[TimelineEntry, ...], calls: tuple[str, ...]) -> Delivery:
    """With what happened, as the timeline tells it."""
    if delivery.change is Transition.CALLED and calls:
        return msgspec.structs.replace(delivery, said="; ".join(calls))
    return msgspec.structs.replace(delivery, said=entries[-1].text) if entries else delivery


def with_receivers(entries: tuple[TimelineEntry, ...], deliveries: tuple[Delivery, ...]) -> tuple[TimelineEntry, ...]:
    """The last entry, which is the one that people hear of, with who is woken and who is told."""
    if not deliveries or not entries:
        return entries
    paged = dict.fromkeys(delivery.receiver for delivery in deliveries if delivery.change in PAGES)
    told = dict.fromkeys(delivery.receiver for delivery in deliveries if delivery.receiver not in paged)
    return (*entries[:-1], msgspec.structs.replace(entries[-1], paged=tuple(paged), told=tuple(told)))


def heard(receiver: str, incident: Incident, transition: Transition, before: tuple[Muted, ...]) -> Transition | None:
    """As what a receiver that was told before hears of it; None where it hears nothing."""
    hushed, was_hushed = incident.is_muted_for(receiver), is_muted(before, receiver)
    asleep = incident.state is not IncidentState.TRIGGERED or incident.snoozed_until is not None
    if was_hushed and not hushed and not asleep:
        return Transition.REOPENED
    if transition is Transition.MUTED:
        return transition if hushed and not was_hushed else None
    change = _TOLD_AS.get(transition, transition)
    return None if change is Transition.UNCHANGED or (hushed and change in HUSHED) else change


def called_now(incident: Incident, now: datetime) -> tuple[str, ...]:
    """Who was called at this moment."""
    calls = incident.escalation.calls if incident.escalation else ()
    return tuple(dict.fromkeys(receiver for call in calls if call.at == now for receiver in call.receivers))
