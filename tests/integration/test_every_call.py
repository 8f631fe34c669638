"""Whatever is asked of the API, what it answers is what its description promises, and never that it failed."""

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from streams.clock import SystemClock
from tests.fakes.api_cases import ApiCase, api_cases
from tests.fakes.asgi_client import Answer, AsgiClient
from tests.fakes.stored import entry, incident
from tests.fakes.whole_api import sqlite_in, whole_api

pytestmark = [pytest.mark.integration, pytest.mark.timeout(3600)]

RUNS: Final = 27 if os.environ.get("TOCSIN_SOAK") else 1  # 50,000 calls, for no run has quite 2,000
CALLS: Final = 2_000  # of each run
TOPICS: Final = [{"id": f"topic-{n}", "name": f"Topic {n}", "query": f"word{n}", "brand": "Acme"} for n in range(5)]
INCIDENTS: Final = [incident(number) for number in range(5)]  # each of the topic of its number
ENDLESS: Final = "/api/v1/events"


async def answer_to(case: ApiCase, client: AsgiClient) -> Answer:
    """Of a live stream only its beginning."""
    if not case.operation.endswith(ENDLESS):
        return await client.request(case.method, case.target, case.headers, case.body)
    async with client.stream(case.target, **case.headers) as (answer, chunks):
        if answer.status != 200:
            answer.body = "".join([chunk async for chunk in chunks]).encode()
        return answer


@pytest.mark.parametrize("run", range(RUNS))
async def test_every_answer_is_one_that_the_description_promises(tmp_path: Path, run: int) -> None:
    broken: list[str] = []
    statuses: Counter[int] = Counter()
    operations: set[str] = set()
    async with whole_api(sqlite_in(tmp_path), SystemClock(), topics=TOPICS) as house:
        async with house.store.begin() as unit:
            for one in INCIDENTS:
                await unit.save(one, [entry(one)], expected_revision=None)
        known = {"incident_id": [one.id for one in INCIDENTS], "topic": [one.topic for one in INCIDENTS]}
        for case in api_cases(house.app.openapi(), number=CALLS, number_of=run, known=known):
            async with asyncio.timeout(30):
                answer = await answer_to(case, house.client)
            broken += case.broken_promises(answer)
            statuses[answer.status] += 1
            operations.add(case.operation)

    print(f"\n{statuses.total()} calls of {len(operations)} operations: {dict(sorted(statuses.items()))}")
    assert broken == []
    assert statuses.total() >= 0.95 * CALLS  # a few operations have fewer calls than others
    assert statuses[200] > 0.2 * statuses.total()
