"""Feeds over HTTP."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from alerting.api.problems import REFUSALS
from alerting.api.utc_time import UtcTime
from alerting.incidents.feed_status import FeedStatus, feed_statuses
from alerting.incidents.model import IncidentState
from alerting.incidents.silent_feed import SilentFeed, silent_feeds
from alerting.incidents.store import IncidentFilter, Store
from streams.feed_report import FeedKind, FeedState

_OPEN: Final = IncidentFilter(states=(IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED))
_PAGE: Final = 200
_MOST_PAGES: Final = 10


class KnowsFeeds(Protocol):
    """Keeps what the stream side reports of every feed."""

    @property
    def written_at(self) -> datetime | None:
        """When the newest report was written; None before the first."""
        ...

    def statuses(self, silent: Iterable[SilentFeed]) -> tuple[FeedStatus, ...]:
        """Every feed that is reported or is among those with an open incident, by name."""
        ...


class NoReports:
    """Of feeds nothing is known but their incidents. Implements `KnowsFeeds`."""

    written_at: datetime | None = None

    def statuses(self, silent: Iterable[SilentFeed]) -> tuple[FeedStatus, ...]:
        """Those with an open incident."""
        return feed_statuses(None, silent, written_at=None, lags={})


class FeedAnswer(BaseModel):
    """One feed; its name comes from mentions: escape it where you show it. Null is unknown, not zero."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    kind: FeedKind | None
    state: FeedState
    watched: bool | None
    per_minute: float | None
    usual_per_minute: float | None
    last_arrival: UtcTime | None
    behind_seconds: float | None
    lag_records: int | None
    silent_since: UtcTime | None
    expected: float | None
    told_at: UtcTime | None
    incident: str | None
    incident_state: IncidentState | None
    acknowledged_by: str | None


class FeedList(BaseModel):
    """Every platform and source partition, by name; `reported_at` is null where nobody reported yet."""

    reported_at: UtcTime | None
    feeds: tuple[FeedAnswer, ...]


async def silent_now(store: Store) -> tuple[SilentFeed, ...]:
    """The feeds with an open incident, out of the newest 2,000 open ones."""
    found: list[SilentFeed] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await store.find(_OPEN, cursor=cursor, limit=_PAGE)
        found += silent_feeds(page.incidents)
        cursor = page.next_cursor
        if cursor is None:
            break
    return tuple(sorted(found, key=lambda feed: (feed.name, feed.incident)))


def feeds_router(store: Store, known: KnowsFeeds) -> APIRouter:
    """`/api/v1/feeds`."""
    router = APIRouter(prefix="/api/v1/feeds", tags=["feeds"], responses=REFUSALS)

    @router.get("")
    async def list_feeds() -> FeedList:
        """Every platform and source partition: whether it delivers, how much, and its open incident if it is silent."""
        statuses = known.statuses(await silent_now(store))
        return FeedList(
            reported_at=known.written_at, feeds=tuple(FeedAnswer.model_validate(status) for status in statuses)
        )

    return router
