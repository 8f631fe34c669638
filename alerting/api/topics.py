"""The board and its curves over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from alerting.api.problems import REFUSALS, Problem
from alerting.api.responses import TopicAnswer, TopicList, WindowAnswer, WindowList
from alerting.charts.build import step_for
from alerting.console.board import by_how_unusual
from alerting.incidents.store import Store
from streams.clock import Clock

SPAN: Final = timedelta(hours=3)
MOST_WINDOWS: Final = 10_000


def topics_router(store: Store, clock: Clock) -> APIRouter:
    """`/api/v1/topics` and what lies below."""
    router = APIRouter(prefix="/api/v1/topics", tags=["topics"], responses=REFUSALS)

    @router.get("")
    async def list_topics() -> TopicList:
        """The board: every topic, the most unusual first."""
        board = by_how_unusual(await store.topics(clock.now()))
        return TopicList(topics=tuple(TopicAnswer.model_validate(status) for status in board))

    @router.get("/{topic}/windows")
    async def windows(
        topic: str,
        start: Annotated[AwareDatetime | None, Query(description="Inclusive; three hours before the end.")] = None,
        end: Annotated[AwareDatetime | None, Query(description="Exclusive; now.")] = None,
        seconds: Annotated[int | None, Query(ge=1, le=86_400, description="Width of a window; fits the span.")] = None,
    ) -> WindowList:
        """A topic's curve in `[start, end)`: counted, expected, and the band of 95 of 100 such windows."""
        now = clock.now()
        first, last = _span(start, end or now)
        width = _width(first, last, seconds)
        if topic not in {status.topic for status in await store.topics(now)}:
            raise Problem(404, "unknown-topic", f"There is no topic {topic!r}.")
        found = await store.windows(topic, start=first, end=last, seconds=width)
        return WindowList(
            topic=topic,
            start=first,
            end=last,
            seconds=width,
            windows=tuple(WindowAnswer.model_validate(point) for point in found),
        )

    return router


def _span(start: datetime | None, end: datetime) -> tuple[datetime, datetime]:
    try:
        last = end.astimezone(UTC)
        return (start or last - SPAN).astimezone(UTC), last
    except OverflowError as exc:
        raise Problem(422, "invalid-request", "start and end must lie within the years 1 to 9999, UTC.") from exc


def _width(start: datetime, end: datetime, seconds: int | None) -> int:
    if end <= start:
        raise Problem(422, "invalid-request", f"end must be after start, got {start:%FT%TZ} to {end:%FT%TZ}.")
    width = seconds or step_for(end - start)
    if (end - start).total_seconds() / width > MOST_WINDOWS:
        raise Problem(422, "invalid-request", f"at most {MOST_WINDOWS} windows; widen seconds or narrow the span.")
    return width
