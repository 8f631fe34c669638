"""`POST /-/reload`: the configuration as it is now, taken into force."""

from collections.abc import Awaitable, Callable

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel

from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS, Problem
from alerting.errors import ReloadRefused, RestartNeeded
from streams.errors import InvalidConfig

Reloads = Callable[[], Awaitable[tuple[str, ...]]]

log = structlog.get_logger(__name__)


class ReloadAnswer(BaseModel):
    """The sections that changed and count now; files that hold secrets were read anew in any case."""

    changed: tuple[str, ...]


def reload_router(reload: Reloads | None) -> APIRouter:
    """`/-/reload`; without `reload` nothing can be read anew."""
    router = APIRouter(tags=["health"], responses=REFUSALS)

    @router.post("/-/reload")
    async def reload_configuration(request: Request) -> ReloadAnswer:
        """Take the configuration file as it is now into force, all of it or nothing; answered when it counts.

        422 lists what is wrong with it, 409 what only a restart can change, or that there is no file to read; then
        everything stays as it was.
        """
        log.info("config.reload_asked_for", by=caller_of(request).name)
        if reload is None:
            raise Problem(409, "no-configuration", "This process was not started from a configuration file.")
        try:
            return ReloadAnswer(changed=await reload())
        except InvalidConfig as exc:
            detail = "The configuration is wrong; everything stays as it was."
            raise Problem(422, "invalid-config", detail, extensions={"problems": list(exc.problems)}) from exc
        except RestartNeeded as exc:
            extensions = {"keys": list(exc.keys)}
            raise Problem(409, "restart-needed", f"{exc}; everything stays as it was.", extensions=extensions) from exc
        except ReloadRefused as exc:
            raise Problem(409, "no-configuration", f"{exc}.") from exc

    return router
