"""What OpenAPI cannot see by itself: keys are asked for at the gate, and refusals have one shape."""

from typing import Any, Final

from fastapi import FastAPI

from alerting.api.gate import OPEN
from alerting.api.idempotency import LONGEST_KEY
from alerting.api.problems import ProblemDetails

_KEYS: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key of the configuration."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key, another header."},
}
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "New for each intention, the same when it is sent again: done once, answered the same for a day.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}
_RATE_LIMIT: Final = {
    "RateLimit-Policy": {"description": "Requests of one key in a minute.", "schema": {"type": "string"}},
    "RateLimit": {"description": "What is left, and when all of it is back.", "schema": {"type": "string"}},
}


def describe(app: FastAPI) -> None:
    """Add the keys, the problem document and what surrounds every call to `app`'s OpenAPI description."""
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
        for path, operations in schema["paths"].items():
            if path.startswith("/api/"):
                _describe_calls(operations)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending it


def _describe_calls(operations: dict[str, Any]) -> None:
    for method, operation in operations.items():
        if method == "post" and _IDEMPOTENCY_KEY not in operation.setdefault("parameters", []):
            operation["parameters"].append(_IDEMPOTENCY_KEY)
        for answer in operation["responses"].values():
            answer.setdefault("headers", {}).update(_RATE_LIMIT)
