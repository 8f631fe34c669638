"""The two that the pager benchmark puts side by side, each as a process that can be killed."""

import asyncio
import json
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

import aiohttp
import psutil
from aiohttp import web
from prometheus_client import CollectorRegistry

from alerting.fakes.inbox import Inbox, InboxEntry
from alerting.fakes.script import Script
from alerting.fakes.server import LoopbackServer
from alerting.fakes.slack import FakeSlack
from alerting.incidents.sql.store import open_store
from alerting.metrics import AlertingMetrics
from alerting.routing.silence_wish import SilenceWish
from alerting.settings import DatabaseSettings, SilenceSettings
from alerting.silences import Silences
from streams.clock import SystemClock
from streams.codec import encode_detection
from streams.events import Detection, Phase
from tests.fakes.detections import detection
from tests.fakes.pager_process import TOKEN

ROOT: Final = Path(__file__).resolve().parents[2]
ALERTMANAGER: Final = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
POST: Final = "chat.postMessage"
HOOK: Final = "/hook"
CLOCK: Final = SystemClock()


class Rival(Protocol):
    """A pager with its vendor.

    Attributes:
        script: What the vendor does wrong.
        call: The vendor's call that posts a message.
    """

    script: Script
    call: str

    async def start(self, *, group_wait_seconds: float = 0.0) -> None:
        """Run, on what an earlier run left on disk."""
        ...

    async def raise_alerts(self, count: int) -> None:
        """Hand in so many alerts and return when they are accepted."""
        ...

    async def end_alerts(self, count: int) -> None:
        """They are over."""
        ...

    async def silence(self) -> None:
        """Nobody wants to hear of the first alert for an hour; returns when that is accepted."""
        ...

    async def silences(self) -> int:
        """How many are known."""
        ...

    async def kill(self) -> None:
        """As `kill -9`."""
        ...

    @property
    def messages(self) -> int:
        """How many messages people see."""
        ...


class _NobodyLooks:
    """Open incidents are looked at by the process that works."""

    async def look(self) -> None:
        """Nothing."""


