"""Destinations that are left alone for a while, pages that were looked after, and whom a receiver was told of when."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: Final = "0003"
down_revision: Final = "0002"

_INSTANT: Final = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the table, the column and the index."""
    op.create_table(
        "holds",
        sa.Column("receiver", sa.Text, primary_key=True),
        sa.Column("notifier", sa.Text, primary_key=True),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
    )
    op.add_column("deliveries", sa.Column("looked_after", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("deliveries_of_receiver", "deliveries", ["receiver", "created_at"])
