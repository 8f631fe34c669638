"""Every detection as it was taken in, so that it can be explained."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: Final = "0009"
down_revision: Final = "0008"

_INSTANT: Final = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the table and its indexes."""
    op.create_table(
        "decisions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("episode", sa.Text, nullable=False),
        sa.Column("taken_in_at", _INSTANT, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_decisions_taken_in_at", "decisions", ["taken_in_at"])
    op.create_index("decisions_of_episode", "decisions", ["episode"])
