"""Which incidents a receiver hears of together, and when."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: Final = "0013"
down_revision: Final = "0012"

_INSTANT: Final = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "groups",
        sa.Column("receiver", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("flush_at", _INSTANT, nullable=False),
        sa.Column("members", sa.Text, nullable=False),
    )
