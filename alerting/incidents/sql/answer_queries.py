"""Answers that are remembered, and the queries about them."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Connection, LargeBinary, Table, Text, bindparam, delete, select, update

from alerting.incidents.answer_store import Answer, Asked
from alerting.incidents.sql.inserting import insert_each, nothing_on_conflict
from alerting.incidents.sql.tables import Instant, metadata

answers: Final = Table(
    "answers",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("answer", LargeBinary),
)

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Answer)
_CLAIM: Final = insert_each(answers, nothing_on_conflict)
_THIS: Final = (answers.c.caller == bindparam("of_caller"), answers.c.key == bindparam("of_key"))
_KNOWN: Final = select(answers).where(*_THIS)
_ANSWERED: Final = update(answers).where(*_THIS)
_RELEASE: Final = delete(answers).where(*_THIS, answers.c.answer.is_(None))
_FORGET: Final = delete(answers).where(answers.c.at < bindparam("forget_before"))


def claim(connection: Connection, asked: Asked, forget_before: datetime) -> Asked | None:
    """None where the claim is ours; else what is known."""
    connection.execute(_FORGET, {"forget_before": forget_before})
    values = {"caller": asked.caller, "key": asked.key, "fingerprint": asked.fingerprint, "at": asked.at}
    if connection.execute(_CLAIM[connection.dialect.name], values | {"answer": None}).rowcount == 1:
        return None
    row = connection.execute(_KNOWN, _named(asked)).one()
    known = None if row.answer is None else _decoder.decode(row.answer)
    return Asked(row.caller, row.key, row.fingerprint, row.at, known)


def answered(connection: Connection, asked: Asked) -> None:
    """Remember the answer."""
    connection.execute(_ANSWERED, _named(asked) | {"answer": _encoder.encode(asked.answer)})


def release(connection: Connection, asked: Asked) -> None:
    """Let go of what was not answered."""
    connection.execute(_RELEASE, _named(asked))


def _named(asked: Asked) -> dict[str, Any]:
    return {"of_caller": asked.caller, "of_key": asked.key}
