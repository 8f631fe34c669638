"""What every store keeps of answers, on SQLite and on Postgres."""

from datetime import timedelta

import msgspec

from alerting.incidents.reply_store import Drawn
from alerting.incidents.sql.store import SqlStore
from streams.public_reply import PublicReply
from tests.fakes.clock import START
from tests.fakes.heard_replies import HeardReplies

OURS = 2**64 - 1
REPLIES = [
    PublicReply("x:9", ("x:7", "x:1"), START, brand="Acme", author_number=OURS, text="We are on it", likes=3),
    PublicReply("x:8", ("x:6",), START - timedelta(hours=1), author_number=OURS, signature=tuple(range(32))),
    PublicReply("x:a", (), START, to="x:9", author_number=4, polarity=-0.6, text="a joke"),
    PublicReply("x:b", (), START, to="x:9", author_number=5, polarity=0.4),
    PublicReply("x:c", (), START, to="x:7", author_number=6),
]


async def test_the_store_and_its_fake_find_the_same(store: SqlStore) -> None:
    fake = HeardReplies(REPLIES)
    async with store.begin() as unit:
        await unit.record_replies(REPLIES)

    for asked in (store.replies, fake):
        assert await asked.any_own()
        assert set(await asked.to(["x:7", "x:9"], limit=9)) == {REPLIES[0], *REPLIES[2:]}
        assert await asked.to(["x:1"], limit=9) == (REPLIES[0],)
        by_brand = await asked.own("Acme", [], since=START - timedelta(days=1), limit=9)
        assert (by_brand.total, by_brand.read) == (1, (REPLIES[0],))
        by_account = await asked.own(None, [OURS], since=START - timedelta(days=1), limit=1)
        assert (by_account.total, len(by_account.read)) == (2, 1)
        assert (await asked.own(None, [OURS], since=START, limit=9)).read == (REPLIES[0],)
        assert await asked.drawn(["x:9", "x:7", "x:5"]) == {"x:9": Drawn(2, 2, 2, 1), "x:7": Drawn(1, 1, 0, 0)}


async def test_what_is_taken_back_and_who_is_erased_is_gone(store: SqlStore) -> None:
    nothing = await store.replies.any_own()
    async with store.begin() as unit:
        await unit.record_replies(REPLIES)
    async with store.begin() as unit:
        await unit.record_replies([PublicReply("x:9", (), START, deleted=True)])

    erased = await store.erase_author(4)

    assert not nothing
    assert erased == 1
    assert [one.mention for one in await store.replies.to(["x:7", "x:9"], limit=9)] in (["x:b", "x:c"], ["x:c", "x:b"])
    assert await store.answered(["x:7", "x:1", "x:6"]) == {"x:6": START - timedelta(hours=1)}


async def test_a_newer_version_replaces_an_older_one(store: SqlStore) -> None:
    first = msgspec.structs.replace(REPLIES[0], seq=1)
    second = msgspec.structs.replace(first, seq=2, likes=400, answers=("x:5",))
    async with store.begin() as unit:
        await unit.record_replies([first])
    async with store.begin() as unit:
        await unit.record_replies([second, first])

    assert await store.replies.to(["x:5", "x:7"], limit=9) == (second,)
