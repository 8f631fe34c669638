"""A topic is the subject somebody wants to be told about; Kafka's is always `kafka_topic`."""

from datetime import datetime
from enum import StrEnum

import msgspec

from streams.feedback import Feedback


class Topic(msgspec.Struct, frozen=True, omit_defaults=True):
    """The definition of one tracked subject.

    Attributes:
        id: Short name, unique, `[a-z0-9][a-z0-9._-]{0,63}`; the Kafka key of everything about the topic.
        name: What people read.
        query: Which mentions belong to it, in the language of `streams.query`.
        revision: Grows with every change of the definition; every partial count carries it. Of what was declared in
            Kafka it is the moment of the change, milliseconds since 1970, or later.
        owner: The department that can fix the cause; None is shown as "unowned".
        pages_per_week: False pages a week that its owner accepts, > 0.
        share: What part of that it gets because its receivers accept no more, (0, 1], see `streams.shares`.
        collecting_since: From when on the sources deliver this topic in full; None means from its first mention.
        caution: What the topic's odds are multiplied with, after what people said of its pages; follows from its
            feedback, see `streams.feedback`.
        members: Ids of the topics of a peer group, which this one watches together; its mentions are theirs, and its
            query is empty. Empty for every other topic.
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
    caution: float = 1.0
    share: float = 1.0
    members: tuple[str, ...] = ()

    @property
    def budget(self) -> float:
        """False pages a week that are in force."""
        return self.pages_per_week * self.share


class Origin(StrEnum):
    """Who may change a topic."""

    FILE = "file"
    API = "api"


class Declared(msgspec.Struct, frozen=True, omit_defaults=True):
    """A topic as it stands in the Kafka topic of topics.

    Attributes:
        origin: The configuration file or the API: who declared it is the only one to change or remove it.
        changed_by: The name of the key, or the file's.
        feedback: What people said of its pages, oldest first; `topic.caution` follows from it.
    """

    topic: Topic
    origin: Origin
    changed_at: datetime
    changed_by: str
    feedback: tuple[Feedback, ...] = ()
