"""What people say of pages, over HTTP: list, add, withdraw."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from alerting.api.declared_topics import TopicPath
from alerting.api.etags import IfMatch, etag, revision_of
from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS, Problem, unavailable
from alerting.api.utc_time import UtcTime
from alerting.feedback_desk import NOTE_CHARACTERS, effect
from streams.errors import TopicRefused, UnknownTopic
from streams.feedback import Verdict
from streams.topic import Declared

FeedbackPath = Annotated[str, Path(max_length=100, description="The verdict's id.")]


class TakesFeedback(Protocol):
    """Where verdicts go."""

    def of(self, topic: str) -> Declared:
        """The topic with its verdicts."""
        ...

    async def false_alarm(self, incident_id: str, *, by: str, note: str = "", topic: str | None = None) -> Declared:
        """The incident was none."""
        ...

    async def missed(
        self, topic: str, start: AwareDatetime, end: AwareDatetime, *, by: str, note: str = ""
    ) -> Declared:
        """Nobody was paged although something happened."""
        ...

    async def withdraw(
        self, topic: str, feedback_id: str, *, by: str, expected_revision: int | None = None
    ) -> Declared:
        """A verdict does not count any more."""
        ...


class FeedbackBody(BaseModel):
    """A verdict: a false alarm names its incident, what was missed says from when to when."""

    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    incident: Annotated[str, Field(max_length=100)] | None = None
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    note: Annotated[str, Field(max_length=NOTE_CHARACTERS)] = ""

    @model_validator(mode="after")
    def _complete(self) -> "FeedbackBody":
        if self.verdict is Verdict.FALSE_ALARM and (self.incident is None or self.start or self.end):
            raise ValueError("a false alarm names its incident, and nothing else")
        if self.verdict is Verdict.MISSED and (self.start is None or self.end is None or self.incident is not None):
            raise ValueError("what was missed has a start and an end, and no incident")
        return self


class FeedbackItem(BaseModel):
    """One verdict that counts."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    verdict: Verdict
    at: UtcTime
    by: str
    incident: str | None
    start: UtcTime | None
    end: UtcTime | None
    note: str


class FeedbackAnswer(BaseModel):
    """The verdicts on a topic, oldest first, and what follows: `caution` multiplies its odds, in [1/4, 4]."""

    topic: str
    revision: int
    caution: float
    effect: str
    feedback: tuple[FeedbackItem, ...]


def feedback_router(desk: TakesFeedback | None) -> APIRouter:
    """`/api/v1/topics/{topic}/feedback`; without `desk` nothing is taken in."""
    router = APIRouter(prefix="/api/v1/topics/{topic}/feedback", tags=["feedback"], responses=REFUSALS)

    def known() -> TakesFeedback:
        if desk is None:
            raise unavailable("topics-elsewhere", "Topics are not declared here.")
        return desk

    @router.get("")
    async def list_feedback(topic: TopicPath, response: Response) -> FeedbackAnswer:
        """What people said of the topic's pages, and what that does to its odds. The ETag is the topic's revision."""
        try:
            return _answer(known().of(topic), response)
        except UnknownTopic as exc:
            raise _unknown(exc) from exc

    @router.post("", status_code=201)
    async def add_feedback(
        topic: TopicPath, body: FeedbackBody, request: Request, response: Response
    ) -> FeedbackAnswer:
        """Say that an incident was a false alarm, or that something was missed. It counts within seconds.

        Again changes nothing. It can be withdrawn, and every verdict is in the audit trail.
        """
        by = caller_of(request).name
        try:
            if body.incident is not None:
                declared = await known().false_alarm(body.incident, by=by, note=body.note, topic=topic)
            else:
                assert body.start is not None and body.end is not None  # noqa: PT018, S101  # the body is complete
                declared = await known().missed(topic, body.start, body.end, by=by, note=body.note)
        except UnknownTopic as exc:
            raise _unknown(exc) from exc
        except TopicRefused as exc:
            raise Problem(409, "topic-refused", _sentence(exc)) from exc
        return _answer(declared, response)

    @router.delete("/{feedback}")
    async def withdraw_feedback(
        topic: TopicPath, feedback: FeedbackPath, request: Request, response: Response, if_match: IfMatch = None
    ) -> FeedbackAnswer:
        """Withdraw a verdict: the topic's odds are as if it had never been said. Again changes nothing."""
        by, expected = caller_of(request).name, revision_of(if_match)
        try:
            return _answer(await known().withdraw(topic, feedback, by=by, expected_revision=expected), response)
        except UnknownTopic as exc:
            raise _unknown(exc) from exc

    return router


def _unknown(error: UnknownTopic) -> Problem:
    return Problem(404, "unknown-topic", _sentence(error))


def _sentence(error: Exception) -> str:
    return f"{str(error)[0].upper()}{str(error)[1:]}."


def _answer(declared: Declared, response: Response) -> FeedbackAnswer:
    response.headers["ETag"] = etag(declared.topic.revision)
    return FeedbackAnswer(
        topic=declared.topic.id,
        revision=declared.topic.revision,
        caution=declared.topic.caution,
        effect=effect(declared.topic.caution),
        feedback=tuple(FeedbackItem.model_validate(one) for one in declared.feedback),
    )
