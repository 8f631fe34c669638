"""Answers in the database."""

from datetime import datetime

from alerting.incidents.answer_store import Asked
from alerting.incidents.sql import answer_queries
from alerting.incidents.sql.database import Database


class SqlAnswers:
    """See `alerting.incidents.answer_store.AnswerStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, asked: Asked, *, forget_before: datetime) -> Asked | None:
        """None where nobody asked this before: it is ours now. Else what is known of it."""
        async with self._database.transaction() as transaction:
            return await transaction.run(answer_queries.claim, asked, forget_before)

    async def answered(self, asked: Asked) -> None:
        """Remember the answer."""
        async with self._database.transaction() as transaction:
            await transaction.run(answer_queries.answered, asked)

    async def release(self, asked: Asked) -> None:
        """It was not answered for good: the next one with this key is the first."""
        async with self._database.transaction() as transaction:
            await transaction.run(answer_queries.release, asked)
