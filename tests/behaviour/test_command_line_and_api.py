"""`tocsin incidents` and `tocsin topics` against an API that really listens."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from alerting.api.declared_topics import DeclaresTopics
from alerting.api.drills import Drilling
from alerting.catalogue import Catalogue
from alerting.cli.exits import Exit
from alerting.cli.main import app
from alerting.errors import DeliveryRejected, DeliveryRetryable
from streams.broker.memory import MemoryBroker
from streams.clock import Clock, SystemClock
from streams.events import Direction
from streams.findings import Excess
from streams.kafka_topics import specs
from streams.settings import StreamSettings
from tests.fakes.api_house import KEY, api_house, served
from tests.fakes.clock import START
from tests.fakes.detections import explained
from tests.fakes.hostile import HOSTILE, assert_inert_in_terminal
from tests.fakes.house import House, World
from tests.fakes.memory_store import MemoryStore
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.storyboard import CAMPAIGN, REFUNDS, incident_at, storyboard

Run = Callable[..., Awaitable[Result]]
D1 = "d1" * 16


@asynccontextmanager
async def tocsin(
    store: MemoryStore,
    key: str = KEY,
    topics: DeclaresTopics | None = None,
    drills: Drilling | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Run]:
    """Runs the command line as a client of an API over `store`."""

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, list(words), env=environ)

    with capture_logs():  # the API shares this process; its log would stand between what the command line prints
        async with (
            api_house(store=store, topics=topics, drills=drills, clock=clock) as house,
            served(house.app) as address,
        ):
            environ = {"TOCSIN_URL": address, "TOCSIN_API_KEY": key, "COLUMNS": "250"}
            yield run


async def test_lists_what_is_open() -> None:
    async with tocsin(storyboard(START)) as run:
        shown = await run("incidents", "list")

    assert shown.exit_code == Exit.DONE
    assert REFUNDS in shown.stdout
    assert CAMPAIGN in shown.stdout


async def test_a_drill_tells_each_hop_of_each_notifier_and_exits_5_where_one_refused() -> None:
    world = World(comms=ScriptedNotifier(), night=ScriptedNotifier(DeliveryRejected("channel_not_found")))
    async with House(world).running() as house, tocsin(MemoryStore(), drills=house.drills) as run:
        took = await run("drill", "comms")
        refused = await run("drill", "night")
        unknown = await run("drill", "nobody")

    assert took.exit_code == Exit.DONE
    assert took.stdout == "slack:0 #slack: taken\n  accepted 0 ms, leased 0 ms, begun 0 ms, answered 0 ms\n"
    assert refused.exit_code == Exit.REFUSED
    assert refused.stdout.startswith("slack:0 #slack: refused: channel_not_found\n")
    assert unknown.exit_code == Exit.REFUSED
    assert "known are comms, night" in unknown.stderr


async def test_a_drill_that_nobody_carries_out_in_time_says_where_it_waits() -> None:
    idle = House(World(), without=("delivery",))
    async with idle.running() as house, tocsin(MemoryStore(), drills=house.drills) as run:
        waits = await run("drill", "comms", "--wait", "0")

    assert waits.exit_code == Exit.REFUSED
    assert waits.stdout == "slack:0 #slack: waits in the outbox\n  accepted 0 ms\n"


async def test_a_drill_to_a_busy_vendor_says_until_when_it_waits_and_why() -> None:
    busy = House(World(comms=ScriptedNotifier(DeliveryRetryable("429", retry_after=90))))
    async with busy.running() as house, tocsin(MemoryStore(), drills=house.drills) as run:
        tried = await run("drill", "comms", "--wait", "0.5")
        held = await run("drill", "comms", "--wait", "0.5")

    until = (START + timedelta(seconds=90)).strftime("%H:%M:%S")
    assert (tried.exit_code, held.exit_code) == (Exit.REFUSED, Exit.REFUSED)
    assert tried.stdout.startswith(f"slack:0 #slack: waits until {until} UTC: 429\n")
    assert held.stdout.startswith(f"slack:0 #slack: waits until {until} UTC: left alone after 1 failure in a row\n")


async def test_filters_go_to_the_api() -> None:
    async with tocsin(storyboard(START)) as run:
        shown = await run("incidents", "list", "--topic", "campaign", "--json")
        nothing = await run("incidents", "list", "--severity", "SEV4")

    assert [incident["id"] for incident in json.loads(shown.stdout)["incidents"]] == [CAMPAIGN]
    assert nothing.stdout == "No such incidents.\n"


async def test_an_incident_is_acknowledged_and_resolved() -> None:
    async with tocsin(storyboard(START)) as run:
        acknowledged = await run("incidents", "ack", REFUNDS)
        resolved = await run("incidents", "resolve", REFUNDS)
        shown = await run("incidents", "show", REFUNDS)

    assert acknowledged.stdout == f"{REFUNDS} is acknowledged\n"
    assert resolved.stdout == f"{REFUNDS} is resolved\n"
    assert "What happened" in shown.stdout
    assert "resolved" in shown.stdout


async def test_whoever_works_on_an_incident_is_told_what_came_of_it() -> None:
    async with tocsin(storyboard(START), clock=SystemClock()) as run:  # the command line counts from now
        snoozed = await run("incidents", "snooze", REFUNDS, "30")
        assigned = await run("incidents", "assign", REFUNDS, "Maya")
        stated = await run("incidents", "state", REFUNDS, "we restart it", "--cause", "a bad build", "--over-in", "60")

    title = f"{REFUNDS} is triggered, SEV1: Acme Refunds: surge of angry mentions\n  "
    assert snoozed.stdout.startswith(f"{title}snoozed until 20")
    assert "and at once if it gets worse" in snoozed.stdout
    assert assigned.stdout == f"{title}given to Maya\n"
    assert stated.stdout.startswith(f"{title}status: we restart it\n  cause: a bad build\n  expected over: 20")


async def test_a_matcher_that_is_none_is_told_before_any_server_is_asked() -> None:
    nowhere = {"TOCSIN_URL": "http://127.0.0.1:1", "TOCSIN_API_KEY": KEY}
    for words in (
        ("silences", "add", "topic", "color=red", "--reason", "x"),
        ("silences", "preview", "topic", "color=red"),
        ("incidents", "list", "--filter", "topic", "--filter", "color=red"),
    ):
        refused = CliRunner().invoke(app, list(words), env=nowhere)

        assert refused.exit_code == Exit.USAGE
        assert "'topic' is no matcher" in refused.stderr
        assert "unknown label 'color'" in refused.stderr


async def test_incidents_are_listed_by_matchers() -> None:
    async with tocsin(storyboard(START)) as run:
        shown = await run("incidents", "list", "--filter", "topic=~camp.*", "--json")

    assert [incident["id"] for incident in json.loads(shown.stdout)["incidents"]] == [CAMPAIGN]


async def test_a_review_is_printed_as_markdown_or_as_json() -> None:
    async with tocsin(storyboard(START)) as run:
        document = await run("incidents", "review", REFUNDS)
        found = await run("incidents", "review", REFUNDS, "--json")
        missing = await run("incidents", "review", "inc_none")

    assert document.stdout.startswith("# Acme Refunds: surge of angry mentions\n")
    assert "| cause stated | unknown |" in document.stdout
    assert json.loads(found.stdout)["aftermath"]["held"] == "not_fixed"
    assert missing.exit_code == Exit.REFUSED


async def test_a_week_is_printed_as_markdown_or_as_json() -> None:
    async with tocsin(storyboard(START)) as run:
        document = await run("report", "weekly", "--week", "2026-W02", "--zone", "UTC")
        found = await run("report", "weekly", "--json")
        refused = await run("report", "weekly", "--week", "yesterday")

    assert document.stdout.startswith("# Week 2026-W02\n")
    assert json.loads(found.stdout)["zone"] == "UTC"
    assert refused.exit_code == Exit.REFUSED


async def test_the_board_is_shown() -> None:
    async with tocsin(storyboard(START)) as run:
        shown = await run("topics")

    assert shown.exit_code == Exit.DONE
    assert "refunds" in shown.stdout


async def test_hardly_anything_is_told_without_an_exponent() -> None:
    store = storyboard(START)
    store.board = (msgspec.structs.replace(store.board[0], expected_per_minute=3.7e-05),)
    async with tocsin(store) as run:
        shown = await run("topics")

    assert "<0.01" in shown.stdout
    assert "e-05" not in shown.stdout


async def test_what_drives_it_is_told_with_when_it_was_counted() -> None:
    store = storyboard(START)
    known = store.incidents[REFUNDS]
    seen = msgspec.structs.replace(known.evidence, excess=Excess(START, 90, 9.0, -0.02, 80))
    store.incidents[REFUNDS] = msgspec.structs.replace(
        known, evidence=seen, last_detection_at=START + timedelta(minutes=4)
    )
    async with tocsin(store) as run:
        shown = await run("incidents", "show", REFUNDS)

    told = " ".join(shown.stdout.split())
    assert "What drives it: +81 mentions since 2026-01-05 12:00 UTC; as of 2026-01-05 12:04, the last detection" in told
    assert "everything else 0 " in told


async def test_an_unknown_incident_is_refused_with_the_reason() -> None:
    async with tocsin(storyboard(START)) as run:
        shown = await run("incidents", "show", "inc_00000000000000000000000000")

    assert shown.exit_code == Exit.REFUSED
    assert "(404)" in shown.stderr


async def test_a_wrong_key_is_refused_and_never_shown() -> None:
    async with tocsin(storyboard(START), key="not-the-key-0123456789") as run:
        shown = await run("topics")

    assert shown.exit_code == Exit.REFUSED
    assert "set TOCSIN_API_KEY or pass --key" in shown.stderr
    assert "not-the-key" not in shown.output


async def test_titles_of_incidents_have_no_power_over_the_terminal() -> None:
    store = MemoryStore()
    for number, hostile in enumerate(HOSTILE[:60]):
        title = hostile.text.encode("utf-8", "replace").decode()[:500]
        store.add(incident_at(START, id=f"inc_{number:026}", topic=f"topic-{number}", title=title))

    async with tocsin(store) as run:
        listed = await run("incidents", "list", "--limit", "100")
        shown = [await run("incidents", "show", f"inc_{number:026}") for number in (0, 39, 55)]

    assert listed.stdout.count("inc_") == 60
    for result in (listed, *shown):
        assert_inert_in_terminal(result.stdout, styled=True)


async def test_topics_are_declared_shown_and_removed() -> None:
    settings, clock, stop, broker = StreamSettings(), SystemClock(), asyncio.Event(), MemoryBroker()
    await broker.create_topics(specs(settings))
    known = asyncio.Semaphore(0)
    catalogue = Catalogue(settings, broker=broker, clock=clock, know=lambda _: known.release())

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(catalogue.run(stop), name="catalogue")
        await known.acquire()
        async with tocsin(MemoryStore(), topics=catalogue) as run:
            put = await run("topics", "put", "late", "--query", "late OR delayed", "--owner", "ops")
            await known.acquire()
            shown = await run("topics", "show", "late")
            wrong = await run("topics", "put", "late", "--query", "late AND")
            stale = await run("topics", "remove", "late", "--revision", "1")
            removed = await run("topics", "remove", "late")
        stop.set()

    assert [result.exit_code for result in (put, shown, removed)] == [Exit.DONE] * 3
    assert json.loads(shown.stdout)["query"] == "late OR delayed"
    assert [result.exit_code for result in (wrong, stale)] == [Exit.REFUSED] * 2


async def test_silent_feeds_are_shown_and_their_names_have_no_power_over_the_terminal() -> None:
    store = MemoryStore()
    for number, hostile in enumerate(HOSTILE):
        name = f"inc_{number}"
        store.incidents[name] = incident_at(START, id=name, topic=f"feed/{hostile.text}", direction=Direction.QUIET)

    async with tocsin(store) as run:
        shown = await run("feeds")
    async with tocsin(storyboard(START)) as run:
        none = await run("feeds")

    assert shown.exit_code == Exit.DONE
    assert "inc_0" in shown.stdout
    assert_inert_in_terminal(shown.stdout)
    assert none.stdout.startswith("No feed is known yet")


async def test_a_decision_is_explained_with_every_number() -> None:
    store = storyboard(START)
    store.decided = {D1: explained(detection_id=D1, episode=store.incidents[REFUNDS].episode)}
    async with tocsin(store) as run:
        one = await run("explain", D1)
        whole = await run("explain", REFUNDS, "--json")
        unknown = await run("explain", "e2" * 16)
        calm = await run("explain", "delivery")
        store.decided = {}
        forgotten = await run("explain", REFUNDS)

    assert one.exit_code == 0
    assert one.output.startswith(f"opened, detection {D1} of refunds\nPaged at ")
    assert "30 minutes: 12 where 3 is usual; its score 1.20 lies 3.5 scales above" in one.output
    (decision,) = json.loads(whole.output)
    assert decision["basis"]["opinions"][0]["weighed"][0]["scale"] == 0.2
    assert unknown.exit_code == Exit.REFUSED
    assert "older than 30 days" in unknown.output
    assert "delivery is not on the watch list" in calm.output
    assert f"No decision of {REFUNDS} is there: they are kept for 30 days" in forgotten.output
