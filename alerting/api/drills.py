"""Tests of the way to a receiver over HTTP: ask for one, see how far it came."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS
from alerting.api.utc_time import UtcTime
from alerting.directives.drill import Drill
from alerting.incidents.delivery import Delivery, DeliveryState


class Drilling(Protocol):
    """Tests the ways to receivers."""

    async def begin(self, receiver: str, *, by: str) -> Drill:
        """A test of every notifier of the receiver. Raises `DirectiveRefused`."""
        ...

    async def all(self) -> tuple[Drill, ...]:
        """Newest first."""
        ...

    async def get(self, drill_id: str) -> Drill:
        """One drill. Raises `UnknownDirective`."""
        ...

    async def deliveries(self, drill_id: str) -> tuple[Delivery, ...]:
        """Its messages."""
        ...


class DrillBody(BaseModel):
    """Whose notifiers are tested."""

    model_config = ConfigDict(extra="forbid")

    receiver: Annotated[str, Field(min_length=1, max_length=100)]


class HopAnswer(BaseModel):
    """How long after it was accepted a message had come so far, in its last attempt."""

    hop: str
    milliseconds: float


class DrilledAnswer(BaseModel):
    """One message of a drill. While it is pending, `next_attempt_at` says when it is tried."""

    notifier: str
    destination: str
    state: DeliveryState
    attempts: int
    reason: str | None
    next_attempt_at: UtcTime | None
    hops: tuple[HopAnswer, ...]

    @classmethod
    def of(cls, sent: Delivery) -> "DrilledAnswer":
        """The message as it stands."""

        def since(at: datetime) -> float:
            return round((at - sent.created_at).total_seconds() * 1000, 1)

        return cls(
            notifier=sent.notifier,
            destination=sent.detail,
            state=sent.state,
            attempts=sent.attempts,
            reason=sent.reason,
            next_attempt_at=sent.next_attempt_at if sent.state is DeliveryState.PENDING else None,
            hops=(
                HopAnswer(hop="accepted", milliseconds=0.0),
                *(HopAnswer(hop=hop.name, milliseconds=since(hop.at)) for hop in sent.hops),
            ),
        )


class DrillAnswer(BaseModel):
    """A drill. It is `over` when each of its messages was taken or refused."""

    id: str
    receiver: str
    by: str
    at: UtcTime
    over: bool
    messages: tuple[DrilledAnswer, ...]

    @classmethod
    def of(cls, drill: Drill, sent: tuple[Delivery, ...]) -> "DrillAnswer":
        """The drill as it stands."""
        return cls(
            id=drill.id,
            receiver=drill.receiver,
            by=drill.author,
            at=drill.created_at,
            over=all(one.state is not DeliveryState.PENDING for one in sent),
            messages=tuple(DrilledAnswer.of(one) for one in sent),
        )


class DrillList(BaseModel):
    """Drills, newest first."""

    drills: tuple[DrillAnswer, ...]


def drills_routers(drills: Drilling | None) -> Iterator[APIRouter]:
    """`/api/v1/drills` and what lies below; none where nothing tests the ways."""
    if drills is None:
        return
    router = APIRouter(prefix="/api/v1/drills", tags=["drills"], responses=REFUSALS)

    @router.get("")
    async def list_drills() -> DrillList:
        """The newest hundred drills, newest first."""
        return DrillList(
            drills=tuple([DrillAnswer.of(one, await drills.deliveries(one.id)) for one in await drills.all()])
        )

    @router.post("", status_code=202)
    async def begin_drill(body: DrillBody, request: Request, response: Response) -> DrillAnswer:
        """Send a test page, marked as one, over every notifier of a receiver, on the way that every page takes.

        It stands in the outbox when this is answered. Budgets and quiet hours do not hold it back; it is given up after
        ten minutes.
        """
        drill = await drills.begin(body.receiver, by=caller_of(request).name)
        response.headers["Location"] = f"/api/v1/drills/{drill.id}"
        return DrillAnswer.of(drill, await drills.deliveries(drill.id))

    @router.get("/{drill_id}")
    async def show_drill(drill_id: str) -> DrillAnswer:
        """How far each message of a drill came, and how long after it was accepted."""
        return DrillAnswer.of(await drills.get(drill_id), await drills.deliveries(drill_id))

    yield router
