"""Queries about answers, one row each: ours, those to us, and those of customers to one another."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, func, or_, select

from alerting.incidents.reply_store import Drawn, OwnReplies
from alerting.incidents.sql.inserting import insert_each
from alerting.incidents.sql.reply_tables import replies
from streams.id_index import hash64
from streams.public_reply import MOST_ANSWERS, PublicReply
from streams.tone import NEGATIVE, UNSCORED, tone_of

MOST_OF_OTHERS: Final = 200_000

_UNNUMBERED: Final = -(2**63)
_PLACES: Final = 2**63
_AT_ONCE: Final = 500
_COLUMNS: Final = tuple(column.name for column in replies.columns if column.name != "mention")
_WRITE: Final = insert_each(
    replies,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["mention"], set_={name: insert.excluded[name] for name in _COLUMNS}
    ),
)
_KNOWN: Final = select(replies).where(replies.c.mention.in_(bindparam("names", expanding=True)))
_LIVE: Final = ~replies.c.deleted
_OTHERS: Final = ~replies.c.own

_encoder: Final = msgspec.json.Encoder()
_reply: Final = msgspec.json.Decoder(PublicReply)

Gone = list[tuple[str, datetime]]
"""What answers were taken back that had been counted: which mention each answered, and when."""


class _Stand(NamedTuple):
    """A row as it is, or will be."""

    row: dict[str, Any]

    @property
    def version(self) -> tuple[int, bool]:
        return self.row["seq"], self.row["deleted"]


def record(connection: Connection, heard: Sequence[PublicReply]) -> tuple[list[PublicReply], Gone]:
    """Keep the newest version of each; the brand's own that were written, and what was taken back.

    Versions of one mention come in their order, and may come twice. Of the answers of others to one mention the 256
    with the smallest hashes stay.
    """
    stands = {row.mention: _Stand(dict(row._mapping)) for row in _known(connection, heard)}  # noqa: SLF001  # its name
    news: dict[str, _Stand] = {}
    own: dict[str, PublicReply] = {}
    gone: Gone = []
    for reply in heard:
        known = news.get(reply.mention) or stands.get(reply.mention)
        following = _following(reply, known)
        if following is None:
            continue
        news[reply.mention] = following
        if known is not None and known.row["own"] and not known.row["deleted"]:
            gone += [(name, known.row["at"]) for name in (known.row["parent"], known.row["root"]) if name]
        own.pop(reply.mention, None)
        if reply.own:
            own[reply.mention] = reply
    if news:
        rows = [news[name].row for name in sorted(news)]
        connection.execute(_WRITE[connection.dialect.name], rows)
        _prune(connection, {row["parent"] for row in rows if not row["own"]})
    return list(own.values()), gone


def _known(connection: Connection, heard: Sequence[PublicReply]) -> Iterable[Any]:
    names = sorted({reply.mention for reply in heard})
    for start in range(0, len(names), _AT_ONCE):
        yield from connection.execute(_KNOWN, {"names": names[start : start + _AT_ONCE]})


def _following(reply: PublicReply, known: _Stand | None) -> _Stand | None:
    """The row after this version; None where it says nothing new."""
    if reply.deleted:
        if known is None or known.row["deleted"]:
            return None
        seq = known.row["seq"] if reply.seq is None else reply.seq
        if seq < known.row["seq"]:
            return None
        blank = {"account": None, "brand": None, "tone": None, "value": "", "deleted": True, "seq": seq}
        return _Stand(known.row | blank)
    stand = _Stand(_row(reply))
    return None if known is not None and stand.version <= known.version else stand


def _row(reply: PublicReply) -> dict[str, Any]:
    parent, root = (*reply.answers, None)[:2] if reply.answers else (reply.to, None)
    return {
        "mention": reply.mention,
        "parent": parent or "",
        "root": root,
        "own": reply.own,
        "at": reply.at,
        "brand": reply.brand,
        "account": None if reply.author_number is None else _account(reply.author_number),
        "place": hash64(reply.mention) >> 1,
        "tone": tone_of(reply.polarity, UNSCORED),
        "seq": _UNNUMBERED if reply.seq is None else reply.seq,
        "deleted": False,
        "value": _encoder.encode(reply).decode(),
    }


def _prune(connection: Connection, parents: Collection[str]) -> None:
    """Of the answers of others keep the 256 with the smallest hashes for each mention."""
    names = sorted(parents)
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        crowded = connection.execute(
            select(replies.c.parent)
            .where(replies.c.parent.in_(some), _OTHERS)
            .group_by(replies.c.parent)
            .having(func.count() > MOST_ANSWERS)
        ).scalars()
        for parent in list(crowded):
            here = (replies.c.parent == parent, _OTHERS)
            last = connection.execute(
                select(replies.c.place).where(*here).order_by(replies.c.place).offset(MOST_ANSWERS - 1).limit(1)
            ).scalar()
            connection.execute(delete(replies).where(*here, replies.c.place > last))


def any_own(connection: Connection) -> bool:
    """Whether an answer of the brand's own is there."""
    return connection.execute(select(replies.c.mention).where(replies.c.own).limit(1)).first() is not None


