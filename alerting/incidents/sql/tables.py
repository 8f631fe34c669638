"""The tables. A value is kept whole as JSON; what is filtered, ordered or guarded by stands beside it in columns."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NOT_RESOLVED: Final = text("state <> 'resolved'")
_OPEN: Final = text("is_open")
_PENDING: Final = text("state = 'pending'")
_DUE: Final = text("due_at IS NOT NULL")
_TO_BE_CALLED: Final = text("call_due_at IS NOT NULL")

# SQLite numbers rows by itself only in a column that is exactly INTEGER.
Serial: Final = BigInteger().with_variant(Integer(), "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware time, to the microsecond: `timestamptz` on Postgres, microseconds since 1970 on SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type in that database."""
        return dialect.type_descriptor(
            TIMESTAMP(timezone=True) if dialect.name == "postgresql" else BigInteger(),
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """What is written.

        Raises:
            ValueError: The time has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value if dialect.name == "postgresql" else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """What was read, in UTC."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            stored: datetime = value
            return stored.astimezone(UTC)
        microseconds: int = value
        return _EPOCH + microseconds * _MICROSECOND


metadata: Final = MetaData()

positions: Final = Table(
    "positions",
    metadata,
    Column("kafka_topic", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("next", BigInteger, nullable=False),
)

detections: Final = Table(
    "detections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("taken_in_at", Instant, nullable=False, index=True),
)

# What was taken in, as a whole: so that every decision can be explained for as long as Kafka keeps detections.
decisions: Final = Table(
    "decisions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("episode", Text, nullable=False),
    Column("taken_in_at", Instant, nullable=False, index=True),
    Column("value", LargeBinary, nullable=False),
    Index("decisions_of_episode", "episode"),
)

incidents: Final = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("history", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("value", Text, nullable=False),
    Column("family", Text, nullable=False, server_default=""),
    Column("samples_kept", Boolean, nullable=False, server_default=true()),
    Column("call_due_at", Instant),
    Index("incidents_of_topic", "topic", "id"),
    Index("incidents_by_opening", "opened_at"),
    Index("incidents_by_samples", "samples_kept", "state", "opened_at"),
    Index("open_incidents_of_family", "family", "id", sqlite_where=_NOT_RESOLVED, postgresql_where=_NOT_RESOLVED),
    Index("calls_due", "call_due_at", sqlite_where=_TO_BE_CALLED, postgresql_where=_TO_BE_CALLED),
)

# Which topics an incident is about.
incident_topics: Final = Table(
    "incident_topics",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("incident", Text, ForeignKey("incidents.id"), primary_key=True),
    Column("is_open", Boolean, nullable=False),
    Index("one_open_incident_of_topic", "topic", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("topics_of_incident", "incident"),
)

episodes: Final = Table(
    "episodes",
    metadata,
    Column("episode", Text, primary_key=True),
    Column("incident", Text, ForeignKey("incidents.id"), nullable=False),
    Index("episodes_of_incident", "incident"),
)

timeline: Final = Table(
    "timeline",
    metadata,
    Column("position", Serial, primary_key=True, autoincrement=True),
    Column("incident", Text, nullable=False),  # no foreign key: it outlives the incident, as the audit trail needs it
    Column("value", Text, nullable=False),
    Index("timeline_of_incident", "incident", "position"),
    sqlite_autoincrement=True,
)

# Triggers, made by the migration, refuse every UPDATE and DELETE.
audit: Final = Table(
    "audit",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Text, nullable=False),
    Column("mac", Text, nullable=False),
)

# What people told Tocsin to hold to: silences, notices and their like.
directives: Final = Table(
    "directives",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant),
    Column("revision", Integer, nullable=False),
    Column("value", Text, nullable=False),
    Column("due_at", Instant),
    Index("directives_in_force", "ends_at"),
    Index(
        "directives_due", "due_at", sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL")
    ),
    Index("directives_of_kind", "kind", "created_at"),
)

# What was done with them; positions are of the audit trail, like those of the timeline.
directive_lines: Final = Table(
    "directive_lines",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("directive", Text, ForeignKey("directives.id"), nullable=False),
    Column("value", Text, nullable=False),
    Index("lines_of_directive", "directive", "position"),
)

# One row. Whoever appends to timeline and audit trail locks it until its commit.
audit_head: Final = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("first", BigInteger),
    Column("position", BigInteger, nullable=False),
    Column("mac", Text, nullable=False),
    Column("seal", Text, nullable=False),
    Column("own_key", Text),
)

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("sequence", Serial, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("incident", Text, ForeignKey("incidents.id")),
    Column("incident_revision", Integer, nullable=False),
    Column("receiver", Text, nullable=False),
    Column("notifier", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Column("leased_until", Instant),
    Column("token", Integer, nullable=False),
    Column("value", Text, nullable=False),
    Column("looked_after", Boolean, nullable=False, server_default=false()),
    Column("digest", Text, nullable=False, server_default=""),
    Column("drill", Text, ForeignKey("directives.id")),
    CheckConstraint("(incident IS NULL) <> (drill IS NULL)", name="deliveries_of_one"),
    Index("deliveries_of_drill", "drill"),
    Index("deliveries_of_incident", "incident", "sequence"),
    Index(
        "deliveries_pending",
        "incident",
        "receiver",
        "notifier",
        "sequence",
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    ),
    Index("deliveries_of_receiver", "receiver", "created_at"),
    Index("deliveries_by_creation", "created_at"),
    Index("deliveries_due", "next_attempt_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
    sqlite_autoincrement=True,
)

holds: Final = Table(
    "holds",
    metadata,
    Column("receiver", Text, primary_key=True),
    Column("notifier", Text, primary_key=True),
    Column("until", Instant, nullable=False),
    Column("failures", Integer, nullable=False),
)

# The last good copy of every schedule that is fetched.
schedule_copies: Final = Table(
    "schedule_copies",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("read_at", Instant, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

topics: Final = Table(
    "topics",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("value", Text, nullable=False),
)

board: Final = Table(
    "board",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

recent_windows: Final = Table(
    "recent_windows",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("seconds", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
    Column("value", LargeBinary, nullable=False),
)

history_blocks: Final = Table(
    "history_blocks",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("block", LargeBinary, nullable=False),
    Column("seconds", Integer, nullable=False, server_default="60"),
    Column("written_at", Instant, nullable=False, server_default=text("0")),
    Index("history_blocks_by_width", "seconds", "day"),
)
