"""Answers that are remembered, in every database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from alerting.incidents.answer_store import Answer, Asked
from alerting.incidents.sql.store import SqlStore
from tests.fakes.clock import START

Opener = Callable[[], Awaitable[SqlStore]]
DAY = timedelta(days=1)
ASKED = Asked("jo", "k-1", "f" * 64, START)
ANSWER = Answer(201, (("content-type", "application/json"), ("etag", '"1"')), b'{"a": "\\u0000 \xe2\x80\xae"}')


async def test_only_the_first_claim_is_ours_and_everybody_sees_the_answer(store: SqlStore, another: Opener) -> None:
    other = await another()

    first = await store.answers.claim(ASKED, forget_before=START - DAY)
    second = await other.answers.claim(ASKED, forget_before=START - DAY)
    await store.answers.answered(msgspec.structs.replace(ASKED, answer=ANSWER))
    third = await other.answers.claim(ASKED, forget_before=START - DAY)

    assert first is None
    assert second == ASKED
    assert third == msgspec.structs.replace(ASKED, answer=ANSWER)


async def test_of_many_at_once_one_is_the_first(store: SqlStore, another: Opener) -> None:
    stores = [store, await another(), await another()]
    async with asyncio.TaskGroup() as group:
        claims = [
            group.create_task(one.answers.claim(ASKED, forget_before=START - DAY), name=f"claim {number}")
            for number, one in enumerate(stores * 5)
        ]

    assert [claim.result() for claim in claims].count(None) == 1


async def test_keys_belong_to_their_callers(store: SqlStore) -> None:
    await store.answers.claim(ASKED, forget_before=START - DAY)

    assert await store.answers.claim(msgspec.structs.replace(ASKED, caller="sam"), forget_before=START - DAY) is None


async def test_what_was_released_can_be_claimed_and_an_answer_cannot_be_released(store: SqlStore) -> None:
    await store.answers.claim(ASKED, forget_before=START - DAY)
    await store.answers.release(ASKED)
    again = await store.answers.claim(ASKED, forget_before=START - DAY)
    await store.answers.answered(msgspec.structs.replace(ASKED, answer=ANSWER))
    await store.answers.release(ASKED)

    assert again is None
    assert await store.answers.claim(ASKED, forget_before=START - DAY) is not None


async def test_what_is_old_is_forgotten(store: SqlStore) -> None:
    await store.answers.claim(ASKED, forget_before=START - DAY)
    later = msgspec.structs.replace(ASKED, at=START + DAY + timedelta(seconds=1))

    assert await store.answers.claim(later, forget_before=later.at - DAY) is None
