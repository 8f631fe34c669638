"""The servers that the fixtures promise."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from streams.broker.kafka import KafkaBroker
from tests.kafka.selection import KafkaUnderTest

pytestmark = pytest.mark.integration


async def test_every_test_gets_an_empty_postgres_database(postgres_database: str) -> None:
    engine = create_async_engine(postgres_database)
    async with engine.connect() as connection:
        tables = await connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
    await engine.dispose()

    assert tables == 0


async def test_there_is_a_kafka_that_answers(kafka: KafkaUnderTest, unique_name: str) -> None:
    async with KafkaBroker(kafka.settings) as broker:
        assert await broker.describe_topics([unique_name]) == {}
