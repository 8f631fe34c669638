"""A process that silences again and again, and says which silences were answered; made to be killed."""

import asyncio
import sys
from datetime import timedelta

from prometheus_client import CollectorRegistry

from alerting.directive_parts import directive_parts
from alerting.dispatch import Dispatch
from alerting.incidents.sql.store import open_store
from alerting.metrics import AlertingMetrics
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from alerting.routing.silence_wish import SilenceWish
from alerting.settings import DatabaseSettings, Settings
from streams.clock import SystemClock


async def silence_for_ever(url: str) -> None:
    """Silence, print the id once it was answered, and again."""
    clock = SystemClock()
    store = await open_store(DatabaseSettings(url=url), clock)
    dispatch = Dispatch(Routes(RouteSettings()), Receivers({}))
    parts = directive_parts(Settings(), None, store, dispatch, clock, AlertingMetrics(CollectorRegistry()))
    ends_at = clock.now() + timedelta(hours=1)
    while True:
        silence = await parts.silences.add(SilenceWish(("topic=refunds",), "it is known", ends_at), by="jo")
        print(silence.id, flush=True)


if __name__ == "__main__":
    asyncio.run(silence_for_ever(sys.argv[1]))
