"""The demo: its parts put together, its story told, everything taken apart again."""

import asyncio
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from alerting.app import ALL_ROLES, Running, Tocsin
from alerting.cli.contact_sending import send_contacts
from alerting.cli.demo_parts import LEAD, LEAD_AFTER_MINUTES, PHONES, DemoBroker, demo_broker, demo_settings
from alerting.cli.demo_screen import DemoScreen, Progress
from alerting.cli.serve import stop_on_signals
from alerting.cli.tables import literal
from alerting.fakes.inbox import Inbox
from alerting.fakes.ntfy import FakeNtfy
from alerting.fakes.pagerduty import FakePagerDuty
from alerting.fakes.slack import FakeSlack
from alerting.incidents.model import Incident
from alerting.incidents.store import IncidentFilter
from alerting.oncall.roster import Roster
from alerting.settings import Settings
from streams import codec
from streams.backoff import sleep_unless
from streams.broker.base import Outgoing
from streams.clock import SystemClock
from streams.events import PartialCount
from streams.kafka_topics import specs
from streams.produce import load_history
from streams.sentiment.registry import scorer_of
from streams.simulate.callers import Callers
from streams.simulate.care import HURRIED, Care, account_of
from streams.simulate.refund_outage import refund_outage
from streams.simulate.world import World

