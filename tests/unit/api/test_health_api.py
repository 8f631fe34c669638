import asyncio

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from alerting.api.app import create_role_api
from alerting.api.health import Component, Condition, Probe, health_router
from alerting.metrics import AlertingMetrics
from tests.fakes.api_house import api_house
from tests.fakes.asgi_client import AsgiClient
from tests.fakes.clock import START
from tests.fakes.memory_store import MemoryStore
from tests.fakes.storyboard import REFUNDS, storyboard


def probe_of(condition: Condition, detail: str = "") -> Probe:
    async def probe() -> Component:
        return Component(condition, detail)

    return probe


async def test_is_healthy_while_the_process_answers() -> None:
    store = MemoryStore()
    async with api_house(store=store) as house:
        store.down = True
        answer = await house.browser.get("/-/healthy")

    assert (answer.status, answer.json()) == (200, {"status": "healthy"})


async def test_is_ready_with_its_database() -> None:
    async with api_house() as house:
        answer = await house.browser.get("/-/ready")

    assert answer.status == 200
    assert answer.json() == {"status": "ready", "components": {"database": {"condition": "ready", "detail": ""}}}


async def test_without_kafka_it_is_degraded_and_still_ready() -> None:
    async with api_house(probes={"kafka": probe_of(Condition.DEGRADED, "Kafka does not answer; retrying")}) as house:
        answer = await house.browser.get("/-/ready")

    assert answer.status == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["components"]["kafka"]["detail"] == "Kafka does not answer; retrying"


async def test_without_its_database_it_is_down() -> None:
    store = MemoryStore()
    async with api_house(store=store, probes={"kafka": probe_of(Condition.DEGRADED)}) as house:
        store.down = True
        answer = await house.browser.get("/-/ready")

    assert answer.status == 503
    assert answer.json()["status"] == "down"
    assert answer.json()["components"]["database"]["detail"] == "the database does not answer"


async def test_a_probe_that_hangs_or_fails_is_down() -> None:
    async def hangs() -> Component:
        await asyncio.Event().wait()
        raise AssertionError("never woken")

    async def fails() -> Component:
        raise RuntimeError("secret detail")

    app = FastAPI()
    app.include_router(health_router({"slow": hangs, "broken": fails}, [], probe_seconds=0.01))

    answer = await AsgiClient(app).get("/-/ready")

    components = answer.json()["components"]
    assert answer.status == 503
    assert components["slow"]["detail"] == "no answer within 0.01 s"
    assert "secret" not in answer.text


async def test_metrics_count_requests_by_route_and_never_by_address() -> None:
    async with api_house(store=storyboard(START)) as house:
        await house.api.get(f"/api/v1/incidents/{REFUNDS}")
        await house.api.get("/api/v1/incidents/inc_nope")
        await house.api.get("/secret-in-a-path")
        await house.api.request("BREW", "/api/v1/incidents")
        answer = await house.browser.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    template = 'tocsin_http_requests_total{method="GET",route="/api/v1/incidents/{incident_id}",status="%d"} 1.0'
    assert template % 200 in answer.text
    assert template % 404 in answer.text
    assert 'method="other"' in answer.text
    assert REFUNDS not in answer.text
    assert "secret-in-a-path" not in answer.text


async def test_a_role_serves_health_and_metrics_and_nothing_else() -> None:
    registry = CollectorRegistry()
    Counter("tocsin_made_up", "Something.", registry=registry).inc()
    client = AsgiClient(create_role_api(probes={"score": probe_of(Condition.DOWN, "waiting")}, registries=[registry]))

    ready, metrics, other = (
        await client.get("/-/ready"),
        await client.get("/metrics"),
        await client.get("/api/v1/incidents"),
    )

    assert (ready.status, ready.json()["components"]["score"]["detail"]) == (503, "waiting")
    assert "tocsin_made_up_total 1.0" in metrics.text
    assert other.status == 404


async def test_whoever_asks_for_openmetrics_gets_it_whole_with_the_incident_behind_a_page() -> None:
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    registry = CollectorRegistry()
    Counter("tocsin_made_up", "Something.", registry=registry).inc()
    metrics = AlertingMetrics(CollectorRegistry())
    metrics.page_latency.labels("slack").observe(1.5, {"incident": "inc_1"})
    app = FastAPI()
    app.include_router(health_router({}, (metrics.registry, registry)))
    client = AsgiClient(app)

    answer = await client.get("/metrics", accept=accept)
    plain = await client.get("/metrics")

    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}  # type: ignore[no-untyped-call]
    exemplars = [sample.exemplar for sample in families["tocsin_page_latency_seconds"].samples if sample.exemplar]
    assert [(exemplar.labels, exemplar.value) for exemplar in exemplars] == [({"incident": "inc_1"}, 1.5)]
    assert "tocsin_made_up" in families
    assert answer.text.count("# EOF") == 1
    assert "inc_1" not in plain.text


async def test_everything_that_is_counted_is_valid_openmetrics_too() -> None:
    async with api_house(store=storyboard(START)) as house:
        await house.api.get(f"/api/v1/incidents/{REFUNDS}")
        plain = await house.browser.get("/metrics")
        answer = await house.api.get("/metrics", accept="application/openmetrics-text;version=1.0.0")

    families = list(text_string_to_metric_families(answer.text))  # type: ignore[no-untyped-call]  # strict
    assert len(families) == plain.text.count("# TYPE") - plain.text.count("_created gauge")
