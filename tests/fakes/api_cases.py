"""Calls made up from the API's own description, and whether what is answered is what it promises."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fakes.asgi_client import Answer

_Case = schemathesis.Case[Any]
_HOST: Final = "http://tocsin"
_KEYS: Final = ("Authorization", "X-API-Key")  # made up, they would only ever be refused
_CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


class ApiCase:
    """One call that was made up.

    Attributes:
        method: As it is sent.
        target: Path and query.
        operation: Method and path as the description names them.
    """

    def __init__(self, case: _Case) -> None:
        self._case = case
        wanted = case.as_transport_kwargs(base_url=_HOST)
        fields = ("method", "url", "headers", "params", "data", "json", "files", "cookies")
        self._request = requests.Request(**{name: wanted[name] for name in fields if name in wanted}).prepare()
        for name in _KEYS:
            self._request.headers.pop(name, None)
        self.method: Final = str(self._request.method)
        self.target: Final = str(self._request.url).removeprefix(_HOST)
        self.operation: Final = f"{case.method} {case.operation.path}"

    @property
    def headers(self) -> dict[str, str]:
        """As they are sent."""
        return {
            name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
            for name, value in self._request.headers.items()
        }

    @property
    def body(self) -> bytes:
        """As it is sent."""
        body = self._request.body or b""
        assert isinstance(body, bytes | str)
        return body.encode() if isinstance(body, str) else body

    def broken_promises(self, answer: Answer) -> list[str]:
        """What in the answer the description does not say."""
        headers = {name: [value] for name, value in answer.headers.items()}
        response = schemathesis.Response(answer.status, headers, answer.body, self._request, 0.0, verify=False)
        try:
            self._case.validate_response(response, checks=_CHECKS)
        except BaseExceptionGroup as failures:
            return [self._told(answer, failure) for failure in failures.exceptions]
        return []

    def _told(self, answer: Answer, failure: BaseException) -> str:
        sent = f"{self.method} {self.target} {self.body[:300]!r}"
        return f"{type(failure).__name__}: {sent} -> {answer.status} {answer.body[:300]!r}: {failure}"


def api_cases(
    document: Mapping[str, Any], *, number: int, number_of: int, known: Mapping[str, Sequence[str]]
) -> Iterator[ApiCase]:
    """About `number` calls, as many of each operation, in an order that mixes them; the same for the same arguments.

    Args:
        number_of: Which of several runs; each makes up others.
        known: What there is, by the name of the path's parameter: seven of ten calls ask for one of them.
    """
    rng = random.Random(number_of)  # noqa: S311  # repeatable
    schema = schemathesis.openapi.from_dict(dict(document))
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    made: list[_Case] = []
    for operation in operations:
        made += _made_up(operation, max(1, round(number / len(operations))), number_of)
    rng.shuffle(made)
    for case in made:
        for name in case.path_parameters or {}:
            if name in known and rng.random() < 0.7:
                case.path_parameters[name] = rng.choice(list(known[name]))
        yield ApiCase(case)


def _made_up(operation: Any, number: int, number_of: int) -> list[_Case]:
    found: list[_Case] = []

    @seed(number_of)
    @hypothesis_settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def collect(case: _Case) -> None:
        found.append(case)

    collect()
    return found
