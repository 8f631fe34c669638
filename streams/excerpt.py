"""What a partial count keeps of a sampled mention, to explain an event with."""

import msgspec


class Excerpt(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One mention, as short as it can be and still say who said what, where, and in answer to what.

    Everything in it is as hostile as the internet. Personal data is masked in it already, where the configuration says
    so.

    Attributes:
        at_ms: Event time, milliseconds since 1970.
        key: `platform:id`.
        text: Its first 280 characters.
        author: The name, where one was given; of the person, not for counting.
        author_number: A stable 64-bit hash of who spoke.
        age_days: How old the account was when it spoke.
        of: `platform:id` of what it repeats, quotes or answers.
        media: Hashes of its pictures and films, at most two.
        labels: Hashtags and links that came beside the text, at most four.
    """

    at_ms: int
    key: str
    text: str
    polarity: float | None = None
    content_type: str = "post"
    author: str | None = None
    author_number: int | None = None
    followers: int | None = None
    reach: int | None = None
    verified: bool = False
    brand: bool = False
    age_days: int | None = None
    posts: int | None = None
    region: str | None = None
    lang: str | None = None
    of: str | None = None
    rating: float | None = None
    media: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    url: str | None = None

    @property
    def platform(self) -> str:
        """Where it was said.

        >>> Excerpt(0, "x:7", "").platform
        'x'
        """
        return self.key.partition(":")[0]

    @property
    def repeats(self) -> bool:
        """It is somebody else's text, passed on."""
        return self.content_type == "repost"
