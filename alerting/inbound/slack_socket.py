"""Slack's Socket Mode: a connection that we open brings what people press; no port has to be reached from outside."""

import asyncio
from typing import Final

import aiohttp
import msgspec
import structlog

from alerting.errors import AlertingError, DatabaseUnavailable
from alerting.inbound.front_desk import FrontDesk
from alerting.inbound.request import Ending, Vendor
from alerting.inbound.slack_presses import read_press
from alerting.inbound.slack_replies import SlackReplies
from alerting.metrics import AlertingMetrics
from alerting.notifiers.egress import Egress
from alerting.notifiers.http import Body, Outbound
from streams.backoff import Backoff, sleep_unless
from streams.clock import Clock

log = structlog.get_logger(__name__)

_SECONDS: Final = 10.0
_HEARTBEAT_SECONDS: Final = 20.0
_LARGEST_MESSAGE: Final = 1_000_000


class _Opened(msgspec.Struct):
    ok: bool
    url: str = ""
    error: str = ""


class _Envelope(msgspec.Struct):
    type: str = ""
    envelope_id: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"{}")


class SlackSocket:
    """Keeps one connection to Slack open and carries out what comes over it.

    A press is confirmed to Slack after it was carried out; what was not confirmed Slack sends again, to this process or
    to another, and it acts once.

    Args:
        app_token: An app-level token, a secret.
        api_url: Where Slack is; ends with a slash.
    """

    def __init__(
        self,
        *,
        app_token: str,
        api_url: str,
        desk: FrontDesk,
        replies: SlackReplies,
        clock: Clock,
        egress: Egress,
        metrics: AlertingMetrics,
    ) -> None:
        self._app_token = app_token
        self._desk = desk
        self._replies = replies
        self._clock = clock
        self._outbound = Outbound(f"{api_url}apps.connections.open", provider="Slack", clock=clock, egress=egress)
        self._connected = metrics.slack_socket
        self._backoff = Backoff(first_seconds=1.0, cap_seconds=30.0)

    def __repr__(self) -> str:
        return "SlackSocket()"

    async def run(self, stop: asyncio.Event) -> None:
        """Stay connected until `stop`; whatever breaks is opened again."""
        try:
            async with asyncio.TaskGroup() as group:
                while not stop.is_set():
                    try:
                        await self._connection(stop, group)
                    except (AlertingError, aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
                        reason = str(exc) if isinstance(exc, AlertingError) else type(exc).__name__
                        log.warning("slack_socket.down", reason=reason)
                        await sleep_unless(stop, self._backoff.next_seconds(), self._clock)
        finally:
            await self._outbound.close()

    async def _connection(self, stop: asyncio.Event, group: asyncio.TaskGroup) -> None:
        """One connection from its opening to its end."""
        url = await self._ask_for_address()
        async with (
            asyncio.timeout(_SECONDS) as opening,
            self._outbound.session.ws_connect(
                url, heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_LARGEST_MESSAGE
            ) as socket,
        ):
            opening.reschedule(None)
            closing = group.create_task(_close_on(stop, socket), name="slack_socket.stop")
            try:
                await self._listen(socket, group)
            finally:
                self._connected.set(0)
                closing.cancel()

    async def _ask_for_address(self) -> str:
        answer = await self._outbound.post(
            Body(b""), headers={"Authorization": f"Bearer {self._app_token}"}, timeout_seconds=_SECONDS
        )
        if answer.status != 200:
            raise self._outbound.failure(answer)
        opened = msgspec.json.decode(answer.body, type=_Opened)
        if not opened.ok or not opened.url.startswith(("wss://", "ws://")):
            raise AlertingError(f"Slack refused: {opened.error[:60] if opened.error.isidentifier() else 'no address'}")
        return opened.url

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse, group: asyncio.TaskGroup) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            envelope = msgspec.json.decode(message.data, type=_Envelope)
            if envelope.type == "hello":
                log.info("slack_socket.up")
                self._connected.set(1)
                self._backoff.reset()
            elif envelope.type == "disconnect":
                return  # Slack moves its connections now and then; the next one is opened at once.
            elif envelope.envelope_id:
                await self._take(envelope, socket, group)

    async def _take(
        self, envelope: _Envelope, socket: aiohttp.ClientWebSocketResponse, group: asyncio.TaskGroup
    ) -> None:
        try:
            press = read_press(bytes(envelope.payload)) if envelope.type == "interactive" else None
            reply = await self._desk.serve(press.request) if press is not None else None
        except ValueError:
            self._desk.count(Vendor.SLACK, Ending.UNREADABLE)
            press = reply = None
        except DatabaseUnavailable as exc:
            log.warning("inbound.not_done", vendor="slack", reason=str(exc))
            return  # not confirmed: Slack sends it again
        await socket.send_json({"envelope_id": envelope.envelope_id})
        if press is not None and reply is not None and reply.text:
            group.create_task(self._replies.tell(press.response_url, reply.text), name="slack_socket.reply")


async def _close_on(stop: asyncio.Event, socket: aiohttp.ClientWebSocketResponse) -> None:
    await stop.wait()
    await socket.close()
