"""Is it alive, is it ready, and what does it count: answered without a key."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.exposition import choose_encoder
from starlette.responses import JSONResponse, Response

from alerting.api.health_responses import ComponentAnswer, ReadinessAnswer
from alerting.errors import DatabaseUnavailable
from alerting.incidents.store import Store

PROBE_SECONDS: Final = 2.0
_END: Final = b"# EOF\n"

log = structlog.get_logger(__name__)


class Condition(StrEnum):
    """How a part stands: `degraded` still answers people, `down` does not."""

    READY = "ready"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Component:
    """A part's condition, with a few words for people."""

    condition: Condition
    detail: str = ""


Probe = Callable[[], Awaitable[Component]]


def database_probe(store: Store) -> Probe:
    """Down while the database does not answer."""

    async def probe() -> Component:
        try:
            await store.healthy()
        except DatabaseUnavailable as exc:
            log.warning("ready.database_down", reason=str(exc))
            return Component(Condition.DOWN, "the database does not answer")  # where it is, nobody without a key learns
        return Component(Condition.READY)

    return probe


def health_router(
    probes: Mapping[str, Probe], registries: Sequence[CollectorRegistry], *, probe_seconds: float = PROBE_SECONDS
) -> APIRouter:
    """`/-/healthy`, `/-/ready` and `/metrics`. A probe without an answer after `probe_seconds` is down."""
    router = APIRouter(tags=["health"])

    @router.get("/-/healthy")
    async def healthy() -> dict[str, str]:
        """The process answers."""
        return {"status": "healthy"}

    @router.get("/-/ready", response_model=ReadinessAnswer, responses={503: {"model": ReadinessAnswer}})
    async def ready() -> Response:
        """May traffic and hopes rest on this process?"""
        components = {name: await _ask(name, probe, probe_seconds) for name, probe in probes.items()}
        worst = _worst(components.values())
        answer = ReadinessAnswer(
            status=worst,
            components={
                name: ComponentAnswer(condition=component.condition, detail=component.detail)
                for name, component in components.items()
            },
        )
        return JSONResponse(answer.model_dump(mode="json"), 503 if worst is Condition.DOWN else 200)

    @router.get("/metrics", response_class=Response)
    async def metrics(request: Request) -> Response:
        """Everything this process counts, in Prometheus' text format; as OpenMetrics, with exemplars, where asked.

        An exemplar names the incident that a message or a call was about.
        """
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        if "openmetrics" not in content_type:
            return Response(
                b"".join(generate_latest(registry) for registry in registries), media_type=CONTENT_TYPE_LATEST
            )
        parts = [encode(registry).removesuffix(_END) for registry in registries]
        return Response(b"".join([*parts, _END]), media_type=content_type)

    return router


async def _ask(name: str, probe: Probe, seconds: float) -> Component:
    try:
        async with asyncio.timeout(seconds):
            return await probe()
    except TimeoutError:
        return Component(Condition.DOWN, f"no answer within {seconds:g} s")
    except Exception:
        log.exception("api.probe_failed", component=name)
        return Component(Condition.DOWN, "the probe failed; see the log")


def _worst(components: Iterable[Component]) -> Condition:
    found = {component.condition for component in components}
    return next(
        (condition for condition in (Condition.DOWN, Condition.DEGRADED) if condition in found), Condition.READY
    )
