"""The tables of what is said in answer to something."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from alerting.incidents.sql.tables import Instant, metadata

# When a mention was answered by the brand first, by the key of the mention that was answered.
public_replies: Final = Table(
    "public_replies",
    metadata,
    Column("mention", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Index("public_replies_by_age", "at"),
)

# Every answer by its own key. `parent` is what it answers, `root` the thread that an answer of the brand's own is in;
# `place` is a fair number of the mention's hash. What was taken back keeps its place and nothing else.
replies: Final = Table(
    "replies",
    metadata,
    Column("mention", Text, primary_key=True),
    Column("parent", Text, nullable=False),
    Column("root", Text),
    Column("own", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    Column("brand", Text),
    Column("account", Text),
    Column("place", BigInteger, nullable=False),
    Column("tone", Text),
    Column("seq", BigInteger, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("value", Text, nullable=False),
    Index("replies_by_parent", "parent", "own", "place"),
    Index("replies_by_root", "root"),
    Index("replies_by_age", "own", "at"),
    Index("replies_by_account", "account"),
)
