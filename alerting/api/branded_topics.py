"""The declared topics as those see them for whom this task works."""

from collections.abc import Mapping

from alerting.api.declared_topics import DeclaresTopics
from alerting.brand_scope import scope_now
from alerting.errors import OutOfScope
from alerting.incidents.kinship import Kinship
from streams.errors import TopicRefused, UnknownTopic
from streams.topic import Declared
from streams.topic_settings import TopicSettings


class BrandedTopics:
    """Topics of other brands are not there; one of theirs stays one of theirs. Implements `DeclaresTopics`."""

    def __init__(self, topics: DeclaresTopics) -> None:
        self._topics = topics

    @property
    def declared(self) -> Mapping[str, Declared]:
        """Every topic of theirs, by id."""
        scope, declared = scope_now(), self._topics.declared
        if not scope.is_limited:
            return declared
        kinship = Kinship({name: known.topic for name, known in declared.items()})
        return {name: known for name, known in declared.items() if scope.sees(kinship.brand(name))}

    async def put(self, topic: TopicSettings, *, by: str, expected: int | None, absent: bool = False) -> Declared:
        """Declare a topic.

        Raises:
            OutOfScope: It would belong to another brand, or stand below a topic of another one.
            TopicRefused: The id is taken.
        """
        scope = scope_now()
        if scope.is_limited:
            mine = self.declared
            if topic.id in self._topics.declared and topic.id not in mine:
                raise TopicRefused(f"the id {topic.id!r} is taken")
            if not scope.sees(topic.brand):
                raise OutOfScope(f"a topic needs one of the brands that you see: {scope}")
            if topic.parent is not None and topic.parent not in mine:
                raise OutOfScope(f"there is no topic {topic.parent!r} to stand below")
        return await self._topics.put(topic, by=by, expected=expected, absent=absent)

    async def remove(self, topic_id: str, *, by: str, expected: int | None) -> None:
        """Remove a topic.

        Raises:
            UnknownTopic: There is none, or it is none of theirs.
        """
        if scope_now().is_limited and topic_id not in self.declared:
            raise UnknownTopic(f"there is no topic {topic_id!r}")
        await self._topics.remove(topic_id, by=by, expected=expected)
