"""What goes on in the world, by topic, for Prometheus: behind a key, since it is the brand's business."""

import asyncio
from collections import OrderedDict
from typing import Final

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.responses import Response

from alerting.api.problems import REFUSALS
from alerting.brand_scope import BrandScope, scope_now
from alerting.console.board import by_how_unusual
from alerting.incidents.store import Store
from alerting.world_metrics import WorldMetrics
from streams.clock import Clock

MOST_TOPICS: Final = 500
KEPT_SECONDS: Final = 5.0
MOST_SCOPES: Final = 50


class WorldScrape:
    """The board as Prometheus' text; for each set of brands read at most once in five seconds, however many scrape.

    Args:
        most_topics: Only so many are told, the most unusual first; > 0.
    """

    def __init__(self, store: Store, clock: Clock, *, most_topics: int = MOST_TOPICS) -> None:
        self._store = store
        self._clock = clock
        self._most = most_topics
        self._reading = asyncio.Lock()
        self._read: OrderedDict[BrandScope, tuple[float, bytes]] = OrderedDict()

    async def text(self) -> bytes:
        """The newest board that is at most five seconds old.

        Raises:
            DatabaseUnavailable: There is none, and the database does not answer.
        """
        async with self._reading:
            now, scope = self._clock.monotonic(), scope_now()
            known = self._read.get(scope)
            if known is None or now - known[0] >= KEPT_SECONDS:
                board = by_how_unusual(await self._store.topics(self._clock.now()))
                registry = CollectorRegistry()
                WorldMetrics(registry).show(board[: self._most], left_out=max(0, len(board) - self._most))
                known = self._read[scope] = now, generate_latest(registry)
                self._read.move_to_end(scope)
                while len(self._read) > MOST_SCOPES:
                    self._read.popitem(last=False)
            return known[1]


def world_router(store: Store, clock: Clock) -> APIRouter:
    """`/api/v1/metrics`."""
    router = APIRouter(prefix="/api/v1/metrics", tags=["topics"], responses=REFUSALS)
    scrape = WorldScrape(store, clock)

    @router.get("", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def world() -> Response:
        """Volume, sentiment, score and budget of the 500 most unusual topics, in Prometheus' text format."""
        return Response(await scrape.text(), media_type=CONTENT_TYPE_LATEST)

    return router
