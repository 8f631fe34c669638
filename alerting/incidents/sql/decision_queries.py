"""Queries of the decisions: every detection as it was taken in, so that it can be explained."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
import structlog
from sqlalchemy import Connection, delete, select

from alerting.incidents.sql.inserting import insert_each, nothing_on_conflict
from alerting.incidents.sql.tables import decisions
from streams.codec import decode_detection, encode_detection
from streams.erasure import without_people
from streams.errors import StateCorrupted
from streams.events import Detection

_KEEP: Final = insert_each(decisions, nothing_on_conflict)

log = structlog.get_logger()


def keep(connection: Connection, detection: Detection, taken_in_at: datetime) -> None:
    """Keep the detection, without words and names from mentions: the incident has those, as long as they are kept."""
    value = encode_detection(msgspec.structs.replace(detection, evidence=without_people(detection.evidence)))
    connection.execute(
        _KEEP[connection.dialect.name],
        {"id": detection.id, "episode": detection.episode, "taken_in_at": taken_in_at, "value": value},
    )


def forget(connection: Connection, before: datetime) -> None:
    """Forget what was taken in before that time."""
    connection.execute(delete(decisions).where(decisions.c.taken_in_at < before))


def by_id(connection: Connection, detection_id: str) -> Detection | None:
    """The detection; None where there is none."""
    value = connection.execute(select(decisions.c.value).where(decisions.c.id == detection_id)).scalar()
    return None if value is None else _read(value)


def of_episodes(connection: Connection, episodes: Sequence[str]) -> tuple[Detection, ...]:
    """Their detections, oldest first."""
    values = connection.execute(select(decisions.c.value).where(decisions.c.episode.in_(episodes))).scalars()
    found = [detection for detection in map(_read, values) if detection is not None]
    return tuple(sorted(found, key=lambda detection: (detection.at, detection.sequence, detection.id)))


def _read(value: bytes) -> Detection | None:
    try:
        return decode_detection(value)
    except StateCorrupted as exc:
        log.warning("decision.unreadable", reason=str(exc))
        return None
