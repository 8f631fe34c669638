"""Queries about what the brand answered in public, and when."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, or_, select

from alerting.incidents.sql import answer_rows
from alerting.incidents.sql.inserting import insert_each
from alerting.incidents.sql.reply_tables import public_replies, replies
from streams.public_reply import PublicReply

# An earlier answer replaces a later one, in whatever order they come.
_RECORD: Final = insert_each(
    public_replies,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["mention"],
        set_={"at": insert.excluded.at},
        where=insert.excluded.at < public_replies.c.at,
    ),
)
_ANY: Final = select(public_replies.c.mention).limit(1)
_ANSWERED: Final = select(public_replies.c.mention, public_replies.c.at).where(
    public_replies.c.mention.in_(bindparam("names", expanding=True))
)


def record(connection: Connection, heard: Sequence[PublicReply]) -> None:
    """Keep the newest version of each, and remember when each mention was answered by the brand first."""
    written, gone = answer_rows.record(connection, heard)
    rows = [{"mention": name, "at": reply.at} for reply in written for name in reply.answers]
    if rows:
        connection.execute(_RECORD[connection.dialect.name], rows)
    _forget_firsts(connection, gone)


def answered(connection: Connection, mentions: Sequence[str]) -> Mapping[str, datetime] | None:
    """When each of them was answered first, of those that were; None where no answer was ever seen."""
    if connection.execute(_ANY).first() is None:
        return None
    if not mentions:
        return {}
    return {row.mention: row.at for row in connection.execute(_ANSWERED, {"names": list(mentions)})}


def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Forget at most `limit` answers from before that time; how many."""
    old = connection.execute(
        select(public_replies.c.mention).where(public_replies.c.at < before).limit(limit)
    ).scalars()
    return connection.execute(delete(public_replies).where(public_replies.c.mention.in_(list(old)))).rowcount


def _forget_firsts(connection: Connection, gone: Iterable[tuple[str, datetime]]) -> None:
    """Answers were taken back: where one was the first to its mention, the next one is, if there is one."""
    for name, at in gone:
        first = connection.execute(
            delete(public_replies).where(public_replies.c.mention == name, public_replies.c.at == at)
        ).rowcount
        following = select(func.min(replies.c.at)).where(
            replies.c.own, ~replies.c.deleted, or_(replies.c.parent == name, replies.c.root == name)
        )
        then = connection.execute(following).scalar() if first else None
        if then is not None:
            connection.execute(_RECORD[connection.dialect.name], [{"mention": name, "at": then}])
