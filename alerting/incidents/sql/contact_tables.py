"""The tables of the contact centre: counts by line and minute, and what each record said."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from alerting.incidents.sql.tables import metadata

# What a contact is counted under. The columns are never empty, so that each line is there once: unknown is "".
contact_lines: Final = Table(
    "contact_lines",
    metadata,
    Column("id", Text, primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("brand", "reason", "product", "area", "channel")),
)

contact_minutes: Final = Table(
    "contact_minutes",
    metadata,
    Column("minute", Integer, primary_key=True, autoincrement=False),
    Column("line", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("linked", BigInteger, nullable=False),
)

contact_ids: Final = Table(
    "contact_ids",
    metadata,
    Column("id", Text, primary_key=True),
    Column("line", Text, nullable=False),
    Column("minute", Integer, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("linked", BigInteger, nullable=False),
    Index("contact_ids_by_minute", "minute"),
)
