"""The API as the alert role wires it: on a real database file, an in-memory broker and the product's own loops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from alerting.alert_parts import open_parts
from alerting.alert_spine import alert_spine
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.metrics import AlertingMetrics
from alerting.settings import DatabaseSettings, Settings
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.clock import Clock
from streams.kafka_topics import specs
from tests.fakes.api_house import BEARER, KEY, NAME
from tests.fakes.asgi_client import AsgiClient


@dataclass(frozen=True, slots=True)
class WholeApi:
    """An API with everything behind it; `client` has an admin's key, `broker` has what it follows."""

    app: FastAPI
    client: AsgiClient
    store: SqlStore
    broker: MemoryBroker


@asynccontextmanager
async def whole_api(database: DatabaseSettings, clock: Clock, **sections: Any) -> AsyncIterator[WholeApi]:
    """From its start to its end, without a server."""
    settings = Settings.model_validate(
        {
            "topics": [{"id": "refunds", "name": "Refunds", "query": "refund*", "brand": "Acme", "owner": "payments"}],
            "receivers": [{"name": "comms", "notifiers": [{"type": "log"}]}],
            "route": {"receiver": "comms"},
            "api": {"keys": [{"name": NAME, "key": KEY}], "requests_per_minute": 10_000_000},
            **sections,
        }
    )
    stop = asyncio.Event()
    store = await open_store(database, clock)
    async with MemoryBroker(MemoryCluster()) as broker:
        await broker.create_topics(specs(settings))
        spine = alert_spine(
            settings,
            broker=broker,
            store=store,
            clock=clock,
            metrics=AlertingMetrics(CollectorRegistry()),
            lags=dict,
            announce_key=lambda _: None,
        )
        parts = await open_parts(settings, spine, roles={}, announce_key=lambda _: None)
        assert isinstance(parts.api, FastAPI)
        async with asyncio.TaskGroup() as group:
            for run in (*spine.runs_on_kafka, *parts.on_kafka):
                group.create_task(run(stop))
            try:
                async with spine.live.running():
                    yield WholeApi(parts.api, AsgiClient(parts.api, BEARER), store, broker)
            finally:
                stop.set()
                await parts.receivers.close()
    await store.close()


def sqlite_in(folder: Path) -> DatabaseSettings:
    """A database file of this test's own."""
    return DatabaseSettings(url=f"sqlite:///{folder}/tocsin.db")
