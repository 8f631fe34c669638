"""The delivery loop on a database, in a process of its own, to be killed.

`python -m tests.fakes.delivering_process database-url webhook-url secret < delivery-settings.json` says `ready` when it
is about to deliver.
"""

import asyncio
import sys

from prometheus_client import CollectorRegistry

from alerting.delivery import DeliveryLoop
from alerting.incidents.sql.store import open_store
from alerting.metrics import AlertingMetrics
from alerting.notifiers.egress import Egress
from alerting.notifiers.webhook import WebhookNotifier
from alerting.receivers import Receivers
from alerting.settings import DatabaseSettings, DeliverySettings
from streams.clock import SystemClock
from streams.log import set_up_logging


async def main(database: str, webhook: str, secret: str, settings: DeliverySettings) -> None:
    """Tell the receiver `comms` over one webhook until somebody kills the process."""
    clock = SystemClock()
    notifier = WebhookNotifier(url=webhook, secret=secret, clock=clock, egress=Egress.from_settings(settings))
    store = await open_store(DatabaseSettings(url=database), clock)
    loop = DeliveryLoop(
        store=store,
        receivers=Receivers({"comms": [notifier]}),
        settings=settings,
        clock=clock,
        metrics=AlertingMetrics(CollectorRegistry()),
    )
    print("ready", flush=True)
    await loop.run(asyncio.Event())


if __name__ == "__main__":
    set_up_logging(json=True)
    _, database_url, webhook_url, webhook_secret = sys.argv
    asyncio.run(main(database_url, webhook_url, webhook_secret, DeliverySettings.model_validate_json(sys.stdin.read())))
