"""What a partial count keeps of one mention besides its counts, made once for all of its topics."""

from collections.abc import Container, Sequence

from streams import codec
from streams.id_index import number_of
from streams.mention import Mention
from streams.own_accounts import brand_of
from streams.settings import ScoreSettings
from streams.stages.partial_sums import PartialSums
from streams.stages.sample_gate import SampleGate
from streams.stages.sampling import author_of, excerpt_of, order_of, sample_of, short_name
from streams.terms import address, links, terms


class Description:
    """Words, author, sample and excerpt of one mention; each is made when the first partial wants it."""

    __slots__ = (
        "_author",
        "_event_ms",
        "_excerpt",
        "_hidden",
        "_key",
        "_mention",
        "_order",
        "_polarity",
        "_settings",
        "_words",
    )

    def __init__(
        self,
        mention: Mention,
        key: str,
        event_ms: int,
        polarity: float | None,
        settings: ScoreSettings,
        erased: Container[int | None] = (),
    ) -> None:
        self._mention = mention
        self._key = key
        self._event_ms = event_ms
        self._polarity = polarity
        self._settings = settings
        self._words: Sequence[str] = _terms(mention) if settings.terms else ()
        author = author_of(mention)
        self._hidden = author in erased
        self._author = None if self._hidden else author
        self._order = order_of(mention, polarity)
        self._excerpt: tuple[int, bytes] | None = None

    def add_to(self, growing: PartialSums, gate: SampleGate, place: tuple[str, int, bool]) -> None:
        """Describe the mention in a partial that counts it; of an erased author only by its words, one by one.

        Args:
            gate: Knows whether the mention can still be shown.
            place: The topic, the event second, and whether it is history.
        """
        growing.describe(self._words, self._author)
        post = self._mention.repost_of or self._mention.quote_of
        if post:
            growing.pass_on(short_name(f"{self._mention.platform}:{post}"), self._polarity)
        if self._hidden:
            return
        topic, second, history = place
        if gate.admits(topic, second, self._order, history=history):
            sample = sample_of(self._mention, self._event_ms, self._polarity, self._author, self._settings.mask)
            growing.add_sample(sample, self._order)
        if self._settings.terms:
            number = self._excerpt[0] if self._excerpt else number_of(self._key)
            if growing.wants_excerpt(number):
                self._excerpt = self._excerpt or (number, self._encoded())
                growing.add_excerpt(*self._excerpt)

    def _encoded(self) -> bytes:
        mask, brand = self._settings.mask, brand_of(self._mention, self._settings.accounts) is not None
        excerpt = excerpt_of(self._mention, self._event_ms, self._polarity, self._author, mask, brand=brand)
        return codec.encode_excerpt(excerpt)


def _terms(mention: Mention) -> Sequence[str]:
    """Its words, with its links and pictures, which may be news too."""
    found = terms(mention.text)
    if mention.media or mention.links or "://" in mention.text:
        found += [f"media:{item.hash}" for item in mention.media[:2] if item.hash]
        found += [f"link:{address(link)}" for link in (*mention.links[:2], *links(mention.text)[:2])]
    return found
