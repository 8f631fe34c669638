"""An answer that a brand gave in public, as it travels from the score stage to alerting."""

from typing import Annotated

import msgspec

from streams.mention import Timestamp


class PublicReply(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A mention by the brand itself that answers others, whether or not any topic matches it. May come twice.

    Attributes:
        mention: The key of the answer itself.
        answers: Keys of what it answers: its parent, and the root of its thread; at least one.
        at: When it was said.
    """

    mention: str
    answers: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    at: Timestamp
