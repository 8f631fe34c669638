"""Contacts over HTTP: taken in as mentions are, and what the contact centre hears at present."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog
from fastapi import APIRouter, Request

from alerting.api.batches import Sender, body_of, send, split
from alerting.api.places import Places
from alerting.api.problems import REFUSALS, Problem, unavailable
from alerting.api.responses import IngestAnswer, RejectedMention
from alerting.contact_parts import ContactParts
from alerting.contact_reading import read_contact
from alerting.settings import ApiSettings
from streams.broker.base import Outgoing
from streams.clock import Clock
from streams.errors import InvalidMention

AT_ONCE: Final = 4
LONGEST_REASON: Final = 300
REQUEST_BODY: Final = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [
                    {"type": "object", "required": ["opened_at", "reason"]},
                    {"type": "array", "items": {"type": "object"}},
                ]
            },
            "example": [{"id": "c-1", "opened_at": "2026-01-05T12:00:00Z", "reason": "refund missing", "count": 12}],
        },
        "application/x-ndjson": {"schema": {"type": "string"}},
    },
}

log = structlog.get_logger(__name__)


def contact_routers(
    broker: Sender | None, settings: ApiSettings, clock: Clock, contacts: ContactParts | None
) -> tuple[APIRouter, ...]:
    """`/api/v1/contacts`; nothing without what keeps them."""
    return () if contacts is None else (_router(broker, settings, clock, contacts),)


def _router(broker: Sender | None, settings: ApiSettings, clock: Clock, contacts: ContactParts) -> APIRouter:
    router = APIRouter(prefix="/api/v1/contacts", tags=["contacts"], responses=REFUSALS)
    places = Places(AT_ONCE, f"{AT_ONCE} batches are being taken in already.")  # each is held in memory

    @router.post("", status_code=202, openapi_extra={"requestBody": REQUEST_BODY})
    async def ingest_contacts(request: Request) -> IngestAnswer:
        """Take contacts in: one JSON object, an array of them, or one a line (`application/x-ndjson`).

        202 means that Kafka has acknowledged every accepted one; `rejected` names the others by their place. Sending
        one with an `id` again does no harm: the newest that it said counts.
        """
        if broker is None:
            raise unavailable("no-broker", "This process takes no contacts in.")
        with places:
            body = await body_of(request, settings)
            raw = split(body, request.headers.get("content-type", ""), settings.max_batch_mentions, of="contacts")
            if not raw:
                raise Problem(422, "no-contact", "The body holds no contact; send at least one.")
            outgoing, rejected = await asyncio.to_thread(_check, raw, contacts.kafka_topic, clock)
            if rejected and not outgoing:
                raise Problem(
                    422,
                    "no-valid-contact",
                    f"None of the {len(rejected)} contacts is valid; the first: {rejected[0].reason}",
                    extensions={"rejected": [item.model_dump() for item in rejected]},
                )
            await send(broker, outgoing)
        if rejected:
            log.info("api.contacts_rejected", rejected=len(rejected), accepted=len(outgoing))
        return IngestAnswer(accepted=len(outgoing), rejected=tuple(rejected))

    return router


def _check(
    raw: Sequence[bytes | msgspec.Raw], kafka_topic: str, clock: Clock
) -> tuple[list[Outgoing], list[RejectedMention]]:
    outgoing: list[Outgoing] = []
    rejected: list[RejectedMention] = []
    now = clock.now()
    for index, item in enumerate(raw):
        try:
            contact = read_contact(bytes(item), now)
            key = None if contact.id is None else contact.id.encode()
            outgoing.append(Outgoing(kafka_topic, key, msgspec.json.encode(contact)))
        except (InvalidMention, UnicodeEncodeError) as exc:
            rejected.append(RejectedMention(index=index, reason=str(exc)[:LONGEST_REASON]))
    return outgoing, rejected
