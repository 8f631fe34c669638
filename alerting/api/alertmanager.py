"""What Alertmanager's own tools ask for: `/api/v2`, as far as `amtool` needs it.

A silence there is a silence here, an alert an open incident. `alertname` is another word for `topic`.

Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

import re
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import wraps
from hashlib import blake2b
from importlib.metadata import version
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query, Request
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from starlette.responses import JSONResponse, Response

from alerting.api.gate import caller_of
from alerting.api.silences import KeepsSilences
from alerting.directives.silence import Silence
from alerting.errors import DatabaseUnavailable, DirectiveRefused, OutOfScope, SilenceTooWide, Stale, UnknownDirective
from alerting.incidents.model import Incident
from alerting.incidents.muted import MuteKind
from alerting.incidents.store import Store
from alerting.route_settings import RouteSettings
from alerting.routing.matchers import Matcher, Operator, parsed
from alerting.routing.routes import Routes, labels_of
from alerting.routing.silence_wish import MOST_MATCHERS, SilenceWish
from streams.clock import Clock

CONFIRM: Final = "confirm:"

# Their alerts end by themselves unless somebody renews them; ours are renewed with every change.
_GOES_ON: Final = timedelta(days=1)
_ALERTNAME: Final = re.compile(r"^\s*alertname\b")
_OPERATORS: Final = {
    (True, False): Operator.EQUAL,
    (False, False): Operator.UNEQUAL,
    (True, True): Operator.LIKE,
    (False, True): Operator.UNLIKE,
}


_Answer = Callable[..., Coroutine[Any, Any, Response]]


class _PostedMatcher(BaseModel):
    name: Annotated[str, Field(max_length=100)]
    value: Annotated[str, Field(max_length=300)]
    isRegex: bool  # noqa: N815  # their words
    isEqual: bool = True  # noqa: N815


class _PostedSilence(BaseModel):
    id: str | None = None
    matchers: Annotated[tuple[_PostedMatcher, ...], Field(min_length=1, max_length=MOST_MATCHERS)]
    startsAt: AwareDatetime  # noqa: N815
    endsAt: AwareDatetime  # noqa: N815
    createdBy: Annotated[str, Field(max_length=100)]  # noqa: N815
    comment: Annotated[str, Field(max_length=500)]

    def wish(self) -> SilenceWish:
        """What is asked for. A comment that begins with `confirm:` confirms that it may be wide."""
        comment = self.comment.strip()
        confirmed = comment.lower().startswith(CONFIRM)
        return SilenceWish(
            matchers=tuple(
                str(Matcher(_ours(one.name), _OPERATORS[one.isEqual, one.isRegex], one.value)) for one in self.matchers
            ),
            reason=comment[len(CONFIRM) :] if confirmed else comment,
            ends_at=self.endsAt.astimezone(UTC),
            starts_at=self.startsAt.astimezone(UTC),
            author=self.createdBy or None,
            confirmed=confirmed,
        )


def alertmanager_router(
    silences: KeepsSilences, store: Store, route: RouteSettings, receivers: Sequence[str], clock: Clock
) -> APIRouter:
    """`/api/v2`. Refusals are JSON strings there, not problem documents: its clients show nothing else."""
    router = APIRouter(prefix="/api/v2", include_in_schema=False)
    routes = Routes(route)
    began = clock.now()

    @router.get("/status")
    async def status() -> Response:
        about = {"version": version("tocsin"), "revision": "", "branch": "", "buildUser": "", "buildDate": ""}
        config = {"route": _tree(route), "receivers": [{"name": name} for name in receivers or ("nobody",)]}
        return JSONResponse(
            {
                "cluster": {"name": "", "status": "disabled", "peers": []},
                "config": {"original": _as_yaml(config)},
                "uptime": _moment(began),
                "versionInfo": about | {"goVersion": ""},
            }
        )

    @router.get("/receivers")
    async def list_receivers() -> Response:
        return JSONResponse([{"name": name} for name in receivers])

    @router.get("/silences")
    @_plainly
    async def list_silences(filters: Annotated[list[str], Query(alias="filter")] = []) -> Response:  # noqa: B006
        wanted = [_filter(text) for text in filters]
        now = clock.now()
        found = [one for one in await silences.all() if _speaks_of(one, wanted)]
        return JSONResponse([_silence(one, now) for one in found])

    @router.post("/silences")
    @_plainly
    async def post_silence(request: Request, body: Annotated[Any, Body()]) -> Response:
        posted = _PostedSilence.model_validate(body)
        by = caller_of(request).name
        if posted.id:
            kept = await silences.change(posted.id, posted.wish(), by=by, expected_revision=None)
        else:
            kept = await silences.add(posted.wish(), by=by)
        return JSONResponse({"silenceID": kept.id})

    @router.get("/silence/{silence_id}")
    @_plainly
    async def show_silence(silence_id: str) -> Response:
        return JSONResponse(_silence(await silences.get(silence_id), clock.now()))

    @router.delete("/silence/{silence_id}")
    @_plainly
    async def expire_silence(silence_id: str, request: Request) -> Response:
        await silences.expire(silence_id, by=caller_of(request).name)
        return Response(status_code=200)

    async def alerts(wanted: "_Wanted", filters: list[str]) -> list[dict[str, Any]]:
        matchers = [_filter(text) for text in filters]
        found = [one for one in await store.open_incidents() if wanted.takes(one)]
        told = [(one, labels_of(one)) for one in found]
        return [
            _alert(one, labels, [stop.receiver for stop in routes.stops_for(labels)])
            for one, labels in told
            if all(matcher.holds(labels) for matcher in matchers)
        ]

    @router.get("/alerts")
    @_plainly
    async def list_alerts(
        filters: Annotated[list[str], Query(alias="filter")] = [],  # noqa: B006
        active: bool = True,  # noqa: FBT001, FBT002  # their parameters
        silenced: bool = True,  # noqa: FBT001, FBT002
        inhibited: bool = True,  # noqa: FBT001, FBT002
    ) -> Response:
        wanted = _Wanted(active=active, silenced=silenced, inhibited=inhibited)
        return JSONResponse(await alerts(wanted, filters))

    @router.get("/alerts/groups")
    @_plainly
    async def list_groups(
        filters: Annotated[list[str], Query(alias="filter")] = [],  # noqa: B006
        active: bool = True,  # noqa: FBT001, FBT002
        silenced: bool = True,  # noqa: FBT001, FBT002
        inhibited: bool = True,  # noqa: FBT001, FBT002
    ) -> Response:
        wanted = _Wanted(active=active, silenced=silenced, inhibited=inhibited)
        groups = [
            {"labels": {"incident": one["labels"]["incident"]}, "receiver": receiver, "alerts": [one]}
            for one in await alerts(wanted, filters)
            for receiver in one["receivers"]
        ]
        return JSONResponse(groups)

    @router.post("/alerts")
    async def post_alerts() -> Response:
        return JSONResponse("Tocsin makes its alerts itself; they cannot be added.", 400)

    return router


class _Wanted(BaseModel):
    active: bool
    silenced: bool
    inhibited: bool

    def takes(self, incident: Incident) -> bool:
        """Whether it is among what was asked for."""
        kinds = {muted.kind for muted in incident.muted}
        if MuteKind.INHIBITION in kinds:
            return self.inhibited
        return self.silenced if kinds else self.active


def _plainly(answer: _Answer) -> _Answer:
    """Refusals as JSON strings."""

    @wraps(answer)
    async def answered(*args: Any, **kwargs: Any) -> Response:
        try:
            return await answer(*args, **kwargs)
        except UnknownDirective as exc:
            return JSONResponse(str(exc), 404)
        except SilenceTooWide as exc:
            hint = f"begin the comment with {CONFIRM!r}"
            return JSONResponse(f"too wide: {str(exc).replace('confirm it', hint)}", 400)
        except ValidationError as exc:
            first = exc.errors()[0]
            return JSONResponse(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}", 400)
        except OutOfScope as exc:
            return JSONResponse(str(exc), 403)
        except (DirectiveRefused, ValueError, Stale) as exc:
            return JSONResponse(str(exc), 400)
        except DatabaseUnavailable:
            return JSONResponse("the database does not answer; nothing was changed", 500)

    return answered


def _silence(silence: Silence, now: datetime) -> dict[str, Any]:
    weekly = f" [only {'; '.join(str(window) for window in silence.weekly)} {silence.zone}]" if silence.weekly else ""
    return {
        "id": silence.id,
        "status": {"state": silence.state(now).value},
        "updatedAt": _moment(silence.updated_at),
        "startsAt": _moment(silence.starts_at),
        "endsAt": _moment(silence.ends_at),
        "createdBy": silence.author,
        "comment": silence.reason + weekly,
        "matchers": [_matcher(parsed(text)) for text in silence.matchers],
    }


def _matcher(matcher: Matcher) -> dict[str, Any]:
    is_equal, is_regex = next(key for key, operator in _OPERATORS.items() if operator is matcher.operator)
    return {"name": matcher.label, "value": matcher.value, "isRegex": is_regex, "isEqual": is_equal}


def _alert(incident: Incident, labels: Mapping[str, str], receivers: Iterable[str]) -> dict[str, Any]:
    by = {
        kind: [muted.source for muted in incident.muted if muted.kind is kind]
        for kind in (MuteKind.SILENCE, MuteKind.INHIBITION)
    }
    return {
        "labels": {"alertname": incident.topic} | {name: value for name, value in labels.items() if value},
        "annotations": {"summary": incident.title, "description": incident.why}
        | ({"muted": "; ".join(muted.because for muted in incident.muted)} if incident.muted else {}),
        "startsAt": _moment(incident.opened_at),
        "updatedAt": _moment(incident.updated_at),
        "endsAt": _moment(incident.updated_at + _GOES_ON),
        "fingerprint": blake2b(incident.id.encode(), digest_size=8).hexdigest(),
        "generatorURL": "",
        "receivers": [{"name": name} for name in receivers],
        "status": {
            "state": "suppressed" if incident.muted else "active",
            "silencedBy": by[MuteKind.SILENCE],
            "inhibitedBy": by[MuteKind.INHIBITION],
        },
    }


def _speaks_of(silence: Silence, wanted: Sequence[Matcher]) -> bool:
    values = {matcher.label: matcher.value for matcher in map(parsed, silence.matchers)}
    return all(matcher.holds(values) for matcher in wanted)


def _filter(text: str) -> Matcher:
    return Matcher.parse(_ALERTNAME.sub("topic", text))


def _ours(label: str) -> str:
    return "topic" if label == "alertname" else label


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def _tree(route: RouteSettings) -> dict[str, Any]:
    made: dict[str, Any] = {"receiver": route.receiver or "nobody"}
    if route.matchers:
        made["matchers"] = [str(Matcher.parse(text)) for text in route.matchers]
    if route.continue_:
        made["continue"] = True
    if route.routes:
        made["routes"] = [_tree(child) | {"receiver": child.receiver or made["receiver"]} for child in route.routes]
    return made


def _as_yaml(value: Any) -> str:
    """JSON, which is YAML too."""
    return JSONResponse(value).body.decode()  # type: ignore[union-attr]
