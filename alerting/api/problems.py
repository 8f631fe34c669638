"""Every refusal is a problem document (RFC 9457): what is wrong, for the caller; never a stack trace."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from alerting.api.arrival import BodyRefused
from alerting.errors import (
    DatabaseUnavailable,
    DirectiveRefused,
    OutOfScope,
    SilenceTooWide,
    Stale,
    TransitionRefused,
    UnknownDirective,
    UnknownIncident,
)
from streams.errors import BrokerUnavailable, RecordTooLarge, UnknownLetter

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 5

log = structlog.get_logger(__name__)


class ProblemDetails(BaseModel):
    """A refusal: RFC 9457, with the request's id as it stands in the log."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:tocsin:problem:unknown-incident"])
    title: str
    status: int
    detail: str
    request_id: str | None = None


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    code: {
        "description": "A problem document",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
    for code in (401, 422, "default")
}


class Problem(Exception):
    """The request is refused.

    Args:
        status: The HTTP status.
        name: Stable and short, the end of the problem's type: `unknown-incident`.
        detail: One sentence: what is wrong, with which value, and what would be right.
        headers: Further response headers.
        extensions: Further members of the document.
    """

    def __init__(
        self,
        status: int,
        name: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.name = name
        self.detail = detail
        self.headers = dict(headers or {})
        self.extensions = dict(extensions or {})

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase

    def response(self, request_id: str | None) -> Response:
        """The document."""
        body = {
            "type": f"urn:tocsin:problem:{self.name}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
            **self.extensions,
        }
        return JSONResponse(body, self.status, self.headers, MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """The refusal that tells the caller what to do about `error`; what is nobody's fault but ours says only that."""
    if isinstance(error, Problem):
        return error
    for kind, refuse in _REFUSE.items():
        if isinstance(error, kind):
            return refuse(error)
    return Problem(500, "internal", "Something went wrong here; the log has it under this request id.")


def unavailable(name: str, detail: str, *, retry_seconds: int = RETRY_SECONDS) -> Problem:
    """A 503 that says when to come back."""
    return Problem(503, name, detail, headers={"Retry-After": str(retry_seconds)})


ForPeople = Callable[[Request, Problem], Response | None]


def install(app: FastAPI, *, for_people: ForPeople = lambda _request, _problem: None) -> None:
    """Make every refusal of `app`'s routes a problem document.

    Args:
        for_people: A page instead, where a person asked; None where a program did.
    """

    async def answer(request: Request, error: Exception) -> Response:
        refusal = problem_of(error)
        return for_people(request, refusal) or refusal.response(request.scope.get("tocsin.request_id"))

    kinds: tuple[type[Exception], ...] = (Problem, *_REFUSE)
    for kind in kinds:
        app.add_exception_handler(kind, answer)


def _invalid(error: Exception) -> Problem:
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    for item in found:
        if item["type"] == "json_invalid":
            reason = item.get("ctx", {}).get("error", item["msg"])
            return Problem(400, "not-json", f"The body is not JSON: {reason}.")
    errors = [{"field": ".".join(str(part) for part in item["loc"]), "message": _reworded(item)} for item in found[:50]]
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in errors[:5])
    return Problem(422, "invalid-request", detail, extensions={"errors": errors})


def _reworded(item: Mapping[str, Any]) -> str:
    """What pydantic says, without its words for Python's types."""
    kind, context = item["type"], item.get("ctx", {})
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return "Input should be a valid object"
    if kind in {"tuple_type", "list_type", "frozen_set_type"}:
        return "Input should be a valid array"
    if kind == "too_short":
        return f"Array should have at least {context['min_length']} {_items(context['min_length'])}"
    if kind == "too_long":
        return f"Array should have at most {context['max_length']} {_items(context['max_length'])}"
    text = str(item["msg"]).removeprefix("Value error, ")
    return f"{text[:1].upper()}{text[1:]}"


def _items(number: int) -> str:
    return "item" if number == 1 else "items"


def _http(error: Exception) -> Problem:
    status = error.status_code if isinstance(error, HTTPException) else 500
    phrase = HTTPStatus(status).phrase
    headers = error.headers if isinstance(error, HTTPException) else None
    return Problem(status, phrase.lower().replace(" ", "-"), f"{phrase}.", headers=headers)


def _not_read(error: BodyRefused) -> Problem:
    return Problem(error.status, error.name, error.detail, headers=error.headers)


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


_REFUSE: Final[dict[type[Exception], Callable[[Exception], Problem]]] = {
    UnknownIncident: lambda error: Problem(404, "unknown-incident", str(error)),
    UnknownDirective: lambda error: Problem(404, "unknown-directive", _sentence(error)),
    UnknownLetter: lambda error: Problem(404, "unknown-letter", _sentence(error)),
    SilenceTooWide: lambda error: Problem(409, "silence-too-wide", _sentence(error)),
    DirectiveRefused: lambda error: Problem(422, "directive-refused", _sentence(error)),
    OutOfScope: lambda error: Problem(403, "brands", f"{str(error)[:1].upper()}{str(error)[1:]}."),
    TransitionRefused: lambda error: Problem(409, "transition-refused", str(error)),
    Stale: lambda error: Problem(412, "stale", f"{error}; read it again"),
    DatabaseUnavailable: lambda _: unavailable(
        "database-unavailable", "The database does not answer; nothing was changed."
    ),
    BrokerUnavailable: lambda _: unavailable(
        "broker-unavailable", "Kafka does not answer; send the same request again later."
    ),
    RecordTooLarge: lambda error: Problem(413, "mention-too-large", f"Kafka refuses a mention for its size: {error}"),
    RequestValidationError: _invalid,
    BodyRefused: lambda error: _not_read(cast("BodyRefused", error)),
    HTTPException: _http,
}
