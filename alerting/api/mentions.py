"""Mentions over HTTP: bounded, checked one by one, in Kafka before they are answered."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal

import msgspec
import structlog
from fastapi import APIRouter, Query, Request

from alerting.api.batches import Sender, body_of, send, split
from alerting.api.places import Places
from alerting.api.problems import REFUSALS, Problem, unavailable
from alerting.api.responses import IngestAnswer, RejectedMention
from alerting.settings import ApiSettings
from streams.broker.base import Outgoing
from streams.canary import CANARY
from streams.codec import decode_document, decode_mention, encode_mention
from streams.errors import InvalidMention
from streams.mention import Mention
from streams.sources.documents import Reader
from streams.sources.registry import PAYLOADS

AT_ONCE: Final = 8
LONGEST_REASON: Final = 300
REQUEST_BODY: Final = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [
                    {"type": "object", "required": ["id", "platform", "published_at", "text"]},
                    {"type": "array", "items": {"type": "object"}},
                ]
            },
            "example": [
                {"id": "1", "platform": "forum", "published_at": "2026-01-05T12:00:00Z", "text": "Where is my refund?"}
            ],
        },
        "application/x-ndjson": {"schema": {"type": "string"}},
    },
}

log = structlog.get_logger(__name__)


def mentions_router(broker: Sender | None, settings: ApiSettings, *, kafka_topic: str) -> APIRouter:
    """`POST /api/v1/mentions`, into `kafka_topic`, keyed by `platform:id`."""
    router = APIRouter(tags=["mentions"], responses=REFUSALS)
    places = Places(AT_ONCE, f"{AT_ONCE} batches are being taken in already.")  # each is held in memory

    @router.post("/api/v1/mentions", status_code=202, openapi_extra={"requestBody": REQUEST_BODY})
    async def ingest_mentions(
        request: Request,
        source: Annotated[
            Literal["activity-streams", "brandwatch", "x-v2"] | None,
            Query(description="How a document is read that is no mention of ours."),
        ] = None,
    ) -> IngestAnswer:
        """Take mentions in: one JSON object, an array of them, or one a line (`application/x-ndjson`).

        `Content-Encoding: gzip` and `deflate` are understood. 202 means that Kafka has acknowledged every accepted
        mention; `rejected` names the others by their place. Sending a mention again does no harm. With `source` each
        document is one of that provider's, and may hold several mentions.
        """
        if broker is None:
            raise unavailable("no-broker", "This process takes no mentions in.")
        with places:
            body = await body_of(request, settings)
            raw = split(body, request.headers.get("content-type", ""), settings.max_batch_mentions, of="mentions")
            if not raw:
                raise Problem(422, "no-mention", "The body holds no mention; send at least one.")
            outgoing, rejected = await asyncio.to_thread(_check, raw, kafka_topic, PAYLOADS.get(source or ""))
            if rejected and not outgoing:
                raise Problem(
                    422,
                    "no-valid-mention",
                    f"None of the {len(rejected)} mentions is valid; the first: {rejected[0].reason}",
                    extensions={"rejected": [item.model_dump() for item in rejected]},
                )
            await send(broker, outgoing)
        if rejected:
            log.info("api.mentions_rejected", rejected=len(rejected), accepted=len(outgoing))
        return IngestAnswer(accepted=len(outgoing), rejected=tuple(rejected))

    return router


def _check(
    raw: Sequence[bytes | msgspec.Raw], kafka_topic: str, reader: Reader | None
) -> tuple[list[Outgoing], list[RejectedMention]]:
    outgoing: list[Outgoing] = []
    rejected: list[RejectedMention] = []
    for index, item in enumerate(raw):
        for found in _mentions_in(bytes(item), reader):
            try:
                if not isinstance(found, Mention):
                    raise found
                _refuse_canary(found)
                outgoing.append(Outgoing(kafka_topic, found.key.encode(), encode_mention(found)))
            except (InvalidMention, UnicodeEncodeError, msgspec.MsgspecError) as exc:
                rejected.append(RejectedMention(index=index, reason=str(exc)[:LONGEST_REASON]))
    return outgoing, rejected


def _refuse_canary(mention: Mention) -> None:
    if mention.platform == CANARY:
        raise InvalidMention(f"the platform {CANARY} is Tocsin's own")


def _mentions_in(item: bytes, reader: Reader | None) -> Iterator[Mention | InvalidMention]:
    try:
        if reader is None:
            yield decode_mention(item)
        else:
            yield from reader(decode_document(item))
    except InvalidMention as exc:
        yield exc
