"""The first tables.

A migration is history: it repeats what the tables were, and does not look at what they are now.
"""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: Final = "0001"
down_revision: Final = None

_SERIAL: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT: Final = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")
_NOT_RESOLVED: Final = sa.text("state <> 'resolved'")
_PENDING: Final = sa.text("state = 'pending'")


def upgrade() -> None:
    """Make them."""
    _intake()
    _incidents()
    _outbox()
    _topics()


def _needed(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _intake() -> None:
    op.create_table(
        "positions",
        sa.Column("kafka_topic", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _needed("next", sa.BigInteger),
    )
    op.create_table(
        "detections",
        sa.Column("id", sa.Text, primary_key=True),
        _needed("at", _INSTANT),
        _needed("taken_in_at", _INSTANT),
    )
    op.create_index("ix_detections_taken_in_at", "detections", ["taken_in_at"])


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text, primary_key=True),
        _needed("topic", sa.Text),
        _needed("state", sa.Text),
        _needed("severity", sa.Text),
        _needed("opened_at", _INSTANT),
        _needed("history", sa.Boolean),
        _needed("revision", sa.Integer),
        _needed("value", sa.Text),
    )
    op.create_index(
        "one_open_incident_per_topic",
        "incidents",
        ["topic"],
        unique=True,
        sqlite_where=_NOT_RESOLVED,
        postgresql_where=_NOT_RESOLVED,
    )
    op.create_index("incidents_of_topic", "incidents", ["topic", "id"])
    op.create_index("incidents_by_opening", "incidents", ["opened_at"])
    op.create_table(
        "episodes",
        sa.Column("episode", sa.Text, primary_key=True),
        sa.Column("incident", sa.Text, sa.ForeignKey("incidents.id"), nullable=False),
    )
    op.create_table(
        "timeline",
        sa.Column("position", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("incident", sa.Text, sa.ForeignKey("incidents.id"), nullable=False),
        _needed("value", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("timeline_of_incident", "timeline", ["incident", "position"])


def _outbox() -> None:
    op.create_table(
        "deliveries",
        sa.Column("sequence", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("incident", sa.Text, sa.ForeignKey("incidents.id"), nullable=False),
        _needed("incident_revision", sa.Integer),
        _needed("receiver", sa.Text),
        _needed("notifier", sa.Text),
        _needed("change", sa.Text),
        _needed("state", sa.Text),
        _needed("created_at", _INSTANT),
        _needed("next_attempt_at", _INSTANT),
        sa.Column("leased_until", _INSTANT),
        _needed("token", sa.Integer),
        _needed("value", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("deliveries_of_incident", "deliveries", ["incident", "sequence"])
    op.create_index(
        "deliveries_pending",
        "deliveries",
        ["incident", "receiver", "notifier", "sequence"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
    op.create_index(
        "deliveries_due", "deliveries", ["next_attempt_at"], sqlite_where=_PENDING, postgresql_where=_PENDING
    )


def _topics() -> None:
    op.create_table(
        "topics",
        sa.Column("id", sa.Text, primary_key=True),
        _needed("place", sa.Integer),
        _needed("value", sa.Text),
    )
    op.create_table("board", sa.Column("topic", sa.Text, primary_key=True), _needed("value", sa.LargeBinary))
    op.create_table(
        "recent_windows",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("start", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seconds", sa.Integer, primary_key=True, autoincrement=False),
        _needed("revision", sa.Integer),
        _needed("value", sa.LargeBinary),
    )
    op.create_table(
        "history_blocks",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        _needed("block", sa.LargeBinary),
    )
