"""What is said in answer to something, handed on as it comes."""

from collections.abc import Container
from datetime import UTC, datetime
from typing import Final

from streams.broker.base import Outgoing
from streams.codec import encode_reply
from streams.evidence.features import tokens
from streams.evidence.minhash import signature
from streams.id_index import hash64
from streams.masking import masked
from streams.mention import Mention
from streams.own_accounts import brand_of
from streams.public_reply import PublicReply
from streams.sentiment.base import Scorer
from streams.settings import ScoreSettings
from streams.stages.answer_gate import AnswerGate
from streams.stages.mention_polarity import polarity_of
from streams.stages.sampling import (
    MAX_COUNT,
    MAX_EXCERPT_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    author_of,
    seq_of,
    shown_name,
)

_KEY_CHARACTERS: Final = 1025
_NOBODY: Final[frozenset[int | None]] = frozenset()


class PublicReplies:
    """Hears every answer: what the brand itself says, and which mentions that answers; what others say, and to what.

    Of the answers of others to one mention a fair sample of 256 is handed on, in each input partition; of the brand's
    own every one. Once for each version.

    Args:
        kafka_topic: Where they go, keyed by the answer itself, so that its versions stay in order.
    """

    def __init__(self, kafka_topic: str, settings: ScoreSettings, scorer: Scorer) -> None:
        self._kafka_topic = kafka_topic
        self._mask = settings.mask
        self._accounts = settings.accounts
        self._scorer = scorer
        self._gate = AnswerGate()
        self._heard: list[Outgoing] = []

    def hear(
        self,
        mention: Mention,
        event_ms: int,
        erased: Container[int | None] = _NOBODY,
        *,
        polarity: float | None = None,
    ) -> None:
        """Take a mention in; what is said to nobody answers nothing.

        Args:
            erased: Authors of whom nothing is handed on, by their 64-bit hashes.
            polarity: What it says as a whole, where that was read already.
        """
        at = datetime.fromtimestamp(event_ms / 1000, UTC)
        if mention.op == "delete":
            seq = None if mention.seq is None else seq_of(mention.seq)
            self._tell(PublicReply(mention.key, (), at, deleted=True, seq=seq))
            return
        brand = brand_of(mention, self._accounts)
        if brand is None:
            self._hear_others(mention, at, erased, polarity)
            return
        answers = tuple(dict.fromkeys(_keys(mention, mention.parent_id or mention.quote_of, mention.thread_id)))
        if answers:
            self._tell(self._described(mention, answers, at, brand=brand or None))

    def _hear_others(
        self, mention: Mention, at: datetime, erased: Container[int | None], polarity: float | None
    ) -> None:
        to = next(iter(_keys(mention, mention.parent_id or mention.quote_of)), None)
        if to is None or author_of(mention) in erased:
            return
        if self._gate.admits(to, hash64(mention.key)):
            polarity = polarity_of(mention, self._scorer) if polarity is None else polarity
            self._tell(self._described(mention, (), at, to=to, polarity=polarity))

    def _described(
        self,
        mention: Mention,
        answers: tuple[str, ...],
        at: datetime,
        *,
        to: str | None = None,
        brand: str | None = None,
        polarity: float | None = None,
    ) -> PublicReply:
        author, text = mention.author, mention.text or mention.title or ""
        signed = signature(_telling(text)) if answers else None
        return PublicReply(
            mention.key,
            answers,
            at,
            to=to,
            seq=None if mention.seq is None else seq_of(mention.seq),
            brand=brand,
            author=shown_name(mention, self._mask),
            author_number=author_of(mention),
            text=masked(text[:MAX_TEXT_CHARACTERS], self._mask)[:MAX_EXCERPT_CHARACTERS],
            polarity=polarity,
            likes=None if mention.likes is None else min(mention.likes, MAX_COUNT),
            url=mention.url[:MAX_EXCERPT_CHARACTERS] if mention.url else None,
            template=author.template_id[:MAX_NAME_CHARACTERS] if author and author.template_id else None,
            signature=signed or (),
        )

    def _tell(self, reply: PublicReply) -> None:
        self._heard.append(Outgoing(self._kafka_topic, reply.mention.encode(), encode_reply(reply)))

    def take(self) -> list[Outgoing]:
        """What was heard since the last time."""
        heard, self._heard = self._heard, []
        return heard


def _keys(mention: Mention, *names: str | None) -> list[str]:
    """Of other mentions on the same platform."""
    return [f"{mention.platform}:{name}"[:_KEY_CHARACTERS] for name in names if name and name != mention.id]


def _telling(text: str) -> list[str]:
    """The words that a template would have in common: not whom it is said to, and no numbers."""
    return [word for word in tokens(text) if not word.startswith("@") and not any(map(str.isdigit, word))]
