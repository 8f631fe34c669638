"""Contacts over HTTP: taken in as mentions are, and what the contact centre hears at present."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel

from alerting.api.batches import Batches, Sender
from alerting.api.problems import REFUSALS
from alerting.api.responses import IngestAnswer
from alerting.api.utc_time import UtcTime
from alerting.brand_scope import scope_now
from alerting.contact_parts import ContactParts
from alerting.contact_reading import read_contact, written
from alerting.hearing.switchboard import Line, Rise, Switchboard
from alerting.settings import ApiSettings
from streams.broker.base import Outgoing
from streams.clock import Clock
from streams.errors import InvalidMention

AT_ONCE: Final = 4
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

MOST_LISTED: Final = 500


class ReasonAnswer(BaseModel):
    """What is heard of a reason. `expected_last_hour` is null while nothing is known of its usual."""

    brand: str | None
    reason: str
    contacts_last_hour: int
    expected_last_hour: float | None
    rising_since: UtcTime | None
    calls_only: bool


class ContactsAnswer(BaseModel):
    """What the contact centre hears; `heard_until` is null where nothing was ever heard."""

    heard_until: UtcTime | None
    days: int
    reasons: tuple[ReasonAnswer, ...]


def contact_routers(
    broker: Sender | None, settings: ApiSettings, clock: Clock, contacts: ContactParts | None
) -> tuple[APIRouter, ...]:
    """`/api/v1/contacts`; nothing without what keeps them."""
    return () if contacts is None else (_router(broker, settings, clock, contacts),)


def _router(broker: Sender | None, settings: ApiSettings, clock: Clock, contacts: ContactParts) -> APIRouter:
    router = APIRouter(prefix="/api/v1/contacts", tags=["contacts"], responses=REFUSALS)
    batches = Batches(broker, settings, of="contact", at_once=AT_ONCE)

    @router.post("", status_code=202, openapi_extra={"requestBody": REQUEST_BODY})
    async def ingest_contacts(request: Request) -> IngestAnswer:
        """Take contacts in: one JSON object, an array of them, or one a line (`application/x-ndjson`).

        202 means that Kafka has acknowledged every accepted one; `rejected` names the others by their place. Sending
        one with an `id` again does no harm: the newest that it said counts.
        """
        now = clock.now()
        return await batches.take_in(request, lambda document: _read(document, contacts.kafka_topic, now))

    @router.get("")
    async def heard() -> ContactsAnswer:
        """What the contact centre hears, by reason, the most unusual first; `calls_only` belongs to no open incident.

        As last looked at, every twenty seconds. Reasons are the contact centre's own words: escape them.
        """
        board = contacts.desk.board
        if board is None:
            return ContactsAnswer(heard_until=None, days=0, reasons=())
        scope, alone = scope_now(), {rise.line for rise in contacts.desk.calls_only}
        rises = {rise.line: rise for rise in await asyncio.to_thread(board.rising)}
        seen = [line for line in board.lines if scope.sees(line.brand)]
        places = {line: place for place, line in enumerate(rises)}
        ranked = sorted(seen, key=lambda line: (places.get(line, len(places)), line))[:MOST_LISTED]
        return ContactsAnswer(
            heard_until=datetime.fromtimestamp(board.end * 60, UTC),
            days=board.days,
            reasons=tuple(
                _answered(board, line, rises.get(line), alone=line in alone) for line in ranked[:MOST_LISTED]
            ),
        )

    return router


def _answered(board: Switchboard, line: Line, rise: Rise | None, *, alone: bool) -> ReasonAnswer:
    curve = board.curve(line, board.end - 60, board.end)
    contacts = sum(one.count for at, one in board.by_minute.get(line, {}).items() if at >= board.end - 60)
    return ReasonAnswer(
        brand=line.brand or None,
        reason=line.reason,
        contacts_last_hour=contacts,
        expected_last_hour=None if curve is None else round(sum(curve.usual), 1),
        rising_since=None if rise is None else datetime.fromtimestamp(rise.since * 60, UTC),
        calls_only=alone,
    )


def _read(document: bytes, kafka_topic: str, now: datetime) -> Iterator[Outgoing | InvalidMention]:
    try:
        contact = read_contact(document, now)
        key = None if contact.id is None else contact.id.encode()
        yield Outgoing(kafka_topic, key, written(contact))
    except InvalidMention as exc:
        yield exc
    except UnicodeEncodeError as exc:
        yield InvalidMention(str(exc))
