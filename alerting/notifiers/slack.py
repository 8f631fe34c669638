"""Slack: an incident is one message that edits itself and tells its story in its thread."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable
from alerting.incidents.model import Transition
from alerting.notifiers.base import Message, Receipt
from alerting.notifiers.egress import Egress
from alerting.notifiers.http import Outbound
from alerting.notifiers.slack_answers import (
    EVENT_TYPE,
    STORY_EVENT_TYPE,
    Refused,
    attempted,
    classified,
    metadata,
    told_by,
)
from alerting.notifiers.slack_blocks import fallback, message_blocks, story
from alerting.notifiers.slack_files import SlackFiles
from streams.clock import Clock

_SKEW: Final = timedelta(minutes=5)
_LONGEST_TRIED: Final = timedelta(days=8)  # `delivery.give_up_hours` is a week at most
_HISTORY_PAGES: Final = 3
_HISTORY_SHARE: Final = 0.4
_HISTORY_PAGE_SIZE: Final = 200
_REMEMBERED_DOUBTS: Final = 1000

_NOT_EDITABLE: Final = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive", "thread_not_found"}
)


class SlackNotifier:
    """A Slack channel, written to with a bot token.

    Posts twice only where nobody could have known better: what somebody may have tried before is first looked for in
    the channel's history, and a line of the thread in the thread, by their metadata. That covers an answer lost to this
    process, to an earlier one and to another one that shares the outbox. It needs `channels:history` (or
    `groups:history`) and the channel's id instead of its name; without them the message is sent anyway: better twice
    than never.

    Args:
        channel: An id (`C0123456789`) or a name; only an id survives a rename and lets history be asked.
        api_url: Where Slack is; ends with a slash.
        charts: Whether the incident's chart joins the thread as a picture; needs `files:write`.
        buttons: Whether the message carries buttons that act; they need an app whose interactivity gets here.
    """

    def __init__(
        self,
        *,
        channel: str,
        token: str,
        api_url: str,
        clock: Clock,
        egress: Egress,
        buttons: bool = False,
        charts: bool = False,
    ) -> None:
        self._channel = channel
        self._clock = clock
        self._outbound = Outbound(api_url, provider="Slack", clock=clock, egress=egress)
        self._token = token
        self._buttons = buttons
        self._api_url = api_url
        self._charts = charts
        self._files = SlackFiles(self._outbound, api_url=api_url, token=token)
        self._doubts: OrderedDict[str, str] = OrderedDict()

    def __repr__(self) -> str:
        return f"SlackNotifier({self.destination!r})"

    @property
    def kind(self) -> str:
        """`slack`."""
        return "slack"

    @property
    def destination(self) -> str:
        """The channel."""
        is_id = self._channel[:1] in {"C", "G", "D"} and self._channel.isupper()
        return self._channel if is_id or self._channel.startswith("#") else f"#{self._channel}"

    def wants(self, change: Transition) -> bool:
        """Everything that changes what people see."""
        return change is not Transition.UNCHANGED

    async def send(self, message: Message, *, reference: str | None, timeout_seconds: float) -> Receipt:
        """Post the message, or edit the one named by `reference` (`channel:ts`) and add to its thread."""
        try:
            async with self._outbound.attempt(timeout_seconds):
                receipt = await self._deliver(message, reference, timeout_seconds)
        except (DeliveryRetryable, DeliveryInDoubt):
            self._doubts[message.incident] = attempted(message)
            while len(self._doubts) > _REMEMBERED_DOUBTS:
                self._doubts.popitem(last=False)
            raise
        self._doubts.pop(message.incident, None)
        return receipt

    @property
    def shows_pictures(self) -> bool:
        """Whether charts are wanted here."""
        return self._charts

    async def show_picture(self, png: bytes, *, reference: str, title: str, timeout_seconds: float) -> None:
        """Add the picture to the thread of `channel:ts`."""
        channel, _, ts = reference.rpartition(":")
        await self._files.show(png, channel=channel, thread=ts, title=title, timeout_seconds=timeout_seconds)

    async def close(self) -> None:
        """Give the connections back."""
        await self._outbound.close()

    async def _deliver(self, message: Message, reference: str | None, timeout_seconds: float) -> Receipt:
        channel, _, ts = (reference or "").rpartition(":")
        posted_by = ""
        if not (channel and ts):
            found = await self._look_for(message, timeout_seconds * _HISTORY_SHARE)
            if found is None:
                return await self._post(message)
            channel, ts, revision, posted_by = found
            if revision >= message.revision:
                return Receipt(f"{channel}:{ts}")
        own_post = bool(posted_by) and posted_by == message.delivery
        try:
            await self._call(
                lambda client: client.chat_update(
                    channel=channel,
                    ts=ts,
                    text=fallback(message),
                    blocks=message_blocks(message, buttons=self._buttons),
                    metadata=metadata(message, EVENT_TYPE, posted_by),
                )
            )
        except Refused as refused:
            if refused.error not in _NOT_EDITABLE:
                raise
            if message.change is Transition.COUNTED:  # nothing there to keep current, and nothing to tell
                return Receipt(f"{channel}:{ts}")
            return await self._post(message)
        if not own_post:  # else the message itself is what was to be told
            await self._tell(message, channel, ts)
        return Receipt(f"{channel}:{ts}")

    async def _post(self, message: Message) -> Receipt:
        answer = await self._call(
            lambda client: client.chat_postMessage(
                channel=self._channel,
                text=fallback(message),
                blocks=message_blocks(message, buttons=self._buttons),
                metadata=metadata(message, EVENT_TYPE, message.delivery),
                unfurl_links=False,
                unfurl_media=False,
            )
        )
        return Receipt(f"{answer.get('channel') or self._channel}:{answer.get('ts')}")

    async def _tell(self, message: Message, channel: str, ts: str) -> None:
        """Add the change to the thread. Where this very delivery may have come so far before, look first."""
        line = story(message)
        if line is None:
            return
        doubted = message.again or self._doubts.get(message.incident) == attempted(message)
        if doubted and await self._told(message, channel, ts):
            return
        await self._call(
            lambda client: client.chat_postMessage(
                channel=channel,
                thread_ts=ts,
                # An edit notifies nobody; that it is back must reach the channel, not only the thread.
                reply_broadcast=message.change in {Transition.REOPENED, Transition.CALLED},
                text=line,
                metadata=metadata(message, STORY_EVENT_TYPE, message.delivery),
                unfurl_links=False,
                unfurl_media=False,
            )
        )

    async def _look_for(self, message: Message, timeout_seconds: float) -> tuple[str, str, int, str] | None:
        """Channel, ts, revision and first delivery of the incident's message, if it stands in the channel already."""
        if not (message.again or message.incident in self._doubts):
            return None
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._find(message)
        except TimeoutError:
            # With an attempt behind us, a page that waits is better than a page that may be the second one.
            raise DeliveryRetryable("Slack's history does not answer, and a message may stand there") from None
        except DeliveryRejected:
            return None  # No right to read here, or a name instead of an id: better twice than never.

    async def _find(self, message: Message) -> tuple[str, str, int, str] | None:
        oldest = str((message.opened_at - _SKEW).timestamp())
        cursor: str | None = None
        for _ in range(_HISTORY_PAGES):
            answer = await self._history(oldest, cursor)
            for post in answer.get("messages") or []:
                told = told_by(post, EVENT_TYPE, message.incident)
                if told is not None:
                    return self._channel, str(post["ts"]), *told
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return None

    async def _history(self, oldest: str, cursor: str | None) -> AsyncSlackResponse:
        return await self._call(
            lambda client: client.conversations_history(
                channel=self._channel, oldest=oldest, cursor=cursor, limit=_HISTORY_PAGE_SIZE, include_all_metadata=True
            )
        )

    async def _told(self, message: Message, channel: str, ts: str) -> bool:
        oldest = str((message.at - _LONGEST_TRIED).timestamp())
        cursor: str | None = None
        for _ in range(_HISTORY_PAGES):
            try:
                answer = await self._replies(channel, ts, oldest, cursor)
            except DeliveryRejected:
                return False  # no right to read: better twice than never
            posts = answer.get("messages") or []
            told = [told_by(post, STORY_EVENT_TYPE, message.incident) for post in posts]
            if any(one is not None and (one[1] or str(one[0])) == attempted(message) for one in told):
                return True
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return False

    async def _replies(self, channel: str, ts: str, oldest: str, cursor: str | None) -> AsyncSlackResponse:
        return await self._call(
            lambda client: client.conversations_replies(
                channel=channel,
                ts=ts,
                oldest=oldest,
                cursor=cursor,
                limit=_HISTORY_PAGE_SIZE,
                include_all_metadata=True,
            )
        )

    async def _call(self, method: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]) -> AsyncSlackResponse:
        client = AsyncWebClient(
            token=self._token,
            base_url=self._api_url,
            session=self._outbound.session,
            retry_handlers=[],
            # The library's own log shows what it sent and what came back, which may quote people and echo secrets.
            logger=logging.Logger("slack_sdk", logging.CRITICAL),  # noqa: LOG001  # one that nobody can turn on
        )
        client.proxy = None  # The session knows the proxies, and which hosts need none.
        # Causes are cut off on purpose (`from None`): the library's error carries the request, and with it the token.
        try:
            return await method(client)
        except SlackApiError as exc:
            raise classified(exc, self._clock) from None
        except aiohttp.InvalidURL:
            raise  # a ValueError too, but nothing was asked yet
        except (AttributeError, ValueError):
            raise DeliveryInDoubt("Slack's answer is not Slack's: is a proxy in between?") from None
