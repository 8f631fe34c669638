"""What mutes an incident at present: one answer for all that may. Pure."""

from collections.abc import Sequence
from datetime import datetime

from alerting.directives.directive import Directive
from alerting.directives.silence import Silence
from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.muted import Muted
from alerting.routing.silencing import silenced


class Muting:
    """Asks everything that may mute an incident."""

    def of(self, incident: Incident, in_force: Sequence[Directive], now: datetime) -> tuple[Muted, ...]:
        """Why nobody, or not everybody, is to be woken for the incident now; empty where there is no reason.

        Args:
            in_force: Every directive that has not ended.
        """
        if incident.state is IncidentState.RESOLVED or incident.history:
            return ()
        return silenced(incident, [one for one in in_force if isinstance(one, Silence)], now)
