"""What was said in answer to something, as it travels from the score stage to alerting."""

from typing import Annotated, Final

import msgspec

from streams.mention import Timestamp

MOST_ANSWERS: Final = 256
"""Of the answers of others to one mention so many are kept, those with the smallest hashes: a fair sample."""


class PublicReply(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A mention that answers others, whether or not any topic matches it. Every version comes once, or twice.

    The brand's own names what it `answers`; anybody else's what it is said `to`; of a mention that was taken back is
    known neither. Its text, author and address are as hostile as the internet; personal data is masked already.

    Attributes:
        mention: The key of the answer itself.
        answers: Of the brand's own: keys of its parent and of the root of its thread, in this order. Empty else.
        at: When it was said.
        to: Of anybody else's: the key of its parent, or of what it quotes.
        deleted: Whoever said it took it back.
        seq: Orders the versions of one mention.
        brand: Whose answer it is, where the configuration names the account.
        author: The name, where one was given and handles are not masked.
        author_number: A stable 64-bit hash of who spoke.
        text: Its first 280 characters.
        polarity: Its mood in [-1, 1]; None where nobody could tell.
        likes: How many liked it when this version was seen; None where the source did not say.
        template: What it was made from, by the source's word.
        signature: Of the brand's own: its MinHash, by which answers are compared; empty of a text too short.
    """

    mention: str
    answers: Annotated[tuple[str, ...], msgspec.Meta(max_length=2)]
    at: Timestamp
    to: str | None = None
    deleted: bool = False
    seq: int | None = None
    brand: str | None = None
    author: str | None = None
    author_number: int | None = None
    text: str = ""
    polarity: float | None = None
    likes: int | None = None
    url: str | None = None
    template: str | None = None
    signature: tuple[int, ...] = ()

    @property
    def own(self) -> bool:
        """The brand said it."""
        return bool(self.answers)
