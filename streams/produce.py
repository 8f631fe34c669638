"""Recorded mentions and history into Kafka."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec
import structlog

from streams import codec
from streams.backoff import Backoff
from streams.broker.base import Broker, Outgoing
from streams.clock import Clock
from streams.errors import BrokerUnavailable, InvalidMention
from streams.events import PartialCount
from streams.mention import Mention
from streams.settings import StreamSettings
from streams.sources.base import Source
from streams.stages.mention_time import HISTORY_HEADER
from streams.stages.tracked_topics import definition_of

_CHUNK: Final = 500
_SLICE_SECONDS: Final = 0.05

log = structlog.get_logger(__name__)


class Produced(msgspec.Struct, frozen=True):
    """How far producing has come.

    Attributes:
        sent: Mentions that Kafka accepted.
        refused: What the source could not read.
        newest: When the last one was published; None before the first.
    """

    sent: int = 0
    refused: int = 0
    newest: datetime | None = None


def nothing(_: Produced) -> None:
    """Progress that nobody wants to see."""


async def produce(
    source: Source,
    broker: Broker,
    settings: StreamSettings,
    clock: Clock,
    *,
    rate: float | None = None,
    pace: float | None = None,
    as_recorded: bool = False,
    history: bool = False,
    progress: Callable[[Produced], None] = nothing,
) -> Produced:
    """Send every mention of `source`, keyed by `platform:id`; as fast as Kafka takes them, unless told otherwise.

    What Kafka did not answer for is sent again until it does: the score stage counts a mention once, however often it
    comes.

    Args:
        rate: Mentions per second, > 0.
        pace: The recorded pace times this factor, > 0: at 60 a recorded hour takes a minute.
        as_recorded: A mention that does not say when it was ingested was ingested when it was published, so that
            history keeps its own event time.
        history: Past data to learn from: nothing in it pages.
        progress: Called after every chunk.

    Raises:
        ValueError: `rate` or `pace` is not positive, or both are given.
    """
    if rate is not None and pace is not None:
        raise ValueError("give a rate or a pace, not both")
    for name, value in (("rate", rate), ("pace", pace)):
        if value is not None and value <= 0:
            raise ValueError(f"{name} is {value}; it has to be greater than 0")
    headers = ((HISTORY_HEADER, b"1"),) if history else ()
    done = Produced()
    started = clock.monotonic()
    for due_seconds, chunk in _timed_chunks(source, rate=rate, pace=pace):
        await clock.sleep(max(0.0, started + due_seconds - clock.monotonic()))
        mentions = [item for item in chunk if isinstance(item, Mention)]
        for item in chunk:
            if isinstance(item, InvalidMention):
                log.warning("mention.refused", reason=item.reason)
        outgoing = [_outgoing(mention, settings, headers, as_recorded=as_recorded) for mention in mentions]
        if outgoing:
            await _send_until_taken(outgoing, broker, clock)
        done = Produced(
            sent=done.sent + len(mentions),
            refused=done.refused + len(chunk) - len(mentions),
            newest=mentions[-1].published_at if mentions else done.newest,
        )
        progress(done)
    return done


def _timed_chunks(
    source: Source, *, rate: float | None, pace: float | None
) -> Iterator[tuple[float, list[Mention | InvalidMention]]]:
    """Chunks with the second, counted from the start, at which they are due: as their first mention is."""
    chunk: list[Mention | InvalidMention] = []
    chunk_due = due = 0.0
    first: datetime | None = None
    for index, item in enumerate(source.read()):
        if rate is not None:
            due = index / rate
        elif pace is not None and isinstance(item, Mention):
            first = first or item.published_at
            due = max(due, (item.published_at - first).total_seconds() / pace)
        if chunk and (len(chunk) >= _CHUNK or due - chunk_due > _SLICE_SECONDS):
            yield chunk_due, chunk
            chunk = []
        if not chunk:
            chunk_due = due
        chunk.append(item)
    if chunk:
        yield chunk_due, chunk


def _outgoing(
    mention: Mention, settings: StreamSettings, headers: tuple[tuple[str, bytes], ...], *, as_recorded: bool
) -> Outgoing:
    if as_recorded and mention.ingested_at is None:
        mention = msgspec.structs.replace(mention, ingested_at=mention.published_at)
    return Outgoing(settings.kafka.mentions, mention.key.encode(), codec.encode_mention(mention), headers)


async def _send_until_taken(outgoing: list[Outgoing], broker: Broker, clock: Clock) -> None:
    backoff = Backoff()
    said = False
    while True:
        try:
            await broker.send(outgoing)
        except BrokerUnavailable as exc:
            if not said:
                log.warning("broker.unavailable", reason=str(exc), then="sending again until it answers")
            said = True
            await clock.sleep(backoff.next_seconds())
        else:
            return


async def load_history(partials: Iterable[PartialCount], broker: Broker, settings: StreamSettings) -> int:
    """Send counts of the past to the detect stage, flagged as history, and answer how many.

    In front of a topic's first count stands its definition as configured, the oldest there can be.

    Raises:
        BrokerUnavailable: Kafka stopped answering. Counts add up, so sending again could count them twice; start anew
            with topics that have learned nothing yet.
    """
    sent = 0
    rest = iter(partials)
    untold = {topic.id: topic for topic in settings.topic_values()}
    while chunk := list(islice(rest, _CHUNK)):
        outgoing: list[Outgoing] = []
        for partial in chunk:
            key = partial.topic.encode()
            topic = untold.pop(partial.topic, None)
            if topic is not None:
                outgoing.append(Outgoing(settings.kafka.partials, key, codec.encode_definition(definition_of(topic))))
            past = partial if partial.history else msgspec.structs.replace(partial, history=True)
            outgoing.append(Outgoing(settings.kafka.partials, key, codec.encode_partial(past)))
        await broker.send(outgoing)
        sent += len(chunk)
    return sent
