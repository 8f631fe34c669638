"""A collector of traces, on loopback: takes OTLP over HTTP as an OpenTelemetry collector does."""

from typing import NamedTuple

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from alerting.fakes.script import Script
from alerting.fakes.server import LoopbackServer, OnLoopback
from streams.clock import Clock

_PROTOBUF = "application/x-protobuf"


class Gathered(NamedTuple):
    """A span as it was sent; ids are hexadecimal, `parent` is empty where a trace begins."""

    service: str
    name: str
    trace: str
    span: str
    parent: str
    attributes: dict[str, str]


class Collector(OnLoopback):
    """Keeps every span that was sent, in the order of arrival."""

    def __init__(self, clock: Clock) -> None:
        self.spans: list[Gathered] = []
        self._server = LoopbackServer(
            {"/v1/traces": self._take},
            name_of=lambda _: "traces",
            refuse=lambda status, error: web.Response(status=status, text=error),
            clock=clock,
            script=Script(),
        )

    @property
    def url(self) -> str:
        """The endpoint to be configured."""
        return self._server.url

    async def _take(self, request: web.Request) -> web.Response:
        assert request.content_type == _PROTOBUF
        sent = ExportTraceServiceRequest.FromString(await request.read())
        for resource in sent.resource_spans:
            self.spans += _gathered(resource)
        return web.Response(body=ExportTraceServiceResponse().SerializeToString(), content_type=_PROTOBUF)


def _gathered(resource: ResourceSpans) -> list[Gathered]:
    named = {one.key: one.value.string_value for one in resource.resource.attributes}
    return [
        Gathered(
            named["service.name"],
            span.name,
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            {one.key: one.value.string_value for one in span.attributes},
        )
        for scope in resource.scope_spans
        for span in scope.spans
    ]
