"""What the contact centre hears, by the minute."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0015"
down_revision: Final = "0014"

_LABELS: Final = ("brand", "reason", "product", "area", "channel")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "contact_lines",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in _LABELS),
    )
    op.create_table(
        "contact_minutes",
        sa.Column("minute", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("line", sa.Text, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("linked", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "contact_ids",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("minute", sa.Integer, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("linked", sa.BigInteger, nullable=False),
    )
    op.create_index("contact_ids_by_minute", "contact_ids", ["minute"])
