"""What is said in answer to something: our own replies, and what others say to us and to one another."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: Final = "0017"
down_revision: Final = "0016"

_INSTANT: Final = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "replies",
        sa.Column("mention", sa.Text, primary_key=True),
        sa.Column("parent", sa.Text, nullable=False),
        sa.Column("root", sa.Text),
        sa.Column("own", sa.Boolean, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("brand", sa.Text),
        sa.Column("account", sa.Text),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("tone", sa.Text),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_index("replies_by_parent", "replies", ["parent", "own", "place"])
    op.create_index("replies_by_root", "replies", ["root"])
    op.create_index("replies_by_age", "replies", ["own", "at"])
    op.create_index("replies_by_account", "replies", ["account"])
