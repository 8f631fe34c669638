"""Intake, delivery and rescue on SQLite in a process of its own, to be killed; detections come in over standard input.

`python -m tests.fakes.pager_process database-url api-url group-wait-seconds < lines`, each line a detection. Says
`ready`, and `accepted N` when N detections are in the database.
"""

import asyncio
import sys

from alerting.incidents.sql.store import SqlStore, open_store
from alerting.notifiers.egress import Egress
from alerting.notifiers.slack import SlackNotifier
from alerting.settings import DatabaseSettings, DeliverySettings
from streams.broker.base import Outgoing, TopicSpec
from streams.broker.memory_cluster import MemoryCluster
from streams.clock import SystemClock
from streams.log import set_up_logging
from streams.topic import Topic
from tests.fakes.alerting_process import AlertingProcess
from tests.fakes.house import DETECTIONS, KAFKA

CHANNEL = "C0123456789"
TOKEN = "xoxb-bench"
TRACKED = [Topic(id=f"topic-{number}", name=f"topic-{number}", query="refund") for number in range(1000)]
SETTINGS = DeliverySettings.model_validate(
    {"allow_networks": ["127.0.0.0/8"], "attempt_seconds": 5, "lease_seconds": 12}
)


async def main(database: str, api_url: str, group_wait_seconds: float) -> None:
    """Work until somebody kills the process."""
    clock = SystemClock()
    cluster = MemoryCluster(clock=clock)
    for name in (KAFKA.detections, KAFKA.windows, KAFKA.notices, KAFKA.replies):
        cluster.create(TopicSpec(name, 1))
    slack = SlackNotifier(
        channel=CHANNEL, token=TOKEN, api_url=api_url, clock=clock, egress=Egress.from_settings(SETTINGS)
    )
    store = await open_store(DatabaseSettings(url=database), clock)
    process = AlertingProcess(
        store,
        clock,
        cluster,
        {"comms": slack},
        settings=SETTINGS,
        seed=1,
        group_wait_seconds=group_wait_seconds,
        topics=TRACKED,
    )
    reader = asyncio.StreamReader(limit=1_000_000)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with asyncio.TaskGroup() as group:
        process.start(group)
        group.create_task(_tell(store, clock), name="tell")
        say("ready")
        while line := await reader.readline():
            cluster.append([Outgoing(DETECTIONS.kafka_topic, b"x", line.strip(), partition=DETECTIONS.number)])


async def _tell(store: SqlStore, clock: SystemClock) -> None:
    """Say how many are in the database, whenever that changed."""
    told = -1
    while True:
        async with store.begin() as unit:
            accepted = await unit.position(DETECTIONS) or 0
        if accepted != told:
            told = accepted
            say(f"accepted {accepted}")
        await clock.sleep(0.05)


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    set_up_logging(json=True)
    _, database_url, slack_url, wait = sys.argv
    asyncio.run(main(database_url, slack_url, float(wait)))
