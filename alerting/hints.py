"""What other topics and earlier incidents say about a rise: whose it is to fix, and whether it is ours alone."""

from collections.abc import Sequence
from typing import Final

import msgspec

from alerting.evidence_settings import DriverOwnerSettings
from alerting.hearing.comparing import by_stated_shares
from alerting.hearing.speakers import speakers_of
from alerting.hearing.stated import Stated
from alerting.incidents.contact_findings import Standing
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.outcome import Outcome
from alerting.incidents.ownership import Accepted, OwnerRule, owner_of
from alerting.incidents.peers import PeerGroup, peers_of, peers_together
from alerting.incidents.store import Unit
from streams.events import Direction
from streams.peer_settings import PeerSettings

_LOOKED_BACK_AT: Final = 100


class Hints:
    """Adds to an incident what follows from others; a person's word is never overruled.

    Args:
        peers: Groups of topics of one industry.
        rules: Which drivers belong to which department.
        stated: By which shares to reckon how many are silent, until somebody heard the contact centre.
    """

    def __init__(
        self,
        peers: Sequence[PeerSettings] = (),
        rules: Sequence[DriverOwnerSettings] = (),
        stated: Stated | None = None,
    ) -> None:
        self._stated = stated
        self._groups = [PeerGroup(group.name, group.topics) for group in peers]
        self._rules = [OwnerRule(rule.owner, rule.words) for rule in rules]

    async def add_to(self, unit: Unit, outcome: Outcome) -> Outcome:
        """The outcome, its incident with how its peers stand and whose it is."""
        incident = outcome.incident
        if (
            incident is None
            or incident.revision == outcome.replaces
            or incident.history
            or incident.state is IncidentState.RESOLVED
            or incident.direction is Direction.QUIET
        ):
            return outcome
        incident = self._with_silent(await self._with_peers(unit, incident))
        if outcome.transition is not Transition.COUNTED:  # it reaches nobody, so it makes nobody the owner
            incident = await self._with_owner(unit, incident)
        return msgspec.structs.replace(outcome, incident=incident)

    def _with_silent(self, incident: Incident) -> Incident:
        heard = incident.contacts is not None and incident.contacts.standing is not Standing.NOT_HEARD
        if self._stated is None or heard or incident.direction is not Direction.CRISIS:
            return incident
        reckoned = by_stated_shares(speakers_of(incident), self._stated, incident.updated_at)
        return msgspec.structs.replace(incident, contacts=reckoned)

    async def _with_peers(self, unit: Unit, incident: Incident) -> Incident:
        shares = incident.evidence.peers
        if shares:
            return msgspec.structs.replace(incident, peers=peers_together(incident.topic_name, shares))
        if not any(topic in group.topics for group in self._groups for topic in incident.topics):
            return incident
        others = [other for other in await unit.open_incidents() if other.direction is not Direction.QUIET]
        rising = {topic for other in others if other.id != incident.id for topic in _rising(other)}
        return msgspec.structs.replace(incident, peers=peers_of(incident.topics, self._groups, rising))

    async def _with_owner(self, unit: Unit, incident: Incident) -> Incident:
        """Proposed once, while nobody works on it; later evidence changes no owner."""
        settled = incident.passed_to or incident.acknowledged_by or incident.proposed_owner
        if settled or not incident.evidence.drivers:
            return incident
        past = await unit.latest(_LOOKED_BACK_AT) if incident.revision == 1 else ()
        found = owner_of(incident.evidence.drivers, self._rules, _accepted(past, incident.family))
        if found is None:
            return incident
        return msgspec.structs.replace(
            incident, owner=found.owner, proposed_owner=found.owner, owned_because=found.because
        )


def _accepted(past: Sequence[Incident], family: str) -> list[Accepted]:
    return [
        Accepted(one.owner, tuple(driver.term for driver in one.evidence.drivers))
        for one in past
        if one.owner and one.acknowledged_by and one.family == family
    ]


def _rising(incident: Incident) -> tuple[str, ...]:
    """Its topics; of a peer group's incident the members that rise."""
    shares = incident.evidence.peers
    return tuple(share.topic for share in shares if share.rising) if shares else incident.topics