HISTORY_DAYS: Final = 7
_TOKEN: Final = "xoxb-demo"  # noqa: S105  # of the fake Slack
_ROUTING_KEY: Final = "d" * 32
_PHONES_TOKEN: Final = "tk_demo"  # noqa: S105  # of the fake ntfy
_REFRESH_SECONDS: Final = 0.5
_CALM_LOOKS: Final = 3


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What can be chosen; see `tocsin demo --help`."""

    seconds: float | None
    port: int
    broker: str
    crisis_after: float
    seed: int


class Demo:
    """One run of the demo. Times are seconds since the prompt."""

    def __init__(self, options: DemoOptions, console: Console) -> None:
        self._options = options
        self._console = console
        self._clock = SystemClock()
        self._began = self._clock.monotonic()
        self._stop = asyncio.Event()
        self._inbox = Inbox()
        self._scenario = refund_outage(crisis_after_seconds=options.crisis_after)
        self._phase = "starting"
        self._history = (0, 0.0)
        self._produced = 0
        self._crisis_at: float | None = None
        self._first_page_at: float | None = None
        self._known: dict[str, tuple[str, int, int]] = {}

    @property
    def elapsed(self) -> float:
        """Seconds since the prompt."""
        return self._clock.monotonic() - self._began

    async def run(self) -> None:
        """Until the time is up or Ctrl-C; a summary stands in the last lines.

        Raises:
            BrokerUnavailable: The embedded broker was asked for and there is none for this platform.
            InvalidConfig: The port is taken.
        """
        stop_on_signals(self._stop)
        key = secrets.token_urlsafe(18)
        async with AsyncExitStack() as parts:
            folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-demo-")))
            slack = await parts.enter_async_context(FakeSlack(self._clock, token=_TOKEN, inbox=self._inbox))
            pager = await parts.enter_async_context(
                FakePagerDuty(self._clock, routing_key=_ROUTING_KEY, service="Payments on-call", inbox=self._inbox)
            )
            phones = await parts.enter_async_context(
                FakeNtfy(self._clock, token=_PHONES_TOKEN, inbox=self._inbox, phones=PHONES)
            )
            broker = await parts.enter_async_context(demo_broker(self._options.broker, self._clock))
            port = self._options.port
            settings = demo_settings(
                self._scenario,
                broker.settings,
                folder=folder,
                key=key,
                port=port,
                slack=slack,
                slack_token=_TOKEN,
                pager=pager,
                routing_key=_ROUTING_KEY,
                phones=phones,
                phones_token=_PHONES_TOKEN,
                public_url=f"http://127.0.0.1:{port}/" if port else None,
            )
            await broker.producing.create_topics(specs(settings))
            await self._run_on(broker, settings, key)

    async def _run_on(self, broker: DemoBroker, settings: Settings, key: str) -> None:
        process = Tocsin(
            settings,
            ALL_ROLES,
            broker=broker.consuming,
            clock=self._clock,
            announce_key=lambda _: None,
            inbox=self._inbox,
        )
        async with asyncio.TaskGroup() as group:
            working = group.create_task(process.run(self._stop), name="tocsin")
            running = await process.until_started()
            address = running.addresses["api"]
            banner = (
                f"Console  {address}/   key: {key}",
                f"API      {address}/api/v1/incidents   metrics: {address}/metrics",
                f"Broker   {broker.words}",
                f"On call  {_on_call(settings, self._clock.now())}, then {LEAD} {LEAD_AFTER_MINUTES} min later",
                "",
            )
            with DemoScreen(self._console, banner) as screen:
                async with asyncio.TaskGroup() as acts:
                    acts.create_task(self._show(screen, running), name="demo.screen")
                    acts.create_task(self._watch_inbox(screen), name="demo.inbox")
                    acts.create_task(self._simulate(broker, settings, process, running), name="demo.world")
                    if self._options.seconds is not None:
                        acts.create_task(self._end_after(self._options.seconds), name="demo.end")
                incidents = () if working.done() else await _incidents(running)
            summary = tuple(self._summary(incidents, running, broker.words))
        self._console.print(Text("Summary"))
        for label, said in summary:
            self._console.print(Text(f"  {label:<11}") + literal(said), soft_wrap=True)

    async def _simulate(self, broker: DemoBroker, settings: Settings, process: Tocsin, running: Running) -> None:
        """Seven days at once by the history path, then life second by second."""
        await process.until_ready()
        self._phase = f"loading {HISTORY_DAYS} days of history"
        began = self.elapsed
        origin = self._clock.now().replace(second=0, microsecond=0) - timedelta(days=HISTORY_DAYS)
        scorer = scorer_of(settings.score)
        past = World(
            refund_outage(crisis_after_seconds=float("inf")),
            origin,
            self._options.seed,
            polarity_of=lambda text: scorer.score(text, "en"),
        )
        loaded = 0
        for _ in range(HISTORY_DAYS * 24):
            loaded += await load_history(_an_hour_of(past), broker.producing, settings)
            if self._stop.is_set():
                return
        await self._until_read(running)
        self._history = (loaded, self.elapsed - began)
        now = self._clock.now()
        callers = Callers(self._scenario, now, self._options.seed)
        await send_contacts(broker.producing, settings.kafka, callers.past(HISTORY_DAYS))
        care = Care(HURRIED, account=account_of(self._scenario.brand), start=now, seed=self._options.seed)
        await self._live(World(self._scenario, now, self._options.seed, care=care), callers, broker, settings)

    async def _until_read(self, running: Running) -> None:
        """Return when the history is read: what breaks before the past is known cannot be told from it."""
        self._phase = f"reading {HISTORY_DAYS} days of history"
        read = 0
        while read < _CALM_LOOKS and not self._stop.is_set():
            read = 0 if _lag(running) else read + 1
            await sleep_unless(self._stop, _REFRESH_SECONDS, self._clock)

    async def _live(self, world: World, callers: Callers, broker: DemoBroker, settings: Settings) -> None:
        self._phase = "live: a usual day at the shop"
        began = self._clock.monotonic()
        self._crisis_at = self.elapsed + self._options.crisis_after
        second = 0
        while not self._stop.is_set():
            second += 1
            mentions = list(world.mentions(1))
            topic = settings.kafka.mentions
            await broker.producing.send(
                [Outgoing(topic, mention.key.encode(), codec.encode_mention(mention)) for mention in mentions]
            )
            self._produced += len(mentions)
            await send_contacts(broker.producing, settings.kafka, callers.calls(1))
            if self.elapsed >= self._crisis_at:
                self._phase = f"live: refunds at {self._scenario.brand} stopped arriving"
            await sleep_unless(self._stop, began + second - self._clock.monotonic(), self._clock)

    async def _show(self, screen: DemoScreen, running: Running) -> None:
        while not self._stop.is_set():
            registry = running.registry
            open_incidents = sum(
                sample.value
                for family in registry.collect()
                if family.name == "tocsin_incidents_open"
                for sample in family.samples
            )
            screen.show(
                Progress(
                    elapsed_seconds=self.elapsed,
                    phase=self._phase,
                    per_second=running.pulse().mentions_per_second or 0.0,
                    lag=_lag(running),
                    topics=len(self._scenario.topics),
                    open_incidents=int(open_incidents),
                )
            )
            await sleep_unless(self._stop, _REFRESH_SECONDS, self._clock)

    async def _watch_inbox(self, screen: DemoScreen) -> None:
        """Tell each page, edit and reply as its recipient gets it."""
        while not self._stop.is_set():
            for entry in reversed(self._inbox.entries()):
                stands = (entry.state, entry.edits, len(entry.replies))
                if self._known.get(entry.id) == stands:
                    continue
                if entry.id not in self._known and self._first_page_at is None:
                    self._first_page_at = self.elapsed
                self._known[entry.id] = stands
                screen.page(self.elapsed, f"{entry.vendor} {entry.to}: {entry.state}: {entry.title}")
            await sleep_unless(self._stop, 0.1, self._clock)

    async def _end_after(self, seconds: float) -> None:
        await sleep_unless(self._stop, max(0.0, seconds - self.elapsed), self._clock)
        self._stop.set()

    def _summary(self, incidents: tuple[Incident, ...], running: Running, words: str) -> Iterator[tuple[str, str]]:
        read = running.registry.get_sample_value("tocsin_mentions_read_total") or 0
        dead = running.registry.get_sample_value("tocsin_mentions_dead_lettered_total") or 0
        loaded, took = self._history
        yield "broker", words
        topics = len(self._scenario.topics)
        yield "history", f"{HISTORY_DAYS} days, {loaded} counted minutes of {topics} topics in {took:.1f} s"
        yield "mentions", f"{self._produced} produced, {read:.0f} read, {dead:.0f} unreadable"
        for incident in incidents:
            yield "incident", f"{incident.severity} {incident.state}: {incident.title}"
        if not incidents:
            yield "incident", "none"
        if self._first_page_at is None:
            yield "first page", "none yet"
        else:
            after = f", {self._first_page_at - self._crisis_at:.1f} s after refunds broke" if self._crisis_at else ""
            yield "first page", f"{self._first_page_at:.1f} s after the prompt{after}"
        yield "messages", f"{len(self._inbox.entries())} at Slack, the pager and the phones"


def _on_call(settings: Settings, now: datetime) -> str:
    roster = Roster(settings.schedules)
    return ", ".join(name for schedule in roster.names for name in roster.people_on_call(schedule, now))


def _lag(running: Running) -> int | None:
    """Records that wait to be read; None where nobody tells."""
    families = [family for family in running.registry.collect() if family.name == "tocsin_lag_records"]
    lags = [sample.value for family in families for sample in family.samples]
    return int(sum(lags)) if lags else None


def _an_hour_of(world: World) -> Iterator[PartialCount]:
    for minute in world.counts(60):
        yield PartialCount(
            topic=minute.topic,
            revision=1,
            second=int(minute.minute.timestamp()),
            tally=minute.tally,
            history=True,
            seconds=60,
        )


async def _incidents(running: Running) -> tuple[Incident, ...]:
    if running.store is None:
        return ()
    page = await running.store.find(IncidentFilter(), cursor=None, limit=20)
    return page.incidents
