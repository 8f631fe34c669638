"""Messages are found by when they were made, for the report of a week."""

from typing import Final

from alembic import op

revision: Final = "0016"
down_revision: Final = "0015"


def upgrade() -> None:
    """Add the index."""
    op.create_index("deliveries_by_creation", "deliveries", ["created_at"])
