"""INSERT with ON CONFLICT, which both databases spell alike and SQLAlchemy imports from two places."""

from typing import cast

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(connection: Connection, table: Table) -> postgresql.Insert:
    """An INSERT that has `on_conflict_do_nothing` and `on_conflict_do_update` in the connection's dialect."""
    if connection.dialect.name == "sqlite":
        # The two classes share these methods but no base that has them.
        return cast("postgresql.Insert", sqlite.insert(table))
    return postgresql.insert(table)
