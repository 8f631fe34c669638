"""The watch list over HTTP: what rises and does not page."""

from collections.abc import Mapping
from typing import Protocol

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from alerting.api.decisions import BasisAnswer
from alerting.api.evidence_answers import DriverAnswer
from alerting.api.problems import REFUSALS
from alerting.api.utc_time import UtcTime
from alerting.console.watching import rising
from alerting.incidents.reckoning import watch_reckoning
from alerting.incidents.store import Store
from alerting.incidents.wording import odds
from streams.clock import Clock
from streams.events import Direction
from streams.watched import Watched


class KnowsWhatRises(Protocol):
    """What rises, by topic."""

    @property
    def watched(self) -> Mapping[str, Watched]:
        """As this process knows it."""
        ...


class WatchedAnswer(BaseModel):
    """A topic that rises and does not page; `odds` and `words` say so to a person.

    `false_pages_per_week` is how often as much would come by chance; a page takes less than `basis.pages_per_week`.
    Drivers come from mentions: escape them where you show them.
    """

    model_config = ConfigDict(from_attributes=True)

    topic: str
    name: str = ""
    since: UtcTime
    at: UtcTime
    detector: str
    direction: Direction
    false_pages_per_week: float
    odds: str = ""
    observed: int
    expected: float
    window_seconds: int
    drivers: tuple[DriverAnswer, ...]
    basis: BasisAnswer
    words: tuple[str, ...] = ()


class WatchAnswer(BaseModel):
    """The watch list, the rarest first. Nobody was told of it."""

    topics: tuple[WatchedAnswer, ...]


def watch_router(store: Store, clock: Clock, watch: KnowsWhatRises | None) -> APIRouter:
    """`/api/v1/watch`."""
    router = APIRouter(prefix="/api/v1/watch", tags=["topics"], responses=REFUSALS)

    @router.get("")
    async def list_watched() -> WatchAnswer:
        """Topics that rise and do not page, with their odds: what could become an incident."""
        names = {status.topic: status.name for status in await store.topics(clock.now())}
        found = rising(watch.watched if watch else {}, names)
        return WatchAnswer(
            topics=tuple(
                WatchedAnswer.model_validate(one).model_copy(
                    update={
                        "name": names[one.topic],
                        "odds": odds(one.false_pages_per_week),
                        "words": watch_reckoning(one),
                    }
                )
                for one in found
            )
        )

    return router
