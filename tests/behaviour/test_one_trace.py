"""One trace from a mention to what goes out because of it, through every stage and both ways of carrying it on."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from alerting.app import ALL_ROLES, Tocsin
from alerting.incidents.sql.store import open_store
from alerting.settings import DatabaseSettings, Settings
from alerting.trace_place import within
from streams.broker.base import Outgoing, Partition, Record
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.clock import SystemClock
from streams.kafka_topics import specs
from streams.lane_traces import DetectTraces, ScoreTraces
from streams.otel_tracing import OtelTracing
from streams.stages.detect_output import PLACE_HEADER
from streams.tracing import TRACEPARENT, traceparent_in
from tests.fakes.clock import FakeClock
from tests.fakes.stored import delivery, incident

CLOCK = SystemClock()
STAGES = ("score", "detect", "incident", "deliver")
MENTIONS, PARTIALS, DETECTIONS = Partition("mentions", 0), Partition("partials", 0), "detections"
OUTSIDE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    """Keeps every span."""
    return InMemorySpanExporter()


@pytest.fixture
def tracing(exporter: InMemorySpanExporter) -> OtelTracing:
    """Gathers everything."""
    return OtelTracing("test", share=1.0, exporter=exporter)


def trace_of(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context is not None
    return context.trace_id


def whole_trace(spans: tuple[ReadableSpan, ...]) -> list[ReadableSpan]:
    """The spans of the first trace that came all the way, in its order; empty where none did yet."""
    by_trace: dict[int, dict[str, ReadableSpan]] = {}
    for span in spans:
        by_trace.setdefault(trace_of(span), {})[span.name] = span
    return next(([found[name] for name in STAGES] for found in by_trace.values() if set(STAGES) <= set(found)), [])


async def test_a_canary_leaves_one_trace_through_every_stage(
    tmp_path: Path, exporter: InMemorySpanExporter, tracing: OtelTracing
) -> None:
    document: dict[str, Any] = {
        "kafka": {"bootstrap_servers": "memory", "guarantee": "at_least_once", "partitions": 1},
        "database": {"url": f"sqlite:///{tmp_path}/tocsin.db"},
        "api": {"port": 0},
        "canary": {"interval_seconds": 1},
    }
    settings, stop = Settings.model_validate(document), asyncio.Event()
    async with MemoryBroker(MemoryCluster()) as broker:
        await broker.create_topics(specs(settings))
        process = Tocsin(settings, ALL_ROLES, broker=broker, clock=CLOCK, announce_key=lambda _: None, tracing=tracing)
        async with asyncio.TaskGroup() as group, asyncio.timeout(60):
            group.create_task(process.run(stop))
            while not whole_trace(exporter.get_finished_spans()):
                await CLOCK.sleep(0.05)
            stop.set()

    found = whole_trace(exporter.get_finished_spans())
    parents = [span.parent.span_id if span.parent else None for span in found]
    contexts = [context for span in found if (context := span.get_span_context()) is not None]
    assert parents == [None, *(context.span_id for context in contexts[:-1])]


def test_a_mention_that_brings_a_place_along_is_continued(tracing: OtelTracing, exporter: InMemorySpanExporter) -> None:
    score, detect = ScoreTraces(tracing, PARTIALS.kafka_topic), DetectTraces(tracing, DETECTIONS)
    score.took_in([Record(MENTIONS, 0, None, b"", 0), Record(MENTIONS, 1, None, b"", 0, headers(OUTSIDE))])
    [pack, state] = score.marked([Outgoing(PARTIALS.kafka_topic, None, b""), Outgoing("state", None, b"")])
    detect.took_in([Record(PARTIALS, 7, None, b"", 0, pack.headers), Record(PARTIALS, 8, None, b"", 0)])
    decided = [Outgoing(DETECTIONS, b"refunds", b"", ((PLACE_HEADER, f"0:{at}".encode()),)) for at in (7, 8)]

    [traced, untraced] = detect.marked(decided)

    assert {trace_of(span) for span in exporter.get_finished_spans()} == {int(OUTSIDE.split("-")[1], 16)}
    assert traceparent_in(traced.headers).split("-")[1] == OUTSIDE.split("-")[1]
    assert (state.headers, untraced) == ((), decided[1])


def headers(place: str) -> tuple[tuple[str, bytes], ...]:
    return ((TRACEPARENT, place.encode()),)


def test_an_unreadable_place_begins_a_trace_of_its_own(tracing: OtelTracing) -> None:
    assert tracing.begin("score", "00-nonsense\x00<b>").traceparent.startswith("00-")


async def test_what_goes_into_the_outbox_keeps_its_place(tmp_path: Path, tracing: OtelTracing) -> None:
    store = await open_store(DatabaseSettings(url=f"sqlite:///{tmp_path}/tocsin.db"), FakeClock())
    span = tracing.begin("incident")
    async with store.begin() as unit:
        await unit.save(incident(1), [], expected_revision=None)
        with within(span):
            await unit.enqueue([delivery("one", incident(1))])
        await unit.enqueue([delivery("two", incident(1), notifier="other")])

    kept = {one.id: one.trace for one in await store.deliveries(incident(1).id)}
    await store.close()

    assert kept == {"one": span.traceparent, "two": ""}


def test_what_is_off_imports_nothing_of_it() -> None:
    program = "import sys; import alerting.app, alerting.alert_parts; print('opentelemetry.sdk' in sys.modules)"

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert said.stdout.strip() == "False"
