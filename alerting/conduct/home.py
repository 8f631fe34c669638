"""In which of several open incidents a backlash is told. Pure."""

from collections.abc import Sequence

import msgspec

from alerting.incidents.answering import asked_in
from alerting.incidents.insight import excess_of
from alerting.incidents.model import Incident
from alerting.incidents.own_part import Backlash, OwnPart


def at_home(found: Sequence[tuple[Incident, OwnPart]]) -> list[tuple[Incident, OwnPart]]:
    """The same, each backlash in one incident only: our replies are all of the brand's, whatever they are about.

    It stays where it was told. Else it belongs to the incident that the answered mention is known of, else to the
    largest.
    """
    home: dict[str, str] = {}
    for name in {one.reply.mention for _, part in found for one in part.backlash}:
        tells = [
            (_rank(incident, one), incident.id)
            for incident, part in found
            for one in part.backlash
            if one.reply.mention == name
        ]
        home[name] = max(tells)[1]
    return [
        (
            incident,
            msgspec.structs.replace(
                part, backlash=tuple(one for one in part.backlash if home[one.reply.mention] == incident.id)
            ),
        )
        for incident, part in found
    ]


def _rank(incident: Incident, one: Backlash) -> tuple[bool, bool, float]:
    told = () if incident.own_part is None else incident.own_part.backlash
    known = one.reply.to in asked_in(incident) or any(one.reply.to in part.complaints for part in incident.parts)
    return any(before.reply.mention == one.reply.mention for before in told), known, excess_of(incident.evidence)
