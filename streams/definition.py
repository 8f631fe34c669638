"""What scoring tells the detect stage of a topic: it travels among the partial counts."""

import msgspec


class Definition(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What the detect stage has to know of one topic; stands in the partials before the first count under its revision.

    The highest revision holds, in whatever order they come.

    Attributes:
        subject: The same for the same query; where it changes, what was learned is about something else.
        pages_per_week: False pages a week that the topic's owner accepts.
        collecting_since: From when on the sources deliver the topic in full, seconds since 1970; None is unknown.
        brand: Topics of the same brand learn of one another; None learns of all.
        removed: From here on nobody watches the topic.
        caution: What its odds are multiplied with, see `Topic`.
        own_words: The words of its query, its name and its brand: they tell nothing. A `*` ends a beginning.
        members: The topics that a peer group watches together; empty for every other topic.
    """

    topic: str
    revision: int
    subject: str = ""
    pages_per_week: float = 0.25
    collecting_since: float | None = None
    removed: bool = False
    caution: float = 1.0
    own_words: tuple[str, ...] = ()
    brand: str | None = None
    members: tuple[str, ...] = ()
