"""A topic is the subject somebody wants to be told about; Kafka's is always `kafka_topic`."""

from datetime import datetime

import msgspec


class Topic(msgspec.Struct, frozen=True, omit_defaults=True):
    """The definition of one tracked subject.

    Attributes:
        id: Short name, unique, `[a-z0-9][a-z0-9._-]{0,63}`; the Kafka key of everything about the topic.
        name: What people read.
        query: Which mentions belong to it, in the language of `streams.query`.
        revision: Grows with every change of the definition; every partial count carries it.
        owner: The department that can fix the cause; None is shown as "unowned".
        pages_per_week: False pages a week that its owner accepts, > 0.
        collecting_since: From when on the sources deliver this topic in full; None means from its first mention.
    """

    id: str
    name: str
    query: str
    revision: int = 1
    brand: str | None = None
    parent: str | None = None
    owner: str | None = None
    pages_per_week: float = 0.25
    collecting_since: datetime | None = None
