"""What /metrics answers, judged by Prometheus' own tool."""

import asyncio
import json
import os
import shutil
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from alerting.acts import Acts
from alerting.api.app import create_api, create_role_api
from alerting.api.keys import KeyRing
from alerting.dispatch import Dispatch
from alerting.incidents.model import Severity
from alerting.metrics import AlertingMetrics
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from alerting.settings import ApiSettings
from deploy.grafana import generate
from streams.broker.base import Partition
from streams.metrics import StreamMetrics
from tests.fakes.api_house import KEY, served
from tests.fakes.asgi_client import AsgiClient
from tests.fakes.clock import FakeClock
from tests.fakes.storyboard import storyboard
from tests.kafka.selection import required

pytestmark = pytest.mark.integration

SECONDS = 30.0
PROMETHEUS = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"


@pytest.fixture
def promtool() -> str:
    """Prometheus' tool, of the Debian package `prometheus`."""
    found = shutil.which("promtool")
    if found is None and required(os.environ, "PROMTOOL"):
        pytest.fail("TOCSIN_REQUIRE_PROMTOOL is set, but there is no promtool", pytrace=False)
    if found is None:
        pytest.skip("there is no promtool; the Debian package prometheus has it")
    return found


async def judgement(promtool: str, metrics: str) -> tuple[int, str]:
    """The exit code and the complaints of `promtool check metrics`."""
    process = await asyncio.create_subprocess_exec(
        promtool,
        "check",
        "metrics",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(SECONDS):
        told, _ = await process.communicate(metrics.encode())
    assert process.returncode is not None
    return process.returncode, told.decode()


def busy(metrics: AlertingMetrics, streams: StreamMetrics) -> None:
    """Every labelled metric that a test can reach has a value, so that none is judged by its name alone."""
    metrics.count_open({Severity.SEV1: 2})
    metrics.transitions.labels("opened").inc()
    metrics.detections.labels("new").inc()
    metrics.intake_state.labels("detections", "following").set(1)
    metrics.intake_lag.labels("detections").set(3)
    metrics.attempts.labels("slack").inc()
    metrics.deliveries.labels("slack", "sent").inc()
    metrics.page_latency.labels("slack").observe(0.7)
    streams.committed("tocsin-score", records=3, seconds=0.02)
    streams.restored("tocsin-score", seconds=0.4)
    streams.lag("tocsin-score", Partition("mentions", 0), 17)


async def scraped(address: str) -> str:
    """What a running server answers to a scrape."""
    host, port = address.removeprefix("http://").rstrip("/").rsplit(":", 1)
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /metrics HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        answer = (await reader.read()).decode()
        writer.close()
        await writer.wait_closed()
    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200")
    return body


async def test_prometheus_has_nothing_to_say_against_the_metrics_of_a_running_api(promtool: str) -> None:
    registry = CollectorRegistry()
    metrics, streams = AlertingMetrics(registry), StreamMetrics(registry)
    clock = FakeClock()
    store = storyboard(clock.now())
    app = create_api(
        store=store,
        acts=Acts(store, Dispatch(Routes(RouteSettings(receiver="comms")), Receivers({})), clock, metrics),
        ring=KeyRing({"jo": KEY}),
        settings=ApiSettings(),
        clock=clock,
        metrics=metrics,
    )
    busy(metrics, streams)
    async with served(app) as address:
        await AsgiClient(app, {"Authorization": f"Bearer {KEY}"}).get("/api/v1/incidents")
        text = await scraped(address)

    code, told = await judgement(promtool, text)

    assert 'tocsin_http_requests_total{method="GET"' in text
    assert (code, told) == (0, "")


async def test_prometheus_has_nothing_to_say_against_the_metrics_of_a_role(promtool: str) -> None:
    registry = CollectorRegistry()
    busy(AlertingMetrics(CollectorRegistry()), StreamMetrics(registry))

    async with served(create_role_api(probes={}, registries=(registry,))) as address:
        text = await scraped(address)

    code, told = await judgement(promtool, text)

    assert "tocsin_lag_records{" in text
    assert (code, told) == (0, "")


async def test_the_judge_sees_a_bad_metric(promtool: str) -> None:
    code, told = await judgement(promtool, "# TYPE Bad-Name counter\nBad-Name 1\n")

    assert code != 0
    assert told


async def told_by(promtool: str, *arguments: str) -> tuple[int, str]:
    """The exit code and what it says, in the folder of the rules."""
    process = await asyncio.create_subprocess_exec(
        promtool,
        *arguments,
        cwd=PROMETHEUS,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(SECONDS):
        told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode()


async def test_the_rules_fire_when_they_should_and_only_then(promtool: str) -> None:
    code, told = await told_by(promtool, "test", "rules", "alerts.test.yml")

    assert (code, "SUCCESS" in told) == (0, True), told


async def test_the_configuration_finds_the_rules(promtool: str) -> None:
    code, told = await told_by(promtool, "check", "config", "--syntax-only", "prometheus.yml")

    assert (code, "prometheus.yml is valid" in told) == (0, True), told


async def test_every_query_of_the_dashboards_is_one(promtool: str, tmp_path: Path) -> None:
    rules = [
        {"record": f"checked:query_{index}", "expr": expr.replace("$topic", ".*")}
        for index, expr in enumerate(
            target["expr"]
            for text in generate.files().values()
            for panel in json.loads(text)["panels"]
            for target in panel.get("targets", ())
        )
    ]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboards", "rules": rules}]}), encoding="utf-8")

    code, told = await told_by(promtool, "check", "rules", str(file))

    assert (code, f"{len(rules)} rules found" in told) == (0, True), told
