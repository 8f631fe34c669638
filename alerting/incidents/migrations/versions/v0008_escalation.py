"""When an incident's next call is due, and the last good copies of schedules that are fetched."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: Final = "0008"
down_revision: Final = "0007"

_INSTANT: Final = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")
_TO_BE_CALLED: Final = sa.text("call_due_at IS NOT NULL")


def upgrade() -> None:
    """Add the column, its index and the table."""
    op.add_column("incidents", sa.Column("call_due_at", _INSTANT))
    op.create_index(
        "calls_due", "incidents", ["call_due_at"], sqlite_where=_TO_BE_CALLED, postgresql_where=_TO_BE_CALLED
    )
    op.create_table(
        "schedule_copies",
        sa.Column("schedule", sa.Text, primary_key=True),
        sa.Column("read_at", _INSTANT, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
