"""Secrets that a search would find: in no log, no metric, no API answer, no page, no timeline, no audit trail."""

import logging
import sqlite3
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from alerting.api.app import create_api
from alerting.api.keys import KeyRing
from alerting.drills import Drills
from alerting.fakes.mail import FakeMail
from alerting.fakes.ntfy import FakeNtfy
from alerting.fakes.pagerduty import FakePagerDuty
from alerting.fakes.slack import FakeSlack
from alerting.fakes.teams import FakeTeams
from alerting.fakes.webhook import FakeWebhook
from alerting.inbound.build import build_inbound
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.incidents.store import IncidentFilter
from alerting.notifiers.egress import Egress
from alerting.notifiers.registry import build_all
from alerting.receivers import Receivers
from alerting.settings import Settings
from streams.broker.base import Outgoing, TopicSpec
from streams.broker.memory_cluster import MemoryCluster
from streams.codec import encode_detection
from streams.events import Phase
from tests.fakes.alerting_process import AlertingProcess
from tests.fakes.asgi_client import AsgiClient
from tests.fakes.detections import detection
from tests.fakes.house import DETECTIONS, KAFKA
from tests.fakes.hurrying_clock import HurryingClock

pytestmark = pytest.mark.integration

CANARY = "canary0123456789canary0123456789"
API_KEY = f"api-{CANARY}"


async def test_no_secret_leaves_by_any_way_though_every_vendor_fails_once_and_echoes_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clock = HurryingClock(10)
    said: list[str] = []
    with capture_logs() as logs:
        async with (
            FakeSlack(clock, token=CANARY, app_token=CANARY, signing_secret=CANARY) as slack,
            FakePagerDuty(clock, routing_key=CANARY, api_token=CANARY) as pager,
            FakeWebhook(clock, secret=CANARY, path=f"/hooks/{CANARY}") as hook,
            FakeTeams(clock, secret=CANARY) as teams,
            FakeMail(clock, username="tocsin", password=CANARY) as mail,
            FakeNtfy(clock, topic=f"topic-{CANARY}", token=CANARY) as phone,
        ):
            for vendor in (slack, pager, hook, teams, mail, phone):
                vendor.script.fail(500, error=f"a proxy says: Bearer {CANARY}")
            people = {"sender": "tocsin@acme.test", "to": ["ada@acme.test"]}
            server = {"host": "127.0.0.1", "port": mail.port, "security": "none"}
            settings = Settings.model_validate(
                {
                    "delivery": {"allow_networks": ["127.0.0.0/8"]},
                    "api": {"keys": [{"name": "ada", "key": API_KEY}]},
                    "people": [{"name": "Ada", "slack": "U0ADA", "roles": ["responder"]}],
                    "inbound": {
                        "slack": {"signing_secret": CANARY, "app_token": CANARY, "api_url": slack.api_url},
                        "pagerduty": {"secrets": [CANARY]},
                        "ntfy": {"secret": CANARY},
                    },
                    "receivers": [
                        {
                            "name": "comms",
                            "notifiers": [
                                {"type": "slack", "channel": "C0123456789", "token": CANARY, "api_url": slack.api_url},
                                {
                                    "type": "pagerduty",
                                    "routing_key": CANARY,
                                    "events_url": pager.events_url,
                                    "api_token": CANARY,
                                    "api_from": "tocsin@acme.test",
                                    "api_url": pager.api_url,
                                },
                                {"type": "webhook", "url": hook.url, "secret": CANARY},
                                {"type": "teams", "url": teams.url()},
                                {"type": "email", "username": "tocsin", "password": CANARY, **server, **people},
                                {
                                    "type": "ntfy",
                                    "url": phone.url,
                                    "topic": f"topic-{CANARY}",
                                    "token": CANARY,
                                    "person": "Ada",
                                    "act_secret": CANARY,
                                },
                            ],
                        }
                    ],
                }
            )
            said.append(repr(settings))
            egress = Egress.from_settings(settings.delivery)
            notifiers = build_all(settings.receivers, clock=clock, egress=egress)["comms"]
            said.append(repr(notifiers))
            cluster = MemoryCluster(clock=clock)
            for name in (KAFKA.detections, KAFKA.windows, KAFKA.notices, KAFKA.replies):
                cluster.create(TopicSpec(name, 1))
            store = await open_store(settings.database.model_copy(update={"url": f"sqlite:///{tmp_path}/t.db"}), clock)
            receivers = {notifier.kind: notifier for notifier in notifiers}
            process = AlertingProcess(store, clock, cluster, receivers, settings=settings.delivery, seed=1)
            async with process.running():
                for sequence, phase in enumerate((Phase.OPENED, Phase.ENDED)):
                    claim = encode_detection(detection(phase, sequence=sequence, minutes=sequence))
                    cluster.append([Outgoing(DETECTIONS.kafka_topic, b"x", claim, partition=DETECTIONS.number)])
                drills = Drills(store, Receivers({name: [one] for name, one in receivers.items()}), clock)
                tests = [(await drills.begin(name, by="Ada")).id for name in receivers]
                while not await _all_told(store, tests):
                    await clock.sleep(0.5)
            inbound = build_inbound(settings, acts=process.acts, clock=clock, egress=egress, metrics=process.metrics)
            said.append(repr(inbound))
            app = create_api(
                store=store,
                acts=process.acts,
                ring=KeyRing({"ada": API_KEY}),
                settings=settings.api,
                clock=clock,
                metrics=process.metrics,
                inbound=inbound,
            )
            client = AsgiClient(app, {"Authorization": f"Bearer {API_KEY}"})
            [incident] = (await store.find(IncidentFilter(), cursor=None, limit=9)).incidents
            for path in ("/openapi.json", "/metrics", f"/api/v1/incidents/{incident.id}", f"/incidents/{incident.id}"):
                answer = await client.get(path)
                assert answer.status == 200, path
                said.append(answer.text)
            inbound_paths = ("/inbound/slack", "/inbound/pagerduty", "/inbound/ntfy")
            said += [(await client.request("POST", path, {}, b"x")).text for path in inbound_paths]
            for notifier in notifiers:
                await notifier.close()
            await store.close()
    said += [repr(logs), caplog.text, generate_latest(process.metrics.registry).decode()]
    said += _everything_in(tmp_path / "t.db")

    assert sum(line["event"] == "delivery.ended" and line["outcome"] == "retried" for line in logs) >= 6
    for text in said:
        assert CANARY not in text


async def _all_told(store: SqlStore, drills: list[str]) -> bool:
    page = await store.find(IncidentFilter(), cursor=None, limit=9)
    about = [*(incident.id for incident in page.incidents), *drills]
    told = [delivery for one in about for delivery in await store.deliveries(one)]
    return len(told) == 18 and {delivery.state for delivery in told} == {DeliveryState.SENT}


def _everything_in(database: Path) -> list[str]:
    connection = sqlite3.connect(database)
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [repr(connection.execute(f'SELECT * FROM "{name}"').fetchall()) for name in names]  # noqa: S608
    finally:
        connection.close()
