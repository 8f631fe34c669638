"""What can be set about traces."""

from typing import Annotated

from pydantic import Field, HttpUrl

from streams.section import Section


class TracingSettings(Section):
    """Traces by OpenTelemetry, from a mention to its page. Needs the extra `otel`; off without an endpoint.

    Attributes:
        endpoint: Where OTLP over HTTP is taken, without its path: `http://localhost:4318`.
        share: Of the traces that begin here, so many are gathered. What begins with a `traceparent` in the headers of a
            mention is gathered as that says.
    """

    endpoint: HttpUrl | None = None
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
