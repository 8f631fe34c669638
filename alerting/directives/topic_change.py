"""A change of what is tracked, made over the API: kept with whoever made it, also after the topic is gone."""

from datetime import datetime

import msgspec

from streams.topic import Topic


class TopicChange(msgspec.Struct, frozen=True, omit_defaults=True, tag="topic_change"):
    """One change of one topic: written down before it is tried, and settled when it is known what came of it.

    Attributes:
        became: What the topic is to be from then on; None where it is to be removed.
        ends_at: It mutes nobody: over as soon as it is there.
        settled: It is known what came of it.
    """

    id: str
    topic: str
    author: str
    created_at: datetime
    ends_at: datetime
    became: Topic | None = None
    revision: int = 1
    settled: bool = True
