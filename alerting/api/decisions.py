"""Decisions over HTTP: every number behind a detection."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict

from alerting.api.evidence_answers import EvidenceAnswer
from alerting.api.problems import REFUSALS, Problem
from alerting.api.utc_time import UtcTime
from alerting.incidents.reckoning import reckoning
from alerting.incidents.store import Store
from streams.events import Detection, Direction, Phase


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class WeighedAnswer(_Answer):
    """One score: what it saw, what is usual, and how it is calibrated.

    `location` and `scale` are those of the highest score of half a day, learned from `blocks` half days of the topic;
    null where the odds are exact. `told` belongs to an event that was told already.
    """

    name: str
    observed: float
    usual: float
    score: float
    location: float | None
    scale: float | None
    blocks: int
    false_pages_per_week: float
    told: bool


class OpinionAnswer(_Answer):
    """One detector: `false_pages_per_week` of its rarest score alone, `charged` after its share and the caution."""

    detector: str
    share: float
    false_pages_per_week: float
    charged: float
    weighed: tuple[WeighedAnswer, ...]


class BasisAnswer(_Answer):
    """What a decision rests on; a page takes `charged` below `pages_per_week`."""

    pages_per_week: float
    caution: float
    opinions: tuple[OpinionAnswer, ...]


class DecisionAnswer(_Answer):
    """One detection with every number behind it; `words` says the same to a person, without a word of a mention."""

    id: str
    episode: str
    sequence: int
    topic: str
    topic_revision: int
    detector: str
    phase: Phase
    direction: Direction
    at: UtcTime
    onset: UtcTime
    onset_earliest: UtcTime | None
    onset_latest: UtcTime | None
    score: float
    false_pages_per_week: float
    history: bool
    evidence: EvidenceAnswer
    basis: BasisAnswer | None
    words: tuple[str, ...] = ()


class DecisionList(BaseModel):
    """The decisions behind an incident, oldest first."""

    detections: tuple[DecisionAnswer, ...]


def decisions_router(store: Store) -> APIRouter:
    """`/api/v1/detections/{id}`, and those of an incident."""
    router = APIRouter(prefix="/api/v1", tags=["decisions"], responses=REFUSALS)

    @router.get("/detections/{detection_id}")
    async def explain_detection(
        detection_id: Annotated[str, Path(max_length=200, description="The detection's id.")],
    ) -> DecisionAnswer:
        """Every number behind one decision, for as long as it is kept: 30 days."""
        found = await store.decision(detection_id)
        if found is None:
            raise Problem(404, "unknown-detection", "There is no such detection, or it is older than 30 days.")
        return answer_of(found)

    @router.get("/incidents/{incident_id}/detections")
    async def explain_incident(incident_id: str) -> DecisionList:
        """Every decision behind an incident, oldest first, for as long as they are kept: 30 days."""
        incident = await store.get(incident_id)
        found = await store.decisions(incident.episodes or (incident.episode,))
        return DecisionList(detections=tuple(answer_of(one) for one in found))

    return router


def answer_of(detection: Detection) -> DecisionAnswer:
    """The detection with its words."""
    return DecisionAnswer.model_validate(detection).model_copy(update={"words": reckoning(detection)})
