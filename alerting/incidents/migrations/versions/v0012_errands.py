"""When the next errand of a directive is due."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: Final = "0012"
down_revision: Final = "0011"

_INSTANT: Final = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")
_DUE: Final = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    """Add the column and its index."""
    op.add_column("directives", sa.Column("due_at", _INSTANT))
    op.create_index("directives_due", "directives", ["due_at"], sqlite_where=_DUE, postgresql_where=_DUE)
