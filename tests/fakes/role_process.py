"""A stream role in a process of its own, to be killed.

`python -m tests.fakes.role_process score|detect < settings.json`
"""

import asyncio
import sys

from prometheus_client import CollectorRegistry

from streams.app import connected, detect_role, score_role
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.log import set_up_logging
from streams.metrics import StreamMetrics
from streams.settings import StreamSettings


async def main(role: str, settings: StreamSettings) -> None:
    """Run `role` until somebody kills the process."""
    clock, stop, metrics = SystemClock(), asyncio.Event(), StreamMetrics(CollectorRegistry())
    async with connected(KafkaBroker(settings.kafka), clock, stop) as broker:
        make = {"score": score_role, "detect": detect_role}[role]
        await make(settings, broker, clock, metrics).run(stop)


if __name__ == "__main__":
    set_up_logging(json=True)
    asyncio.run(main(sys.argv[1], StreamSettings.model_validate_json(sys.stdin.read())))
