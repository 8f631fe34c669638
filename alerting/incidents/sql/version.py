"""Which version the tables have, told without what migrates them, which takes 11 MiB and only a new version needs."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, column, inspect, select, table

import alerting.incidents

SCRIPTS: Final = Path(alerting.incidents.__file__).with_name("migrations")
"""Where the migrations are: each a file `versions/vNNNN_what.py`, of which NNNN is the version that it makes."""

_STORED: Final = table("alembic_version", column("version_num"))


def newest_version() -> str:
    """The version that this code works with.

    >>> len(newest_version())
    4
    """
    return max(script.name[1:5] for script in SCRIPTS.glob("versions/v????_*.py"))


def is_newest(connection: Connection) -> bool:
    """Whether the tables have the version that this code works with."""
    if not inspect(connection).has_table(_STORED.name):
        return False
    return list(connection.scalars(select(_STORED.c.version_num))) == [newest_version()]
