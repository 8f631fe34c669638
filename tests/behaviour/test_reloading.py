"""A changed configuration is taken into force while everything goes on: all of it, or nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from alerting.app import RoleName, Running, Tocsin
from alerting.fakes.slack import FakeSlack
from alerting.incidents.model import Incident
from alerting.incidents.store import IncidentFilter
from alerting.reload_plan import needs_restart
from alerting.settings import LogOutput, Settings
from alerting.settings_file import load_settings
from streams import codec
from streams.broker.base import Outgoing
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.clock import SystemClock
from streams.kafka_topics import specs
from tests.fakes.detections import detection

CLOCK = SystemClock()
KEY, OTHER_KEY = "a-key-for-the-tests-0123", "another-key-for-the-tests"
SECONDS = 60
TOKEN = "xoxb-test"  # the fake's


@dataclass
class Process:
    """A process on a file that may be written anew.

    Attributes:
        logged: How it was told to log.
    """

    config: dict[str, Any]
    file: Path
    tocsin: Tocsin
    running: Running
    http: aiohttp.ClientSession
    broker: MemoryBroker
    logged: list[LogOutput] = field(default_factory=list)

    def write(self, **sections: Any) -> None:
        """The file, with these sections instead."""
        self.config = self.config | sections
        self.file.write_text(json.dumps(self.config), encoding="utf-8")

    async def reload(self, key: str = KEY) -> tuple[int, dict[str, Any]]:
        """`POST /-/reload`."""
        headers = {"Authorization": f"Bearer {key}"}
        async with self.http.post(f"{self.running.addresses['api']}/-/reload", headers=headers) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str, key: str = KEY) -> tuple[int, str]:
        """A page or an answer."""
        headers = {"Authorization": f"Bearer {key}"}
        async with self.http.get(f"{self.running.addresses['api']}{path}", headers=headers) as answer:
            return answer.status, await answer.text()

    async def detect(self, episode: str, topic: str = "refunds") -> None:
        """A detection arrives on Kafka."""
        found = detection(episode=episode, topic=topic, start=CLOCK.now())
        value = codec.encode_detection(found)
        await self.broker.send([Outgoing("tocsin.detections", topic.encode(), value, partition=0)])

    async def incident(self, episode: str) -> Incident:
        """The incident of an episode, as soon as there is one."""
        assert self.running.store is not None
        while True:
            page = await self.running.store.find(IncidentFilter(), cursor=None, limit=10)
            for one in page.incidents:
                if one.episode == episode:
                    return one
            await CLOCK.sleep(0.02)


def configuration(folder: Path, slack: FakeSlack) -> dict[str, Any]:
    return {
        "kafka": {"bootstrap_servers": "memory", "guarantee": "at_least_once", "partitions": 1},
        "database": {"url": f"sqlite:///{folder}/tocsin.db"},
        "topics": [{"id": "refunds", "name": "Refunds", "brand": "Acme", "query": "refund"}],
        "receivers": [receiver("first", slack), receiver("second", slack)],
        "route": {"receiver": "first"},
        "delivery": {"allow_networks": ["127.0.0.0/8"]},
        "api": {"port": 0, "keys": [{"name": "jo", "key": KEY}]},
    }


def receiver(name: str, slack: FakeSlack) -> dict[str, Any]:
    chosen = {"type": "slack", "channel": f"#{name}", "token": TOKEN, "api_url": slack.api_url}
    return {"name": name, "notifiers": [chosen]}


@asynccontextmanager
async def process(folder: Path, *, from_a_file: bool = True) -> AsyncIterator[tuple[Process, FakeSlack]]:
    """A process with the alert role, and the Slack that it tells."""
    file, logged = folder / "tocsin.yaml", list[LogOutput]()
    async with FakeSlack(CLOCK, token=TOKEN) as slack:
        config = configuration(folder, slack)
        file.write_text(json.dumps(config), encoding="utf-8")
        settings = load_settings(file, {})
        cluster = MemoryCluster(clock=CLOCK)
        broker = MemoryBroker(cluster)
        await broker.create_topics(specs(settings))
        tocsin = Tocsin(
            settings,
            (RoleName.ALERT,),
            broker=MemoryBroker(cluster),
            clock=CLOCK,
            announce_key=lambda _: None,
            read=(lambda: load_settings(file, {})) if from_a_file else None,
            log_as=logged.append,
        )
        stop = asyncio.Event()
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group, aiohttp.ClientSession() as http:
            group.create_task(tocsin.run(stop), name="tocsin")
            running = await tocsin.until_started()
            yield Process(config, file, tocsin, running, http, broker, logged), slack
            stop.set()


def posted(slack: FakeSlack) -> list[str]:
    """The channels of the messages that are no replies, oldest first."""
    return [
        call.arguments["channel"]
        for call in slack.calls
        if call.method == "chat.postMessage" and not call.arguments.get("thread_ts")
    ]


async def until_posted(slack: FakeSlack, channel: str, times: int) -> None:
    while posted(slack).count(channel) < times:
        await CLOCK.sleep(0.02)


async def test_a_changed_route_and_a_new_receiver_count_from_the_answer_on(tmp_path: Path) -> None:
    async with process(tmp_path) as (here, slack):
        await here.detect("before")
        await until_posted(slack, "#first", 1)
        here.write(route={"receiver": "third"}, receivers=[*here.config["receivers"], receiver("third", slack)])

        answer = await here.reload()
        await resolve(here, "before")
        await here.detect("after")
        await until_posted(slack, "#third", 1)

    assert answer == (200, {"changed": ["receivers", "route"]})
    assert posted(slack) == ["#first", "#third"]


async def resolve(here: Process, episode: str) -> None:
    incident = await here.incident(episode)
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"{here.running.addresses['api']}/api/v1/incidents/{incident.id}/resolve"
    async with here.http.post(url, headers=headers) as answer:
        assert answer.status == 200


async def test_a_file_that_is_wrong_changes_nothing_and_is_answered_with_what_is_wrong(tmp_path: Path) -> None:
    async with process(tmp_path) as (here, _):
        here.write(route={"receiver": "nobody"}, log={"level": "loud"})
        status, problem = await here.reload()
        _, metrics = await here.get("/metrics")
        here.write(route={"receiver": "second"}, log={"level": "error"})
        mended = await here.reload()
        _, after = await here.get("/metrics")

    assert (status, problem["type"]) == (422, "urn:tocsin:problem:invalid-config")
    assert len(problem["problems"]) == 2
    assert "there is no receiver 'nobody'" in "".join(problem["problems"])
    assert "tocsin_config_last_reload_successful 0.0" in metrics
    assert mended == (200, {"changed": ["route", "log"]})
    assert "tocsin_config_last_reload_successful 1.0" in after
    assert [one.level for one in here.logged] == ["info", "error"]


async def test_a_secret_that_cannot_be_read_changes_nothing_although_the_rest_is_right(tmp_path: Path) -> None:
    async with process(tmp_path) as (here, slack):
        missing = {"type": "slack", "channel": "#third", "token_file": str(tmp_path / "none"), "api_url": slack.api_url}
        here.write(route={"receiver": "third"}, receivers=[{"name": "third", "notifiers": [missing]}])
        status, _ = await here.reload()
        await here.detect("after")
        await until_posted(slack, "#first", 1)

    assert status == 422


async def test_what_only_a_restart_changes_is_named_and_nothing_else_counts_either(tmp_path: Path) -> None:
    async with process(tmp_path) as (here, slack):
        here.write(
            route={"receiver": "second"},
            database={"url": f"sqlite:///{tmp_path}/other.db"},
            api={**here.config["api"], "port": 1},
        )
        status, problem = await here.reload()
        await here.detect("after")
        await until_posted(slack, "#first", 1)

    assert (status, problem["type"]) == (409, "urn:tocsin:problem:restart-needed")
    assert problem["keys"] == ["database.url", "api.port"]


async def test_keys_that_went_open_nothing_and_new_ones_do(tmp_path: Path) -> None:
    async with process(tmp_path) as (here, _):
        here.write(api={**here.config["api"], "keys": [{"name": "kim", "key": OTHER_KEY, "role": "viewer"}]})
        before = (await here.get("/api/v1/incidents", OTHER_KEY))[0]
        await here.reload()
        after = (await here.get("/api/v1/incidents", OTHER_KEY))[0], (await here.get("/api/v1/incidents"))[0]
        refused = (await here.reload(OTHER_KEY))[0]

    assert before == 401
    assert after == (200, 401)
    assert refused == 403


async def test_a_topic_of_the_file_is_tracked_and_one_that_went_is_not(tmp_path: Path) -> None:
    async with process(tmp_path) as (here, _):
        while (await here.get("/api/v1/topics/refunds"))[0] != 200:
            await CLOCK.sleep(0.02)
        here.write(topics=[{"id": "login", "name": "Login", "query": "login"}])
        answer = await here.reload()
        while (await here.get("/api/v1/topics/login"))[0] != 200:
            await CLOCK.sleep(0.02)
        gone = (await here.get("/api/v1/topics/refunds"))[0]

    assert answer == (200, {"changed": ["topics"]})
    assert gone == 404


async def test_whom_an_open_incident_calls_stays_as_it_was_when_it_opened(tmp_path: Path) -> None:
    people = [{"name": "ada", "receivers": ["first"]}, {"name": "grace", "receivers": ["second"]}]

    def policy(person: str) -> list[dict[str, Any]]:
        return [{"name": "night", "steps": [{"targets": [{"person": person}], "wait_minutes": 5}]}]

    async with process(tmp_path) as (here, _):
        here.write(people=people, policies=policy("ada"), route={"receiver": "first", "policy": "night"})
        first = await here.reload()
        await here.detect("before")
        before = await here.incident("before")
        here.write(policies=policy("grace"))
        second = await here.reload()
        after = await here.incident("before")

    assert (first[0], second[0]) == (200, 200)
    assert before.escalation is not None
    assert after.escalation is not None
    assert after.escalation.chain == before.escalation.chain


async def test_what_is_on_its_way_while_the_configuration_changes_again_and_again_arrives_once(tmp_path: Path) -> None:
    brands = [f"brand-{number}" for number in range(3)]
    topics = [{"id": name, "name": name, "brand": name, "query": name} for name in brands]
    async with process(tmp_path) as (here, slack):
        here.write(topics=topics)
        for number, name in enumerate(brands):
            here.write(route={"receiver": "first" if number % 2 else "second"})
            async with asyncio.TaskGroup() as group:
                group.create_task(here.detect(name, name), name="detect")
                group.create_task(here.reload(), name="reload")
        incidents = [await here.incident(name) for name in brands]
        assert here.running.store is not None
        while (await here.running.store.outbox_age(CLOCK.now()))[0]:
            await CLOCK.sleep(0.02)
        told = [await here.running.store.deliveries(one.id) for one in incidents]

    assert len(posted(slack)) == len(brands)
    assert [[one.attempts for one in of_incident] for of_incident in told] == [[1]] * len(brands)


async def test_the_live_stream_goes_on_over_a_reload(tmp_path: Path) -> None:
    async with process(tmp_path) as (here, _):
        headers = {"Authorization": f"Bearer {KEY}", "Last-Event-ID": "0"}
        async with here.http.get(f"{here.running.addresses['api']}/api/v1/events", headers=headers) as stream:
            await stream.content.readline()
            here.write(route={"receiver": "second"})
            await here.reload()
            await here.detect("after")
            while not (line := await stream.content.readline()).startswith(b"data:"):
                pass

    assert b"opened" in line


async def test_nothing_is_read_anew_where_there_is_no_file(tmp_path: Path) -> None:
    async with process(tmp_path, from_a_file=False) as (here, _):
        status, problem = await here.reload()

    assert (status, problem["type"]) == (409, "urn:tocsin:problem:no-configuration")


def test_a_file_that_did_not_change_needs_no_restart() -> None:
    assert needs_restart(Settings(), Settings()) == ()
