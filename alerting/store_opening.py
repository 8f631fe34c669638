"""Opens the store as soon as the database answers, however long that takes."""

import asyncio

import structlog
from prometheus_client import CollectorRegistry

from alerting.api.app import create_role_api
from alerting.api.health import Component, Condition
from alerting.api.server import serve_http
from alerting.errors import DatabaseUnavailable
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.settings import Settings
from streams.backoff import Backoff, sleep_unless
from streams.clock import Clock

log = structlog.get_logger(__name__)


async def open_patiently(
    settings: Settings, clock: Clock, stop: asyncio.Event, registry: CollectorRegistry
) -> SqlStore | None:
    """The store; None if told to stop before the database answered. Until then health is answered at the API's address.

    Raises:
        InvalidConfig: The database's address is wrong, or it is newer than this code.
    """
    try:
        return await open_store(settings.database, clock, settings.audit)
    except DatabaseUnavailable as exc:
        log.warning("database.unavailable", reason=str(exc), then="retrying until it answers")
    opened = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_serve_health(settings, registry, opened), name="api.waiting")
        try:
            return await _retry(settings, clock, stop)
        finally:
            opened.set()


async def _retry(settings: Settings, clock: Clock, stop: asyncio.Event) -> SqlStore | None:
    backoff = Backoff(first_seconds=0.5, cap_seconds=30.0)
    while not stop.is_set():
        await sleep_unless(stop, backoff.next_seconds(), clock)
        try:
            store = await open_store(settings.database, clock, settings.audit)
        except DatabaseUnavailable:
            continue
        log.info("database.available")
        return store
    return None


async def _serve_health(settings: Settings, registry: CollectorRegistry, opened: asyncio.Event) -> None:
    """Say at the API's address that the process lives and waits for its database."""

    async def probe() -> Component:
        return Component(Condition.DOWN, "the database does not answer")

    await serve_http(
        create_role_api(probes={"database": probe}, registries=(registry,)),
        host=settings.api.host,
        port=settings.api.port,
        stop=opened,
        started=lambda address: log.info("http.listening", server="health", address=address),
    )
