"""When which mention was answered in public."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: Final = "0011"
down_revision: Final = "0010"

_INSTANT: Final = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "public_replies",
        sa.Column("mention", sa.Text, primary_key=True),
        sa.Column("at", _INSTANT, nullable=False),
    )
    op.create_index("public_replies_by_age", "public_replies", ["at"])
