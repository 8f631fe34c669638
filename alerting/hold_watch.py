"""Proposes to hold scheduled posts where a tragedy shows, and lets holds end."""

import asyncio
from typing import Final

import structlog

from alerting.directives.post_hold import HoldState
from alerting.errors import AlertingError, DatabaseUnavailable
from alerting.holds import HoldWish, PostHolds
from alerting.incidents.model import Incident
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.playbook import PlaybookClass
from alerting.incidents.store import Store
from alerting.incidents.wording import count
from alerting.lookout import Lookout
from streams.clock import Clock

LOOK_SECONDS: Final = 1.0

_OPEN: Final = frozenset({HoldState.PROPOSED, HoldState.CONFIRMED})
_MOST_REGIONS: Final = 20
_A_REGION: Final = 0.1
"""Such a share of what is said comes from a region that is in the impacted area."""

log = structlog.get_logger(__name__)


class HoldWatch:
    """Looks every second. Several processes may: a hold has the name of its incident, so it is proposed once.

    Args:
        proposes: Whether there is a playbook for a tragedy at all.
    """

    def __init__(self, store: Store, holds: PostHolds, clock: Clock, *, proposes: bool = True) -> None:
        self._proposes = proposes
        self._store = store
        self._holds = holds
        self._clock = clock
        self._proposed: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`, less often while the database does not answer."""
        await Lookout("hold_watch", self._clock, every_seconds=LOOK_SECONDS).run(self.look, stop)

    async def look(self) -> None:
        """Propose what is to be proposed, and end what has ended.

        Raises:
            DatabaseUnavailable: The rest is looked at next time.
        """
        now = self._clock.now()
        for hold in await self._holds.all():
            if hold.state in _OPEN and hold.ends_at <= now:
                try:
                    await self._holds.expire(hold)
                except AlertingError as exc:
                    log.debug("hold_watch.again", hold=hold.id, reason=str(exc))
                    if isinstance(exc, DatabaseUnavailable):
                        raise
        for incident in await self._store.open_incidents() if self._proposes else ():
            if incident.playbook is not None and incident.playbook.kind is PlaybookClass.TRAGEDY:
                await self._propose(incident)

    async def _propose(self, incident: Incident) -> None:
        name = f"hold_{incident.id}"
        if name in self._proposed or await self._store.directive(name) is not None:
            self._proposed.add(name)
            return
        area = area_of(incident)
        wish = HoldWish(
            topics=() if area else incident.topics,  # where people mourn, no post is right, whatever it is about
            area=area,
            reason=f"{incident.title} ({incident.severity.value})",
            evidence=evidence_of(incident),
            incident=incident.id,
        )
        try:
            await self._holds.propose(wish, by=SYSTEM, hold_id=name)
        except DatabaseUnavailable:
            raise
        except AlertingError as exc:
            log.debug("hold_watch.again", hold=name, reason=str(exc))


def area_of(incident: Incident) -> tuple[str, ...]:
    """The regions that the talk comes from, the loudest first; empty where nobody knows: then it is everywhere."""
    known = {region: number for region, number in incident.evidence.regions.items() if number > 0}
    total = sum(known.values())
    loud = sorted((region for region in known if known[region] >= _A_REGION * total), key=lambda one: -known[one])
    return tuple(loud[:_MOST_REGIONS])


def evidence_of(incident: Incident) -> tuple[str, ...]:
    """Why, in counts: what is said, where, and what ops announced."""
    known = {region: number for region, number in incident.evidence.regions.items() if number > 0}
    total = sum(known.values())
    where = [f"{count(known[region])} of {count(total)} mentions from {region}" for region in area_of(incident)[:5]]
    playbook = [f"Playbook {incident.playbook.name}: {incident.playbook.because}"] if incident.playbook else []
    return (incident.why, *where, *incident.announced[:3], *playbook)
