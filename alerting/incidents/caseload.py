"""The open incidents of one brand, found by what they show, so that a rise is compared with few of many. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from alerting.incidents.kinship import Kinship
from alerting.incidents.model import Incident
from alerting.incidents.part import Part

COMMON_TALK: Final = 2
FEWEST_TERMS: Final = 2


class Caseload:
    """What is open, by mention and by driver.

    What it costs to find those that may be the same event depends on what they have in common, not on how many there
    are: a driver of more than `COMMON_TALK` incidents connects nothing and is never followed.
    """

    def __init__(self, kinship: Kinship, incidents: Iterable[Incident] = ()) -> None:
        self._kinship = kinship
        self._incidents: dict[str, Incident] = {}
        self._leaves: dict[str, tuple[Part, ...]] = {}
        self._by_mention: dict[str, set[str]] = {}
        self._by_term: dict[str, set[str]] = {}
        for incident in incidents:
            self.put(incident)

    @property
    def revisions(self) -> Mapping[str, int]:
        """What is known of each, by id."""
        return {name: incident.revision for name, incident in self._incidents.items()}

    def put(self, incident: Incident) -> None:
        """The incident as it stands now."""
        self.drop(incident.id)
        above = {name for part in incident.parts for name in self._kinship.above(part.topic)}
        leaves = tuple(part for part in incident.parts if part.topic not in above)
        self._incidents[incident.id] = incident
        self._leaves[incident.id] = leaves
        for index, keys in _keys(leaves, self._by_mention, self._by_term):
            for key in keys:
                index.setdefault(key, set()).add(incident.id)

    def drop(self, incident_id: str) -> None:
        """It is over, or somebody else's."""
        self._incidents.pop(incident_id, None)
        for index, keys in _keys(self._leaves.pop(incident_id, ()), self._by_mention, self._by_term):
            for key in keys:
                holders = index[key]
                holders.discard(incident_id)
                if not holders:
                    del index[key]

    def keep_only(self, ids: Iterable[str]) -> None:
        """All others are over."""
        for gone in self._incidents.keys() - set(ids):
            self.drop(gone)

    def leaves(self, incident: Incident) -> tuple[Part, ...]:
        """Its parts but for topics that stand above another one of it: those contain all events of a brand."""
        return self._leaves[incident.id]

    def told(self, term: str, *, without: str = "") -> int:
        """How many incidents the term drives, but for the one that is left out."""
        holders = self._by_term.get(term, set())
        return len(holders) - (without in holders)

    def near(self, mentions: Iterable[str], terms: Iterable[str], *, without: str = "") -> tuple[Incident, ...]:
        """Those that show one of the mentions, or two of the terms that are not common talk; by id."""
        found = {name for mention in mentions for name in self._by_mention.get(mention, ())}
        shared = Counter(
            name
            for term in terms
            if self.told(term, without=without) <= COMMON_TALK
            for name in self._by_term.get(term, ())
        )
        found.update(name for name, count in shared.items() if count >= FEWEST_TERMS)
        found.discard(without)
        return tuple(self._incidents[name] for name in sorted(found))


def _keys(
    leaves: tuple[Part, ...], by_mention: dict[str, set[str]], by_term: dict[str, set[str]]
) -> tuple[tuple[dict[str, set[str]], set[str]], ...]:
    return (
        (by_mention, {mention for part in leaves for mention in part.mentions}),
        (by_term, {term for part in leaves for term in part.terms}),
    )
