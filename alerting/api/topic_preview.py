"""Topics tried on what was said lately, over HTTP and for the console."""

import asyncio
from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from alerting.api.declared_topics import TopicBody
from alerting.api.problems import REFUSALS, Problem, unavailable
from alerting.api.utc_time import UtcTime
from alerting.brand_scope import scope_now
from alerting.errors import OutOfScope
from streams.broker.base import Broker
from streams.clock import Clock
from streams.errors import InvalidQuery
from streams.events import Direction
from streams.mention import Mention
from streams.preview import Preview, preview, recent_mentions, scorer_of
from streams.sentiment.base import Scorer
from streams.settings import StreamSettings
from streams.topic_settings import TopicSettings

READ_SECONDS: Final = 20.0
KEPT_SECONDS: Final = 60.0
TRIAL_ID: Final = "trial"


class TopicPreviews:
    """Tries topics, one at a time: each takes seconds of a core. What was read from Kafka is good for a minute."""

    def __init__(self, broker: Broker, settings: StreamSettings, clock: Clock) -> None:
        self._broker = broker
        self._settings = settings
        self._scorer: Scorer | None = None
        self._clock = clock
        self._turn = asyncio.Lock()
        self._read: tuple[float, list[Mention]] | None = None

    async def tried(self, topic: TopicSettings) -> Preview:
        """What the topic would have caught.

        Raises:
            InvalidQuery: Its query does not parse.
            BrokerUnavailable: Kafka does not answer.
            TimeoutError: Reading took longer than 20 seconds.
        """
        async with self._turn:
            now = self._clock.monotonic()
            if self._read is None or now - self._read[0] > KEPT_SECONDS:
                async with asyncio.timeout(READ_SECONDS):
                    self._read = (now, await recent_mentions(self._broker, self._settings))
            if self._scorer is None:
                self._scorer = await asyncio.to_thread(scorer_of, self._settings)
            return await asyncio.to_thread(preview, topic, self._read[1], settings=self._settings, scorer=self._scorer)


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PreviewedMention(_Answer):
    """A match; everything in it is as hostile as the internet: escape it where you show it."""

    id: str
    platform: str
    published_at: UtcTime
    text: str


class PreviewedPage(_Answer):
    """A page that would have gone out."""

    at: UtcTime
    onset: UtcTime
    observed: int
    expected: float
    direction: Direction
    false_pages_per_week: float


class HourAnswer(BaseModel):
    """Matches in one hour."""

    start: int
    mentions: int


class PreviewTopicAnswer(BaseModel):
    """What a topic would have caught in the newest mentions, and whom it would have woken."""

    looked_at: int
    matched: int
    since: UtcTime | None
    until: UtcTime | None
    by_hour: tuple[HourAnswer, ...]
    samples: tuple[PreviewedMention, ...]
    pages: tuple[PreviewedPage, ...]
    complete: bool


def topic_preview_router(previews: TopicPreviews | None) -> APIRouter:
    """`POST /api/v1/topics/preview`; without `previews` nothing can be tried here."""
    router = APIRouter(prefix="/api/v1/topics", tags=["topics"], responses=REFUSALS)

    @router.post("/preview")
    async def preview_topic(body: TopicBody) -> PreviewTopicAnswer:
        """Try a topic on the newest 50,000 mentions before it is declared. Nothing is written."""
        if previews is None:
            raise unavailable("topics-elsewhere", "Topics are not tried here.")
        wanted = TopicSettings.model_validate({**body.model_dump(), "id": body.id or TRIAL_ID})
        seen = await tried(previews, wanted)
        return PreviewTopicAnswer(
            looked_at=seen.looked_at,
            matched=seen.matched,
            since=seen.since,
            until=seen.until,
            by_hour=tuple(HourAnswer(start=start, mentions=mentions) for start, mentions in seen.by_hour),
            samples=tuple(PreviewedMention.model_validate(mention) for mention in seen.samples),
            pages=tuple(PreviewedPage.model_validate(page) for page in seen.pages),
            complete=seen.complete,
        )

    return router


async def tried(previews: TopicPreviews, topic: TopicSettings) -> Preview:
    """What the topic would have caught.

    Raises:
        Problem: The query does not parse, or reading takes too long.
        OutOfScope: The caller does not see every brand, as recent mentions do.
    """
    if scope_now().is_limited:
        raise OutOfScope("topics are tried on mentions of every brand, by those alone who see every brand")
    try:
        return await previews.tried(topic)
    except InvalidQuery as exc:
        raise Problem(422, "invalid-query", f"query: {exc}", extensions={"column": exc.column}) from exc
    except TimeoutError as exc:
        raise unavailable("kafka-slow", f"Reading recent mentions took longer than {READ_SECONDS:g} s.") from exc
