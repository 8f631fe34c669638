"""Which incidents are open, asked so that the index of open ones answers it, however many are over."""

from typing import Final

from sqlalchemy import Select, select, text

from alerting.incidents.sql.tables import incidents

_ONE: Final = incidents.alias("open_one")

OPEN_IDS: Final[Select[tuple[str]]] = select(_ONE.c.id).where(
    text("open_one.state <> 'resolved'"),  # as the index says it: a bound value would not find it
    _ONE.c.history.is_(False),
)
"""To be asked `IN`: joined, and in an order of the outer table, SQLite walks through everything there ever was."""
