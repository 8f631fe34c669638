"""An incident may be about several topics."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"

_NOT_RESOLVED: Final = sa.text("state <> 'resolved'")
_OPEN: Final = sa.text("is_open")


def upgrade() -> None:
    """Make the table, with the one topic of every incident that is there."""
    op.add_column("incidents", sa.Column("family", sa.Text, nullable=False, server_default=""))
    op.create_index(
        "open_incidents_of_family",
        "incidents",
        ["family", "id"],
        sqlite_where=_NOT_RESOLVED,
        postgresql_where=_NOT_RESOLVED,
    )
    op.create_index("episodes_of_incident", "episodes", ["incident"])
    op.create_table(
        "incident_topics",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("incident", sa.Text, sa.ForeignKey("incidents.id"), primary_key=True),
        sa.Column("is_open", sa.Boolean, nullable=False),
    )
    op.execute(
        "INSERT INTO incident_topics (topic, incident, is_open) SELECT topic, id, state <> 'resolved' FROM incidents"
    )
    op.create_index(
        "one_open_incident_of_topic",
        "incident_topics",
        ["topic"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index("topics_of_incident", "incident_topics", ["incident"])
    op.drop_index("one_open_incident_per_topic", "incidents")
