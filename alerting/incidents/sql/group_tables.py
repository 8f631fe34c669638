"""The table of groups: one row for a receiver and the values that its incidents share, so there are few of them."""

from typing import Final

from sqlalchemy import Column, Table, Text

from alerting.incidents.sql.tables import Instant, metadata

groups: Final = Table(
    "groups",
    metadata,
    Column("receiver", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("flush_at", Instant, nullable=False),
    Column("members", Text, nullable=False),
)
