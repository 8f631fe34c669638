"""Answers in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from alerting.incidents.reply_store import Drawn, OwnReplies
from alerting.incidents.sql import answer_rows
from alerting.incidents.sql.database import Database
from streams.public_reply import PublicReply


class SqlReplies:
    """See `alerting.incidents.reply_store.ReplyStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def any_own(self) -> bool:
        """Whether an answer of the brand's own was ever seen."""
        return await self._database.read(answer_rows.any_own)

    async def to(self, mentions: Sequence[str], *, limit: int) -> tuple[PublicReply, ...]:
        """Answers to these mentions, the brand's own also in threads that these began; a fair sample of more."""
        return await self._database.read(answer_rows.to, mentions, limit)

    async def own(self, brand: str | None, accounts: Sequence[int], *, since: datetime, limit: int) -> OwnReplies:
        """The brand's own replies since then, by accounts of that brand or by these accounts."""
        return await self._database.read(answer_rows.own, brand, accounts, since, limit)

    async def drawn(self, mentions: Sequence[str]) -> Mapping[str, Drawn]:
        """What others said to each of these mentions, of those that drew anything."""
        return await self._database.read(answer_rows.drawn, mentions)
