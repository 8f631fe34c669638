"""Messages that belong to a drill instead of an incident."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0014"
down_revision: Final = "0013"

_PENDING: Final = sa.text("state = 'pending'")
_OWNED: Final = "(incident IS NULL) <> (drill IS NULL)"
_COLUMNS: Final = (
    "sequence, id, incident, incident_revision, receiver, notifier, change, state, created_at, next_attempt_at, "
    "leased_until, token, value, looked_after, digest"
)


def upgrade() -> None:
    """Let a message name a drill, and see to it that each names one or the other."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("deliveries", "incident", nullable=True)
        op.add_column("deliveries", sa.Column("drill", sa.Text, sa.ForeignKey("directives.id")))
        op.create_check_constraint("deliveries_of_one", "deliveries", _OWNED)
    else:
        _rebuild()
    op.create_index("deliveries_of_drill", "deliveries", ["drill"])


def _rebuild() -> None:
    """SQLite changes no column in place."""
    op.execute(
        "CREATE TABLE deliveries_of_all (sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, "
        "incident TEXT, incident_revision INTEGER NOT NULL, receiver TEXT NOT NULL, notifier TEXT NOT NULL, "
        "change TEXT NOT NULL, state TEXT NOT NULL, created_at BIGINT NOT NULL, next_attempt_at BIGINT NOT NULL, "
        "leased_until BIGINT, token INTEGER NOT NULL, value TEXT NOT NULL, looked_after BOOLEAN DEFAULT 0 NOT NULL, "
        "digest TEXT DEFAULT '' NOT NULL, drill TEXT, UNIQUE (id), FOREIGN KEY(incident) REFERENCES incidents (id), "
        f"FOREIGN KEY(drill) REFERENCES directives (id), CONSTRAINT deliveries_of_one CHECK ({_OWNED}))"
    )
    op.execute(f"INSERT INTO deliveries_of_all ({_COLUMNS}) SELECT {_COLUMNS} FROM deliveries")  # noqa: S608  # ours
    op.execute("DROP TABLE deliveries")
    op.execute("ALTER TABLE deliveries_of_all RENAME TO deliveries")
    op.create_index("deliveries_of_incident", "deliveries", ["incident", "sequence"])
    op.create_index("deliveries_of_receiver", "deliveries", ["receiver", "created_at"])
    op.create_index("deliveries_due", "deliveries", ["next_attempt_at"], sqlite_where=_PENDING)
    op.create_index(
        "deliveries_pending", "deliveries", ["incident", "receiver", "notifier", "sequence"], sqlite_where=_PENDING
    )
