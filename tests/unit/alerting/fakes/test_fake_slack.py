"""The fake is as strict as Slack where it matters, or messages pass here that Slack would refuse."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from alerting.fakes.slack import FakeSlack
from alerting.fakes.slack_rules import refusal_of, seen_text
from tests.fakes.clock import START, FakeClock

TOKEN = "xoxb-1"


def text(length: int, kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": kind, "text": "x" * length}


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(FakeClock(), token=TOKEN, channels={"comms-now": "C0123456789"}) as fake:
        yield fake


async def call(slack: FakeSlack, method: str, token: str = TOKEN, **arguments: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{slack.api_url}{method}", json=arguments) as response,
    ):
        answer: dict[str, Any] = await response.json()
        return answer


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "header", "text": text(151, "plain_text")}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "header", "text": text(10)}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "section", "text": text(3001)}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "section", "text": text(0)}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "section", "fields": [text(1)] * 11}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "section", "text": text(2700)}] * 5}, "msg_blocks_too_long"),
        ({"text": "x", "metadata": {"event_type": "t"}}, "invalid_metadata_format"),
        ({"text": "x", "blocks": [{"type": "section", "text": text(3000)}]}, None),
    ],
)
def test_refuses_what_slack_refuses(arguments: dict[str, Any], error: str | None) -> None:
    assert refusal_of(arguments) == error


async def test_lets_only_its_own_token_in(slack: FakeSlack) -> None:
    assert (await call(slack, "auth.test"))["ok"] is True
    assert (await call(slack, "auth.test", token="xoxb-2"))["error"] == "invalid_auth"


async def test_finds_a_channel_by_name_only_for_posting(slack: FakeSlack) -> None:
    posted = await call(slack, "chat.postMessage", channel="#comms-now", text="hello")

    assert posted["channel"] == "C0123456789"
    assert (await call(slack, "conversations.history", channel="comms-now"))["error"] == "channel_not_found"
    assert (await call(slack, "chat.postMessage", channel="elsewhere", text="x"))["error"] == "channel_not_found"


async def test_two_messages_in_one_moment_have_timestamps_of_their_own(slack: FakeSlack) -> None:
    first = await call(slack, "chat.postMessage", channel="comms-now", text="one")
    second = await call(slack, "chat.postMessage", channel="comms-now", text="two")

    assert first["ts"] == f"{START.timestamp():.6f}"
    assert second["ts"] > first["ts"]


async def test_history_shows_the_newest_first_and_no_thread_replies(slack: FakeSlack) -> None:
    first = await call(slack, "chat.postMessage", channel="comms-now", text="one")
    await call(slack, "chat.postMessage", channel="comms-now", text="reply", thread_ts=first["ts"])
    await call(slack, "chat.postMessage", channel="comms-now", text="two")

    history = await call(slack, "conversations.history", channel="C0123456789")
    replies = await call(slack, "conversations.replies", channel="C0123456789", ts=first["ts"])

    assert [post["text"] for post in history["messages"]] == ["two", "one"]
    assert {post["text"] for post in replies["messages"]} == {"one", "reply"}


async def test_editing_what_is_not_there_is_refused(slack: FakeSlack) -> None:
    answer = await call(slack, "chat.update", channel="C0123456789", ts="1.0", text="x")

    assert answer["error"] == "message_not_found"


def test_shows_text_as_its_reader_sees_it() -> None:
    assert seen_text(":red_circle: *SEV1* &lt;b&gt; <https://a.test|Open>") == "🔴 SEV1 <b> Open"
