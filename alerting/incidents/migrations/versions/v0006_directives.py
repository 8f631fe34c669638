"""Silences, notices and their like, and the lines about them."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: Final = "0006"
down_revision: Final = "0005"

_INSTANT: Final = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "directives",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_index("directives_in_force", "directives", ["ends_at"])
    op.create_index("directives_of_kind", "directives", ["kind", "created_at"])
    op.create_table(
        "directive_lines",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("directive", sa.Text, sa.ForeignKey("directives.id"), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_index("lines_of_directive", "directive_lines", ["directive", "position"])
