"""INSERT with ON CONFLICT, which both databases spell alike and SQLAlchemy imports from two places."""

from collections.abc import Callable, Mapping
from typing import cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_each(
    table: Table, finish: Callable[[postgresql.Insert], postgresql.Insert]
) -> Mapping[str, postgresql.Insert]:
    """The INSERT that `finish` completes, by the name of the dialect.

    Statements are built once, at import: building one costs four times what running it costs.
    """
    # The two classes share `on_conflict_do_nothing` and `on_conflict_do_update` but no base that has them.
    return {
        "postgresql": finish(postgresql.insert(table)),
        "sqlite": finish(cast("postgresql.Insert", sqlite.insert(table))),
    }


def nothing_on_conflict(insert: postgresql.Insert) -> postgresql.Insert:
    """Leave a row that is there already as it is."""
    return insert.on_conflict_do_nothing()
