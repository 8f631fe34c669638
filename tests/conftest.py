"""Servers for integration tests: one Kafka and one Postgres for the whole session, started when first asked for."""

import gc
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from uuid import uuid4

import pytest
import pytest_asyncio
import structlog

from streams.broker.base import Guarantee
from streams.broker.embedded import EmbeddedKafka
from streams.errors import BrokerUnavailable
from tests.kafka.apache import ApacheKafka
from tests.kafka.jars import ApacheKafkaMissing
from tests.kafka.selection import TANSU_CANNOT, KafkaUnderTest, Kind, quick_settings, required
from tests.postgres.databases import databases_on
from tests.postgres.server import Postgres, PostgresMissing

_GARBAGE_THRESHOLDS = (10_000, 10, 10)
_kafka_used = pytest.StashKey[str]()


def _absent(what: str, message: str) -> None:
    if required(os.environ, what):
        pytest.fail(f"TOCSIN_REQUIRE_{what} is set, but: {message}", pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def apache_kafka_or_reason() -> Iterator[ApacheKafka | str]:
    """A running Apache Kafka node, or why there is none."""
    try:
        node = ApacheKafka().start()
    except ApacheKafkaMissing as exc:
        yield f"no Apache Kafka: {exc}"
        return
    try:
        yield node
    finally:
        node.close()


@pytest.fixture(scope="session")
def apache_kafka(apache_kafka_or_reason: ApacheKafka | str) -> ApacheKafka:
    """The session's Apache Kafka node; a test may kill it and must leave it running."""
    if isinstance(apache_kafka_or_reason, str):
        _absent("KAFKA", apache_kafka_or_reason)
    assert isinstance(apache_kafka_or_reason, ApacheKafka)
    return apache_kafka_or_reason


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tansu() -> AsyncIterator[EmbeddedKafka]:
    """The session's embedded broker."""
    embedded = EmbeddedKafka()
    try:
        await embedded.__aenter__()
    except BrokerUnavailable as exc:
        pytest.skip(str(exc))
    try:
        yield embedded
    finally:
        await embedded.__aexit__(None, None, None)


@pytest.fixture(scope="session")
def _kafka(request: pytest.FixtureRequest) -> KafkaUnderTest:
    named = os.environ.get("TOCSIN_TEST_KAFKA")
    if named:
        chosen = KafkaUnderTest(Kind.NAMED, quick_settings(named))
    else:
        node: ApacheKafka | str = request.getfixturevalue("apache_kafka_or_reason")
        if isinstance(node, ApacheKafka):
            chosen = KafkaUnderTest(Kind.APACHE, quick_settings(node.bootstrap_servers))
        elif required(os.environ, "KAFKA"):
            pytest.fail(f"TOCSIN_REQUIRE_KAFKA is set, but: {node}", pytrace=False)
        else:
            embedded: EmbeddedKafka = request.getfixturevalue("tansu")
            settings = quick_settings(embedded.bootstrap_servers, Guarantee.AT_LEAST_ONCE)
            chosen = KafkaUnderTest(Kind.TANSU, settings, reason=node)
    told = f"{chosen.kind} at {chosen.settings.bootstrap_servers}"
    request.config.stash[_kafka_used] = f"{told} ({chosen.reason}; {TANSU_CANNOT})" if chosen.reason else told
    return chosen


@pytest.fixture
def kafka(request: pytest.FixtureRequest, _kafka: KafkaUnderTest) -> KafkaUnderTest:
    """The best Kafka there is: the named one, else Apache Kafka, else Tansu; tests marked `apache` skip on Tansu."""
    if _kafka.kind is Kind.TANSU and request.node.get_closest_marker("apache") is not None:
        pytest.skip(f"{TANSU_CANNOT}; {_kafka.reason}")
    return _kafka


@pytest.fixture
def unique_name(request: pytest.FixtureRequest) -> str:
    """A name that no other test and no earlier run uses, for Kafka topics and groups."""
    test: str = request.node.name
    return f"{''.join(letter if letter.isalnum() else '-' for letter in test)[:60].strip('-')}-{uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A Postgres server, `postgresql+asyncpg://`, with the right to create databases."""
    named = os.environ.get("TOCSIN_TEST_POSTGRES")
    if named:
        yield named
        return
    server = Postgres()
    try:
        try:
            server.start()
        except PostgresMissing as exc:
            _absent("POSTGRES", f"no Postgres: {exc}")
        yield server.url
    finally:
        server.close()


@pytest.fixture
async def postgres_databases(postgres_url: str) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Makes an empty database with every call and answers its URL; all of them are dropped afterwards."""
    async with databases_on(postgres_url) as made:
        yield made


@pytest.fixture
async def postgres_database(postgres_databases: Callable[[], Awaitable[str]]) -> str:
    """The URL of an empty database of this test's own, dropped afterwards."""
    return await postgres_databases()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    used = config.stash.get(_kafka_used, None)
    if used is not None:
        terminalreporter.write_line(f"Kafka under test: {used}")


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """What a test sets up of logging ends with it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def pytest_collection_finish() -> None:
    """Look through the heap of thousands of collected tests once, not again and again while they run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
