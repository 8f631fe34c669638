"""Batches over HTTP on their way into Kafka: bounded, split into documents, acknowledged before they are answered."""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
from fastapi import Request

from alerting.api.arrival import announces_more_than
from alerting.api.inflate import read_body, too_large
from alerting.api.problems import Problem, unavailable
from alerting.settings import ApiSettings
from streams.broker.base import Outgoing

SEND_SECONDS: Final = 15.0
NDJSON: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonlines"})


class Sender(Protocol):
    """What takes records to Kafka; every broker does."""

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Write records; durable when this returns.

        Raises:
            BrokerUnavailable: Some may have been written; sending all again does no harm.
            RecordTooLarge: One is larger than Kafka takes.
        """
        ...


async def body_of(request: Request, settings: ApiSettings) -> bytes:
    """The body, inflated where it says so.

    Raises:
        Problem: It is too large or cannot be inflated.
    """
    if announces_more_than(request, settings.max_body_bytes):
        raise too_large("body", settings.max_body_bytes)
    return await read_body(
        request.stream(),
        encoding=request.headers.get("content-encoding", ""),
        most_bytes=settings.max_body_bytes,
        most_inflated_bytes=settings.max_inflated_bytes,
    )


def split(body: bytes, content_type: str, most: int, *, of: str) -> Sequence[bytes | msgspec.Raw]:
    """The documents of a body: one JSON object, an array of them, or one a line.

    Raises:
        Problem: It is of another type, no JSON array, or holds more than `most`.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind in NDJSON:
        lines = [line for line in body.split(b"\n") if line.strip()]
        return _bounded(lines, most, of)
    if kind not in {"application/json", "text/json"} and not kind.endswith("+json"):
        raise Problem(415, "unknown-type", "Content-Type must be application/json or application/x-ndjson.")
    if body.lstrip()[:1] != b"[":
        return [body]
    try:
        return _bounded(msgspec.json.decode(body, type=list[msgspec.Raw]), most, of)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise Problem(400, "not-json", f"The body is not a JSON array: {exc}.") from exc


def _bounded(items: Sequence[bytes | msgspec.Raw], most: int, of: str) -> Sequence[bytes | msgspec.Raw]:
    if len(items) > most:
        raise Problem(413, "too-many", f"The batch has {len(items)} {of}; at most {most} are allowed.")
    return items


async def send(broker: Sender, outgoing: Sequence[Outgoing]) -> None:
    """Write records to Kafka, or say that it could not be done in time.

    Raises:
        Problem: Kafka did not acknowledge in time.
    """
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await broker.send(outgoing)
    except TimeoutError as exc:
        raise unavailable(
            "broker-unavailable", f"Kafka did not acknowledge within {SEND_SECONDS:g} seconds; send the same again."
        ) from exc
