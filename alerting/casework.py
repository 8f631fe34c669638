"""Finds the incident that a detection is about, and writes down what becomes of it: one lock for each brand."""

from collections.abc import Iterable, Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.dispatch import Dispatch
from alerting.incidents.caseload import Caseload
from alerting.incidents.grouping import Grouping, Trace, group
from alerting.incidents.joining import join, merge
from alerting.incidents.kinship import Kinship
from alerting.incidents.lifecycle import apply_detection
from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.outcome import Outcome
from alerting.incidents.store import Unit
from streams.events import Detection, Direction, Phase
from streams.topic import Topic

_RISES: Final = frozenset({Phase.OPENED, Phase.GREW, Phase.PEAKED})
_STILL_FORMING: Final = timedelta(minutes=30)


class Casework:
    """Takes detections in, one after another, within one unit of work.

    A rise of a topic that is in no open incident is compared with the open incidents of its brand, and joins one of
    them in silence or opens its own. While an incident is young, new evidence may show that it is the same event as
    another one: then the younger is merged into the older.

    Args:
        caseloads: What earlier units found open, by brand. What changed since is read anew; whoever keeps them has to
            forget them when a unit failed, for they know what it would have written.
    """

    def __init__(
        self,
        unit: Unit,
        dispatch: Dispatch,
        topics: Mapping[str, Topic],
        kinship: Kinship,
        caseloads: MutableMapping[str, Caseload] | None = None,
    ) -> None:
        self._unit = unit
        self._dispatch = dispatch
        self._topics = topics
        self._kinship = kinship
        self._caseloads = {} if caseloads is None else caseloads
        self._current: set[str] = set()

    async def begin(self, detections: Iterable[Detection]) -> None:
        """Lock the brands of everything that is to come, always in the same order: two units cannot block each other.

        To be called once, before the first `take`.
        """
        brands = {self._kinship.brand(one.topic) for one in detections if not one.history}
        await self._unit.lock_brands(sorted(brands))

    async def take(self, detection: Detection, now: datetime) -> Outcome:
        """What the detection led to, written down."""
        topic = self._topics.get(detection.topic)
        brand = self._kinship.brand(detection.topic)
        incident = await self._own(detection)
        alone = detection.history or detection.direction is Direction.QUIET  # a silent feed is no event of a brand
        if incident is None and not alone and detection.phase in _RISES:
            found = group(trace_of(detection), await self._of_brand(brand), self._kinship)
            joined = await self._locked(brand, found)
            if joined is not None:
                return await self._record(brand, join(joined, detection, topic, found, now), now)
        if incident is None and not detection.history:
            incident = await self._unit.latest_for_topic(detection.topic)
        outcome = await self._record(brand, apply_detection(incident, detection, topic, now), now)
        if outcome.incident is not None and detection.phase in _RISES and not alone:
            await self._merge(brand, outcome.incident, detection, now)
        return outcome

    async def _own(self, detection: Detection) -> Incident | None:
        """The incident that has the topic open, or had the episode."""
        if detection.history:
            return await self._unit.by_episode(detection.episode)
        return await self._unit.open_for_topic(detection.topic) or await self._unit.by_episode(detection.episode)

    async def _merge(self, brand: str, incident: Incident, detection: Detection, now: datetime) -> None:
        """Look once more whether it is the same event as another open incident."""
        if incident.state is IncidentState.RESOLVED or detection.at - incident.onset_at > _STILL_FORMING:
            return
        found = group(trace_of(detection), await self._of_brand(brand), self._kinship, without=incident.id)
        other = await self._locked(brand, found)
        current = await self._unit.incident(incident.id) if other is not None else None
        if other is None or current is None:
            return
        older, younger = sorted((current, other), key=lambda one: one.id)
        lives, over = merge(older, younger, found.reason, found.because, now)
        # The younger one first: it lets go of its topics and episodes.
        await self._record(brand, over, now)
        await self._record(brand, lives, now)

    async def _of_brand(self, brand: str) -> Caseload:
        """The brand's caseload, as it stands in this unit."""
        caseload = self._caseloads.setdefault(brand, Caseload(self._kinship))
        if brand not in self._current:
            self._current.add(brand)
            found = await self._unit.open_for_brand(brand, caseload.revisions)
            caseload.keep_only(found.ids)
            for incident in found.changed:
                if incident.direction is not Direction.QUIET:
                    caseload.put(incident)
        return caseload

    async def _locked(self, brand: str, found: Grouping) -> Incident | None:
        """The incident that was found, as it stands and locked; None where there is none or a person just ended it."""
        if found.incident is None:
            return None
        incident = await self._unit.incident(found.incident.id)
        if incident is None or incident.state is IncidentState.RESOLVED:
            self._caseloads[brand].drop(found.incident.id)
            return None
        return incident

    async def _record(self, brand: str, outcome: Outcome, now: datetime) -> Outcome:
        """Write it down, and keep what is known of the brand current."""
        if outcome.incident is not None and outcome.incident.family != brand:
            outcome = msgspec.structs.replace(outcome, incident=msgspec.structs.replace(outcome.incident, family=brand))
        outcome = await self._dispatch.hints.add_to(self._unit, outcome)
        saved = await self._dispatch.record(self._unit, outcome, now)
        if saved is not None and brand in self._caseloads:
            self._caseloads[brand].drop(saved.id)
            if saved.state is not IncidentState.RESOLVED and saved.direction is not Direction.QUIET:
                self._caseloads[brand].put(saved)
        return msgspec.structs.replace(outcome, incident=saved)


def trace_of(detection: Detection) -> Trace:
    """What the detection shows of its event."""
    return Trace(
        topic=detection.topic,
        onset_at=detection.onset,
        direction=detection.direction,
        mentions=tuple(sample.key for sample in detection.evidence.samples),
        terms={driver.term: driver.mentions - driver.expected for driver in detection.evidence.drivers},
    )
