"""Answers that come as JSON or as Markdown, as the caller prefers."""

from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

MEDIA_TYPE: Final = "text/markdown"
EITHER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}, "headers": {"Vary": {"schema": {"type": "string"}}}}
}


def wants_markdown(request: Request) -> bool:
    """Whether `Accept` prefers Markdown over JSON; what names neither gets JSON.

    Source:
        https://www.rfc-editor.org/rfc/rfc9110#name-accept
    """
    weights: dict[str, float] = {}
    for part in request.headers.get("accept", "").split(","):
        kind, weight = _weighed(part)
        weights[kind] = max(weights.get(kind, 0.0), weight)
    wanted = weights.get(MEDIA_TYPE, 0.0)
    named = max(weights.get("application/json", 0.0), weights.get("application/*", 0.0))
    return wanted > named and wanted >= weights.get("*/*", 0.0)


def markdown(document: str, name: str) -> Response:
    """The document, to be looked at or kept under this name.

    Args:
        name: Of our own making.
    """
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Vary": "Accept"}
    return Response(document.encode("utf-8", "replace"), media_type=MEDIA_TYPE, headers=headers)


def _weighed(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return kind, min(max(float(value), 0.0), 1.0)
            except ValueError:
                return kind, 0.0
    return kind, 1.0