class OurPager:
    """Tocsin's intake, delivery and rescue on SQLite, telling a fake Slack."""

    def __init__(self, folder: Path) -> None:
        self._database = f"sqlite:///{folder}/tocsin.db"
        self.slack = FakeSlack(CLOCK, token=TOKEN, inbox=Inbox(limit=10_000), remembered=100_000)
        self.script = self.slack.script
        self.call = POST
        self._process: asyncio.subprocess.Process | None = None
        self._lines: list[bytes] = []

    async def __aenter__(self) -> Self:
        await self.slack.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()
        await self.slack.__aexit__(kind, error, trace)

    async def start(self, *, group_wait_seconds: float = 0.0) -> None:
        """Run. Kafka keeps what it has: every detection so far is offered again."""
        command = (sys.executable, "-m", "tests.fakes.pager_process", self._database, self.slack.api_url)
        self._process = await asyncio.create_subprocess_exec(
            *command,
            str(group_wait_seconds),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
        )
        await self._until("ready")
        await self._write(self._lines)

    async def feed(self, detections: Sequence[Detection]) -> None:
        """Hand them in, and do not wait."""
        lines = [encode_detection(claim) + b"\n" for claim in detections]
        self._lines += lines
        await self._write(lines)

    async def raise_alerts(self, count: int) -> None:
        """One detection for each."""
        await self.feed(
            [detection(topic=f"topic-{number}", episode=f"e{number}", start=CLOCK.now()) for number in range(count)]
        )
        await self._until(f"accepted {len(self._lines)}")

    async def end_alerts(self, count: int) -> None:
        """The detectors say that it is over."""
        ended = [
            detection(Phase.ENDED, topic=f"topic-{number}", episode=f"e{number}", sequence=1, start=CLOCK.now())
            for number in range(count)
        ]
        await self.feed(ended)
        await self._until(f"accepted {len(self._lines)}")

    async def kill(self) -> None:
        """As `kill -9`."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def silence(self) -> None:
        """Nobody wants to hear of topic 0 for an hour."""
        store = await open_store(DatabaseSettings(url=self._database), CLOCK)
        metrics = AlertingMetrics(CollectorRegistry())
        wish = SilenceWish(("topic=topic-0",), "bench", CLOCK.now() + timedelta(hours=1), confirmed=True)
        await Silences(store, _NobodyLooks(), SilenceSettings(), CLOCK, metrics).add(wish, by="bench")
        await store.close()

    async def silences(self) -> int:
        """How many there are."""
        store = await open_store(DatabaseSettings(url=self._database), CLOCK)
        found = await store.directives("silence", limit=10)
        await store.close()
        return len(found)

    def resident_bytes(self) -> int:
        """How much memory the process has now."""
        assert self._process is not None
        return int(psutil.Process(self._process.pid).memory_info().rss)

    @property
    def messages(self) -> int:
        """Messages in the channel."""
        return len(self.slack.inbox.entries())

    async def _write(self, lines: Sequence[bytes]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.writelines(lines)
        await self._process.stdin.drain()

    async def _until(self, said: str) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            while (line := (await self._process.stdout.readline()).decode().strip()) != said:
                assert line, "the process ended"


class Alertmanager:
    """Debian's prometheus-alertmanager as it comes, telling a fake incoming webhook of Slack."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.script = Script()
        self.call = HOOK
        self.inbox = Inbox()
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._server = LoopbackServer(
            {HOOK: self._take},
            name_of=lambda path: path,
            refuse=lambda status, error: web.Response(status=status, text=error),
            clock=CLOCK,
            script=self.script,
        )

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()
        await self._server.stop()

    async def start(self, *, group_wait_seconds: float = 0.0) -> None:
        """Run with its defaults, but for the group wait; every alert is a group of its own, as with us."""
        assert ALERTMANAGER is not None
        (self._folder / "am.yml").write_text(
            "route: {receiver: slack, group_by: [alertname], "
            f"group_wait: {group_wait_seconds:g}s}}\n"
            "receivers: [{name: slack, slack_configs: "
            f"[{{api_url: '{self._server.url}{HOOK}', channel: '#c', send_resolved: true}}]}}]\n",
            encoding="utf-8",
        )
        self._port = _free_port()
        self._process = await asyncio.create_subprocess_exec(
            ALERTMANAGER,
            f"--config.file={self._folder}/am.yml",
            f"--storage.path={self._folder}/am",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--cluster.listen-address=",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(30):
            while not await self._ready():
                await CLOCK.sleep(0.05)

    async def raise_alerts(self, count: int) -> None:
        """Its API takes them at once."""
        await self._call("alerts", [_alert(number, ends_at=None) for number in range(count)])

    async def end_alerts(self, count: int) -> None:
        """The same alerts, ended."""
        await self._call("alerts", [_alert(number, ends_at=CLOCK.now()) for number in range(count)])

    async def silence(self) -> None:
        """Nobody wants to hear of alert 0 for an hour."""
        now = CLOCK.now()
        matcher = {"name": "alertname", "value": "alert-0", "isRegex": False}
        body = {
            "matchers": [matcher],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "bench",
            "comment": "bench",
        }
        await self._call("silences", body)

    async def silences(self) -> int:
        """How many it knows."""
        async with aiohttp.ClientSession() as session, session.get(self._url("silences")) as answer:
            return len(await answer.json())

    async def kill(self) -> None:
        """As `kill -9`."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    @property
    def messages(self) -> int:
        """What the incoming webhook took."""
        return len(self.inbox.entries())

    async def _take(self, request: web.Request) -> web.Response:
        told = json.loads(await request.read())
        now = CLOCK.now()
        number = len(self.inbox.entries())
        title = str(told["attachments"][0].get("title"))
        self.inbox.put(InboxEntry(f"am:{number}", "slack", "#c", "posted", now, now, title=title))
        return web.Response(text="ok")

    async def _ready(self) -> bool:
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{self._port}/-/ready") as answer,
            ):
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def _call(self, what: str, body: Any) -> None:
        async with aiohttp.ClientSession() as session, session.post(self._url(what), json=body) as answer:
            assert answer.status == 200, await answer.text()

    def _url(self, what: str) -> str:
        return f"http://127.0.0.1:{self._port}/api/v2/{what}"


def _alert(number: int, *, ends_at: datetime | None) -> dict[str, Any]:
    alert: dict[str, Any] = {"labels": {"alertname": f"alert-{number}", "severity": "page"}}
    return alert | ({"endsAt": ends_at.isoformat()} if ends_at else {})


def _free_port() -> int:
    import socket  # noqa: PLC0415

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
