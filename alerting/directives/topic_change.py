"""A change of what is tracked, made over the API: kept with whoever made it, also after the topic is gone."""

from datetime import datetime

import msgspec

from streams.topic import Topic


class TopicChange(msgspec.Struct, frozen=True, omit_defaults=True, tag="topic_change"):
    """One change of one topic.

    Attributes:
        id: The topic with the revision it came to.
        became: The topic from then on; None where it was removed.
        ends_at: It mutes nobody: over as soon as it is there.
    """

    id: str
    topic: str
    author: str
    created_at: datetime
    ends_at: datetime
    became: Topic | None = None
    revision: int = 1
