"""Answers that a test put there, told apart as the store does it, without a database."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from alerting.incidents.reply_store import Drawn, OwnReplies
from streams.id_index import hash64
from streams.public_reply import PublicReply
from streams.tone import NEGATIVE, UNSCORED, tone_of


class HeardReplies:
    """See `alerting.incidents.reply_store.ReplyStore`; exact, however many there are."""

    def __init__(self, heard: Iterable[PublicReply] = ()) -> None:
        self.heard: dict[str, PublicReply] = {}
        self.hear(*heard)

    def hear(self, *replies: PublicReply) -> None:
        """Each is the newest version of its mention."""
        for reply in replies:
            self.heard[reply.mention] = reply

    async def any_own(self) -> bool:
        return any(one.own for one in self.heard.values())

    async def to(self, mentions: Sequence[str], *, limit: int) -> tuple[PublicReply, ...]:
        return self._live(limit, [one for one in self.heard.values() if {one.to, *one.answers} & set(mentions)])

    async def own(self, brand: str | None, accounts: Sequence[int], *, since: datetime, limit: int) -> OwnReplies:
        found = [
            one
            for one in self.heard.values()
            if one.own and not one.deleted and one.at >= since
            if (brand and one.brand == brand) or one.author_number in accounts
        ]
        return OwnReplies(len(found), self._live(limit, found))

    async def drawn(self, mentions: Sequence[str]) -> Mapping[str, Drawn]:
        found: dict[str, Drawn] = {}
        for name in mentions:
            tones = [tone_of(one.polarity, UNSCORED) for one in self.heard.values() if one.to == name]
            if tones:
                scored = len(tones) - tones.count(UNSCORED)
                found[name] = Drawn(len(tones), len(tones), scored, tones.count(NEGATIVE))
        return found

    @staticmethod
    def _live(limit: int, found: list[PublicReply]) -> tuple[PublicReply, ...]:
        return tuple(sorted((one for one in found if not one.deleted), key=lambda one: hash64(one.mention))[:limit])
