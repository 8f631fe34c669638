"""Batches over HTTP on their way into Kafka: bounded, split into documents, acknowledged before they are answered."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

import msgspec
import structlog
from fastapi import Request

from alerting.api.arrival import announces_more_than
from alerting.api.inflate import read_body, too_large
from alerting.api.places import Places
from alerting.api.problems import Problem, unavailable
from alerting.api.responses import IngestAnswer, RejectedMention
from alerting.settings import ApiSettings
from streams.broker.base import Outgoing
from streams.errors import InvalidMention

SEND_SECONDS: Final = 15.0
LONGEST_REASON: Final = 300
NDJSON: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonlines"})


log = structlog.get_logger(__name__)


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


Read = Callable[[bytes], Iterable[Outgoing | InvalidMention]]
"""What a document holds: records for Kafka, and what is none."""


class Batches:
    """Takes in batches of one kind, a few at a time: each is held in memory.

    Args:
        broker: Where they go; None takes nothing in.
        of: What a document is called: `mention`.
        at_once: So many batches; one more is refused until one is done, > 0.
    """

    def __init__(self, broker: Sender | None, settings: ApiSettings, *, of: str, at_once: int) -> None:
        self._broker = broker
        self._settings = settings
        self._of = of
        self._places = Places(at_once, f"{at_once} batches are being taken in already.")

    async def take_in(self, request: Request, read: Read) -> IngestAnswer:
        """Read the body document by document, and answer once Kafka has acknowledged what is valid.

        Raises:
            Problem: Nothing in it is valid, it cannot be read or is too large, or Kafka did not acknowledge in time.
        """
        if self._broker is None:
            raise unavailable("no-broker", f"This process takes no {self._of}s in.")
        with self._places:
            body = await body_of(request, self._settings)
            most, kind = self._settings.max_batch_mentions, request.headers.get("content-type", "")
            raw = split(body, kind, most, of=f"{self._of}s")
            if not raw:
                raise Problem(422, f"no-{self._of}", f"The body holds no {self._of}; send at least one.")
            outgoing, rejected = await asyncio.to_thread(_checked, raw, read)
            if rejected and not outgoing:
                raise Problem(
                    422,
                    f"no-valid-{self._of}",
                    f"None of the {len(rejected)} {self._of}s is valid; the first: {rejected[0].reason}",
                    extensions={"rejected": [item.model_dump() for item in rejected]},
                )
            await send(self._broker, outgoing)
        if rejected:
            log.info("api.batch_rejected", of=self._of, rejected=len(rejected), accepted=len(outgoing))
        return IngestAnswer(accepted=len(outgoing), rejected=tuple(rejected))


def _checked(raw: Sequence[bytes | msgspec.Raw], read: Read) -> tuple[list[Outgoing], list[RejectedMention]]:
    outgoing: list[Outgoing] = []
    rejected: list[RejectedMention] = []
    for index, item in enumerate(raw):
        for found in read(bytes(item)):
            if isinstance(found, InvalidMention):
                rejected.append(RejectedMention(index=index, reason=str(found)[:LONGEST_REASON]))
            else:
                outgoing.append(found)
    return outgoing, rejected
