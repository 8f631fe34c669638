"""How many people spoke in public because of an incident."""

from alerting.incidents.model import Incident


def speakers_of(incident: Incident, excess: float = 0.0) -> float:
    """People who spoke because of it: mentions above usual, by how many each author wrote, without machines' copies.

    Args:
        excess: Mentions above usual as counted since its onset; what its evidence says counts where that is more.
    """
    evidence = incident.evidence
    if evidence.excess is not None:
        excess = max(excess, evidence.excess.mentions - evidence.excess.expected)
    each = min(evidence.authors / evidence.observed, 1.0) if evidence.authors and evidence.observed else 1.0
    organic = 1.0 if evidence.organic is None or not evidence.organic.coordinated else evidence.organic.share
    return max(excess, 0.0) * each * organic
