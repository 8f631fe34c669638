"""Traces by OpenTelemetry, where it is installed and switched on. Nothing of it is imported before."""

from typing import TYPE_CHECKING, Any

from streams.errors import InvalidConfig
from streams.tracing import TRACEPARENT, Span

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_MISSING = "tracing: OpenTelemetry is not installed; `pip install 'tocsin[otel]'` installs it"


class OtelTracing:
    """Spans of one process, sent to a collector.

    Args:
        role: Which process it is: part of the service's name.
        share: Of the traces that begin here, so many are gathered, (0, 1]; what another process began is gathered as
            that one decided.
        endpoint: Where OTLP over HTTP is taken, without the path.
        exporter: Where spans go instead; for tests.

    Raises:
        InvalidConfig: OpenTelemetry is not installed.
    """

    enabled = True

    def __init__(self, role: str, *, share: float, endpoint: str = "", exporter: "SpanExporter | None" = None) -> None:
        try:
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
            from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor  # noqa: PLC0415
            from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415
        except ImportError as exc:
            raise InvalidConfig((_MISSING,)) from exc
        self._context = TraceContextTextMapPropagator()
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": f"tocsin-{role}"}),
            sampler=ParentBased(TraceIdRatioBased(share)),
            shutdown_on_exit=False,
        )
        if exporter is None:
            self._provider.add_span_processor(BatchSpanProcessor(_exporter(endpoint)))
        else:
            self._provider.add_span_processor(SimpleSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("tocsin")

    def begin(self, name: str, parent: str = "", **attributes: str | float) -> Span:
        """A span that begins now."""
        context = self._context.extract({TRACEPARENT: parent}) if parent else None
        return _OtelSpan(self._tracer.start_span(name, context, attributes=attributes), self._context)

    def close(self) -> None:
        """Send off what is gathered, at most for a few seconds."""
        self._provider.force_flush(3_000)
        self._provider.shutdown()


def _exporter(endpoint: str) -> "SpanExporter":
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    except ImportError as exc:
        raise InvalidConfig((_MISSING,)) from exc
    return OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=3)


class _OtelSpan:
    def __init__(self, span: Any, context: Any) -> None:
        self._span, self._context = span, context

    @property
    def traceparent(self) -> str:
        from opentelemetry.trace import set_span_in_context  # noqa: PLC0415

        carrier: dict[str, str] = {}
        self._context.inject(carrier, set_span_in_context(self._span))
        return carrier.get(TRACEPARENT, "")

    def end(self, **attributes: str | float) -> None:
        for name, value in attributes.items():
            self._span.set_attribute(name, value)
        self._span.end()
