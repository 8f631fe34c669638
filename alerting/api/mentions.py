"""Mentions over HTTP: bounded, checked one by one, in Kafka before they are answered."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Query, Request

from alerting.api.batches import Batches, Sender
from alerting.api.problems import REFUSALS
from alerting.api.responses import IngestAnswer
from alerting.settings import ApiSettings
from streams.broker.base import Outgoing
from streams.canary import CANARY
from streams.codec import decode_document, decode_mention, encode_mention
from streams.errors import InvalidMention
from streams.mention import Mention
from streams.sources.documents import Reader
from streams.sources.registry import PAYLOADS

AT_ONCE: Final = 8
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


def mentions_router(broker: Sender | None, settings: ApiSettings, *, kafka_topic: str) -> APIRouter:
    """`POST /api/v1/mentions`, into `kafka_topic`, keyed by `platform:id`."""
    router = APIRouter(tags=["mentions"], responses=REFUSALS)
    batches = Batches(broker, settings, of="mention", at_once=AT_ONCE)

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
        return await batches.take_in(request, partial(_read, kafka_topic, PAYLOADS.get(source or "")))

    return router


def _read(kafka_topic: str, reader: Reader | None, document: bytes) -> Iterator[Outgoing | InvalidMention]:
    for found in _mentions_in(document, reader):
        try:
            if not isinstance(found, Mention):
                raise found
            _refuse_canary(found)
            yield Outgoing(kafka_topic, found.key.encode(), encode_mention(found))
        except InvalidMention as exc:
            yield exc
        except (UnicodeEncodeError, msgspec.MsgspecError) as exc:
            yield InvalidMention(str(exc))


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
