"""What OpenAPI cannot see by itself: keys are asked for at the gate, and refusals have one shape."""

from typing import Any, Final

from fastapi import FastAPI

from alerting.api.gate import OPEN
from alerting.api.problems import ProblemDetails

_KEYS: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key of the configuration."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key, another header."},
}


def describe(app: FastAPI) -> None:
    """Add the keys and the problem document to `app`'s OpenAPI description."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        schema = original()
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {}).setdefault("ProblemDetails", ProblemDetails.model_json_schema())
        components["securitySchemes"] = _KEYS
        schema["security"] = [{name: []} for name in _KEYS]
        for path in OPEN & schema["paths"].keys():
            for operation in schema["paths"][path].values():
                operation["security"] = []
        return schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending it
