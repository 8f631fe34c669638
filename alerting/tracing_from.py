"""Who gathers spans, as the configuration says."""

from alerting.tracing_settings import TracingSettings
from streams.tracing import NO_TRACING, Tracing


def tracing_from(settings: TracingSettings, role: str) -> Tracing:
    """Nobody without an endpoint; nothing of OpenTelemetry is imported then.

    Raises:
        InvalidConfig: It is not installed.
    """
    if settings.endpoint is None:
        return NO_TRACING
    from streams.otel_tracing import OtelTracing  # noqa: PLC0415

    return OtelTracing(role, share=settings.share, endpoint=str(settings.endpoint))
