"""Silent feeds over HTTP."""

from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from alerting.api.problems import REFUSALS
from alerting.api.responses import UtcTime
from alerting.incidents.model import IncidentState
from alerting.incidents.silent_feed import FeedState, SilentFeed, silent_feeds
from alerting.incidents.store import IncidentFilter, Store

_OPEN: Final = IncidentFilter(states=(IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED))
_PAGE: Final = 200
_MOST_PAGES: Final = 10


class FeedAnswer(BaseModel):
    """One silent feed; its name comes from mentions: escape it where you show it. Null is unknown, not zero."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    state: FeedState
    silent_since: UtcTime
    expected: float | None
    told_at: UtcTime
    incident: str
    incident_state: IncidentState
    acknowledged_by: str | None


class FeedList(BaseModel):
    """Every feed that is known to be silent, by name; one that delivers, or is not known well enough, is not listed."""

    feeds: tuple[FeedAnswer, ...]


async def silent_now(store: Store) -> tuple[SilentFeed, ...]:
    """The silent feeds, out of the newest 2,000 open incidents."""
    found: list[SilentFeed] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await store.find(_OPEN, cursor=cursor, limit=_PAGE)
        found += silent_feeds(page.incidents)
        cursor = page.next_cursor
        if cursor is None:
            break
    return tuple(sorted(found, key=lambda feed: (feed.name, feed.incident)))


def feeds_router(store: Store) -> APIRouter:
    """`/api/v1/feeds`."""
    router = APIRouter(prefix="/api/v1/feeds", tags=["feeds"], responses=REFUSALS)

    @router.get("")
    async def list_feeds() -> FeedList:
        """The platforms and source partitions that are silent now, each with its open incident."""
        return FeedList(feeds=tuple(FeedAnswer.model_validate(feed) for feed in await silent_now(store)))

    return router