def to(connection: Connection, mentions: Sequence[str], limit: int) -> tuple[PublicReply, ...]:
    """Answers to these mentions."""
    if not mentions:
        return ()
    names = list(mentions)
    here = or_(replies.c.parent.in_(names), replies.c.root.in_(names))
    return _read(connection, (here, _LIVE), limit)


def own(connection: Connection, brand: str | None, accounts: Sequence[int], since: datetime, limit: int) -> OwnReplies:
    """The brand's own replies since then."""
    whose: list[ColumnElement[bool]] = []
    if brand:
        whose.append(replies.c.brand == brand)
    if accounts:
        whose.append(replies.c.account.in_([_account(number) for number in accounts]))
    if not whose:
        return OwnReplies(0)
    here = (replies.c.own, replies.c.at >= since, or_(*whose), _LIVE)
    total = connection.execute(select(func.count()).select_from(replies).where(*here)).scalar() or 0
    return OwnReplies(total, _read(connection, here, limit))


def drawn(connection: Connection, mentions: Sequence[str]) -> Mapping[str, Drawn]:
    """What others said to each of these mentions."""
    found: dict[str, Drawn] = {}
    counted = [
        func.sum(case((one, 1), else_=0)) for one in (_LIVE, replies.c.tone == NEGATIVE, replies.c.tone == UNSCORED)
    ]
    for start in range(0, len(mentions), _AT_ONCE):
        some = list(mentions[start : start + _AT_ONCE])
        rows = connection.execute(
            select(replies.c.parent, func.count(), *counted, func.max(replies.c.place))
            .where(replies.c.parent.in_(some), _OTHERS)
            .group_by(replies.c.parent)
        )
        found |= {row[0]: _drawn(*(int(one or 0) for one in row[1:])) for row in rows}
    return {name: one for name, one in found.items() if one.answers}


def _drawn(kept: int, live: int, negative: int, unscored: int, last: int) -> Drawn:
    """How many there were by how close together the smallest hashes lie.

    Source:
        Bar-Yossef et al., "Counting distinct elements in a data stream", RANDOM 2002 (its first algorithm).
    """
    if kept < MOST_ANSWERS:
        return Drawn(live, live, live - unscored, negative)
    there = (kept - 1) * _PLACES / max(last, 1)
    return Drawn(round(there * live / kept), live, live - unscored, negative, exact=False)


def erase(connection: Connection, author: int) -> int:
    """Forget what this author answered; how many answers."""
    return connection.execute(delete(replies).where(replies.c.account == _account(author))).rowcount


def forget(connection: Connection, before: datetime, others_before: datetime, limit: int) -> int:
    """Forget at most `limit` answers: ours and those to us from before the one time, others' before the other.

    Of the latter no more than the newest 200,000 stay.
    """
    newest = select(replies.c.at).where(_OTHERS).order_by(replies.c.at.desc()).offset(MOST_OF_OTHERS).limit(1)
    beyond = connection.execute(newest).scalar()
    if beyond is not None:
        others_before = max(others_before, beyond)
    ours = replies.alias("ours")
    to_us = select(ours.c.mention).where(ours.c.mention == replies.c.parent, ours.c.own).exists()
    # each by the index of ages: whoever else wants to write must not wait for a walk through all of them
    for here in (
        (replies.c.own, replies.c.at < before),
        (_OTHERS, replies.c.at < before),
        (_OTHERS, replies.c.at < others_before, ~to_us),
    ):
        oldest = select(replies.c.mention).where(*here).order_by(replies.c.at).limit(limit)
        old = list(connection.execute(oldest).scalars())
        if old:
            return connection.execute(delete(replies).where(replies.c.mention.in_(old))).rowcount
    return 0


def _read(connection: Connection, here: Sequence[ColumnElement[bool]], limit: int) -> tuple[PublicReply, ...]:
    rows = connection.execute(select(replies.c.value).where(*here).order_by(replies.c.place).limit(limit)).scalars()
    return tuple(_reply.decode(value) for value in rows)


def _account(number: int) -> str:
    return f"{number:016x}"
