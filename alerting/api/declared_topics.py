"""Topics declared over HTTP: read one, declare one, remove one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Header, Path, Request
from pydantic import Field
from starlette.responses import Response

from alerting.api.etags import IfMatch, etag, revision_of
from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS, Problem, unavailable
from alerting.api.responses import DeclaredTopicAnswer
from streams.errors import InvalidQuery, TopicChanged, TopicRefused, UnknownTopic
from streams.topic import Declared
from streams.topic_settings import TopicSettings

_ID_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,63}$"

TopicPath = Annotated[str, Path(pattern=_ID_PATTERN, description="The topic's id.")]
IfNoneMatch = Annotated[str | None, Header(description="`*`: only if there is no such topic yet.")]


class DeclaresTopics(Protocol):
    """What is declared, and the way to change it."""

    @property
    def declared(self) -> Mapping[str, Declared]:
        """Every topic by id, as this process knows it."""
        ...

    async def put(self, topic: TopicSettings, *, by: str, expected: int | None, absent: bool = False) -> Declared:
        """Declare a topic."""
        ...

    async def remove(self, topic_id: str, *, by: str, expected: int | None) -> None:
        """Remove a topic."""
        ...


class TopicBody(TopicSettings):
    """A topic without its id, which stands in the path."""

    id: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9._-]{0,63})?$")] = ""


def declared_topics_router(topics: DeclaresTopics | None) -> APIRouter:
    """`/api/v1/topics/{topic}`; without `topics` nothing is declared over HTTP."""
    router = APIRouter(prefix="/api/v1/topics", tags=["topics"], responses=REFUSALS)

    def known() -> DeclaresTopics:
        if topics is None:
            raise unavailable("topics-elsewhere", "Topics are not declared here.")
        return topics

    @router.get("/{topic}")
    async def show_topic(topic: TopicPath, response: Response) -> DeclaredTopicAnswer:
        """A topic as it is declared. The ETag is its revision."""
        declared = known().declared.get(topic)
        if declared is None:
            raise Problem(404, "unknown-topic", f"There is no topic {topic!r}.")
        response.headers["ETag"] = etag(declared.topic.revision)
        return _answer(declared)

    @router.put("/{topic}")
    async def put_topic(
        topic: TopicPath,
        body: TopicBody,
        request: Request,
        response: Response,
        if_match: IfMatch = None,
        if_none_match: IfNoneMatch = None,
    ) -> DeclaredTopicAnswer:
        """Declare a topic, new or changed; it counts within seconds. A changed query begins to learn afresh.

        Topics of the configuration file are changed there. The same again changes nothing and is 200 again.
        """
        if body.id not in {"", topic}:
            raise Problem(422, "invalid-request", f"The id is {topic!r} in the path and {body.id!r} in the body.")
        wanted = TopicSettings.model_validate({**body.model_dump(), "id": topic})
        try:
            declared = await known().put(
                wanted,
                by=caller_of(request).name,
                expected=revision_of(if_match),
                absent=(if_none_match or "").strip() == "*",
            )
        except InvalidQuery as exc:
            raise Problem(422, "invalid-query", f"query: {exc}", extensions={"column": exc.column}) from exc
        except (TopicChanged, TopicRefused) as exc:
            raise _refusal(exc) from exc
        response.headers["ETag"] = etag(declared.topic.revision)
        return _answer(declared)

    @router.delete("/{topic}", status_code=204)
    async def delete_topic(topic: TopicPath, request: Request, if_match: IfMatch = None) -> None:
        """Track it no more; what was counted stays in the history. Topics of the configuration file end there."""
        try:
            await known().remove(topic, by=caller_of(request).name, expected=revision_of(if_match))
        except UnknownTopic as exc:
            raise Problem(404, "unknown-topic", f"There is no topic {topic!r}.") from exc
        except (TopicChanged, TopicRefused) as exc:
            raise _refusal(exc) from exc

    return router


def _refusal(error: TopicChanged | TopicRefused) -> Problem:
    detail = f"{str(error)[0].upper()}{str(error)[1:]}."
    return Problem(412, "stale", detail) if isinstance(error, TopicChanged) else Problem(409, "topic-refused", detail)


def _answer(declared: Declared) -> DeclaredTopicAnswer:
    topic = declared.topic
    changed: datetime = declared.changed_at
    return DeclaredTopicAnswer(
        id=topic.id,
        name=topic.name,
        query=topic.query,
        members=topic.members,
        brand=topic.brand,
        parent=topic.parent,
        owner=topic.owner,
        pages_per_week=topic.pages_per_week,
        caution=topic.caution,
        pages_per_week_in_force=topic.budget,
        collecting_since=topic.collecting_since,
        revision=topic.revision,
        origin=declared.origin.value,
        changed_at=changed,
        changed_by=declared.changed_by,
    )
