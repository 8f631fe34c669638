"""What is kept for how long: the width of a block's windows, and a timeline that outlives its incidents."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: Final = "0007"
down_revision: Final = "0006"

_INSTANT: Final = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Add the columns, and let the timeline, which the audit trail signs, stand without the incident's row."""
    shared = op.get_bind().dialect.name == "postgresql"
    never = sa.text("'1970-01-01T00:00:00Z'") if shared else sa.text("0")
    op.add_column("history_blocks", sa.Column("seconds", sa.Integer, nullable=False, server_default="60"))
    op.add_column("history_blocks", sa.Column("written_at", _INSTANT, nullable=False, server_default=never))
    op.create_index("history_blocks_by_width", "history_blocks", ["seconds", "day"])
    op.add_column("incidents", sa.Column("samples_kept", sa.Boolean, nullable=False, server_default=sa.true()))
    op.create_index("incidents_by_samples", "incidents", ["samples_kept", "state", "opened_at"])
    if shared:
        op.execute("ALTER TABLE timeline DROP CONSTRAINT timeline_incident_fkey")
        return
    op.execute(
        "CREATE TABLE timeline_of_all (position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "
        "incident TEXT NOT NULL, value TEXT NOT NULL)"
    )
    op.execute("INSERT INTO timeline_of_all (position, incident, value) SELECT position, incident, value FROM timeline")
    op.execute("DROP TABLE timeline")
    op.execute("ALTER TABLE timeline_of_all RENAME TO timeline")
    op.create_index("timeline_of_incident", "timeline", ["incident", "position"])
