"""Which digest a delivery goes out with: all of one are taken together."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0005"
down_revision: Final = "0004"


def upgrade() -> None:
    """Add the column."""
    op.add_column("deliveries", sa.Column("digest", sa.Text, nullable=False, server_default=""))
