"""A process that silences is killed in the middle of it: each silence that was answered holds afterwards."""

import asyncio
import sys
from pathlib import Path

import pytest

from alerting.incidents.sql.store import open_store
from alerting.settings import DatabaseSettings
from streams.clock import SystemClock

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
ANSWERED = 25


async def test_what_was_answered_holds_after_a_kill(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tocsin.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.silencing_process", url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    answered: list[str] = []
    try:
        async with asyncio.timeout(100):
            while len(answered) < ANSWERED:
                line = (await process.stdout.readline()).decode().strip()
                assert line, "the process ended by itself"
                answered += [line] if len(line) == 36 else []  # the others are its log
    finally:
        process.kill()
    rest, _ = await process.communicate()
    answered += [line for line in rest.decode().splitlines() if len(line) == 36]

    store = await open_store(DatabaseSettings(url=url), SystemClock())
    there = {one.id for one in await store.directives("silence", limit=10_000)}
    head = await store.audit_head()
    walk = store.chain.follow(head)
    for link in await store.audit_after(0, limit=100_000):
        walk.take(link)
    fault = walk.finish()
    await store.close()

    assert set(answered) <= there
    assert fault is None
    assert walk.verified == len(there)
