"""Pages under adversity: ours beside Debian's prometheus-alertmanager, the same troubles on the same machine.

Each case starts from an empty disk. Alertmanager runs with its defaults but for the group wait, each alert in a group
of its own. What is not installed is left out. Ten minutes of a vendor that is down are scaled down to twenty seconds.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

import msgspec
from rich.console import Console
from rich.table import Table

from streams.events import Phase, Sample
from tests.bench.pager_rivals import ALERTMANAGER, CLOCK, Alertmanager, OurPager, Rival
from tests.bench.report import Report
from tests.fakes.detections import detection, evidence

ACCEPTED: Final = 20
WATCHED_SECONDS: Final = 10.0
DOWN_SECONDS: Final = 20.0
STORM_TOPICS: Final = 500
STORM_DETECTIONS: Final = 10_000
STORM_SECONDS: Final = 60.0
WORST_EVERY: Final = 10
WORST: Final = evidence(observed=40_000, per_minute=8_000.0, negative_share=0.95, reach=80_000_000, polarity=-0.9)

Case = Callable[[Rival], Awaitable[str]]


async def arrived(rival: Rival, wanted: int, *, seconds: float = WATCHED_SECONDS) -> float | None:
    """How long it took until so many messages were there; None where it took too long."""
    began = CLOCK.monotonic()
    while rival.messages < wanted:
        if CLOCK.monotonic() - began > seconds:
            return None
        await CLOCK.sleep(0.02)
    return CLOCK.monotonic() - began


def told(seconds: float | None) -> str:
    return "lost" if seconds is None else f"after {seconds:.1f} s"


async def one_limit(rival: Rival) -> str:
    """429 with Retry-After 1, then all is well."""
    await rival.start()
    rival.script.limit(1, call=rival.call)
    await rival.raise_alerts(1)
    return told(await arrived(rival, 1))


async def limit_then_resolved(rival: Rival) -> str:
    """429, and before the second attempt it is over."""
    await rival.start()
    rival.script.limit(1, call=rival.call)
    await rival.raise_alerts(1)
    await CLOCK.sleep(0.3)
    await rival.end_alerts(1)
    return "told" if await arrived(rival, 1) is not None else "nobody ever heard of it"


async def silence_and_kill(rival: Rival) -> str:
    """A silence, a page, kill -9, a new start."""
    await rival.start()
    await rival.raise_alerts(1)
    await rival.silence()
    await CLOCK.sleep(1)
    await rival.kill()
    await rival.start()
    return "kept" if await rival.silences() else "silence forgotten"


async def kill_before_group_wait(rival: Rival) -> str:
    """Twenty accepted, kill -9 before they are due, a new start."""
    await rival.start(group_wait_seconds=3)
    await rival.raise_alerts(ACCEPTED)
    await rival.kill()
    await rival.start(group_wait_seconds=3)
    await arrived(rival, ACCEPTED)
    return f"{rival.messages} of {ACCEPTED}"


async def answer_dropped(rival: Rival) -> str:
    """The vendor takes the message, and the connection breaks before it says so."""
    await rival.start()
    rival.script.drop(call=rival.call, accepted=True)
    await rival.raise_alerts(1)
    await CLOCK.sleep(WATCHED_SECONDS)
    return {0: "lost", 1: "once"}.get(rival.messages, f"{rival.messages} times")


async def down_for_long(rival: Rival) -> str:
    """The vendor answers 503 for a while (ten minutes, scaled down)."""
    await rival.start()
    failing = True

    async def fail() -> None:
        while failing:
            rival.script.fail(503, call=rival.call)
            await CLOCK.sleep(0.05)

    async with asyncio.TaskGroup() as group:
        troubles = group.create_task(fail(), name="down")
        await CLOCK.sleep(0.1)
        await rival.raise_alerts(5)
        await CLOCK.sleep(DOWN_SECONDS)
        failing = False
        await troubles
        while rival.script.take(rival.call) is not None:
            pass
        seconds = await arrived(rival, 5, seconds=30)
    return f"{rival.messages} of 5, {told(seconds)}"


CASES: Final[dict[str, Case]] = {
    "one 429, Retry-After 1": one_limit,
    "429, then resolved": limit_then_resolved,
    "kill -9 after a silence and a page": silence_and_kill,
    f"{ACCEPTED} accepted, kill -9 before the group wait": kill_before_group_wait,
    "accepted, answer dropped": answer_dropped,
    f"vendor down ({DOWN_SECONDS:g} s for 10 min)": down_for_long,
}
GOALS: Final = {
    "429, then resolved": "told",
    "kill -9 after a silence and a page": "kept",
    f"{ACCEPTED} accepted, kill -9 before the group wait": f"{ACCEPTED} of {ACCEPTED}",
    "accepted, answer dropped": "once",
}


async def in_turn(case: Case) -> tuple[str, str]:
    """What the case ends with for each of the two."""
    with tempfile.TemporaryDirectory() as folder:
        async with OurPager(Path(folder)) as ours:
            mine = await case(ours)
    if ALERTMANAGER is None:
        return mine, "not installed"
    with tempfile.TemporaryDirectory() as folder:
        async with Alertmanager(Path(folder)) as theirs:
            return mine, await case(theirs)


async def storm(report: Report) -> None:
    """Ten thousand detections in a minute over five hundred topics; every tenth topic is as bad as can be."""
    began_at: dict[str, float] = {}
    most_bytes = 0
    with tempfile.TemporaryDirectory() as folder:
        async with OurPager(Path(folder)) as ours:
            await ours.start()
            began = CLOCK.monotonic()
            for number in range(STORM_DETECTIONS):
                topic = number % STORM_TOPICS
                sequence = number // STORM_TOPICS
                now = CLOCK.now()
                claim = detection(
                    Phase.OPENED if sequence == 0 else Phase.GREW,
                    topic=f"topic-{topic}",
                    episode=f"e{topic}",
                    sequence=sequence,
                    start=now,
                    seen=msgspec.structs.replace(
                        WORST if topic % WORST_EVERY == 0 else evidence(),
                        samples=(Sample(f"x:{number}", "where is my money", now),),
                    ),
                    accepted_ms=int(now.timestamp() * 1000),
                )
                began_at.setdefault(claim.topic, now.timestamp())
                await ours.feed([claim])
                due = began + STORM_SECONDS * (number + 1) / STORM_DETECTIONS
                await CLOCK.sleep(max(0.0, due - CLOCK.monotonic()))
                if number % 500 == 0:
                    most_bytes = max(most_bytes, ours.resident_bytes())
            await arrived(ours, STORM_TOPICS, seconds=60)
            await CLOCK.sleep(2)
            most_bytes = max(most_bytes, ours.resident_bytes())
            entries = ours.slack.inbox.entries()
    pages = Counter(_topic(entry.title) for entry in entries)
    worst = sorted(
        entry.at.timestamp() - began_at[_topic(entry.title)]
        for entry in entries
        if _topic(entry.title) in began_at and int(_topic(entry.title).removeprefix("topic-")) % WORST_EVERY == 0
    )
    p99 = worst[min(len(worst) - 1, int(len(worst) * 0.99))] if worst else None
    report.add("storm: first page of a SEV1, p99", p99, "s", goal="<= 3")
    report.add("storm: SEV1 pages", len(worst), "pages", goal=f"== {STORM_TOPICS // WORST_EVERY}")
    report.add(
        "storm: incidents told in one page",
        sum(n == 1 for n in pages.values()),
        "incidents",
        goal=f"== {STORM_TOPICS}",
    )
    report.add("storm: memory", most_bytes / 1e6, "MB", goal="<= 300")


def _topic(title: str) -> str:
    return title.partition(":")[0].lower()


async def main() -> None:
    """Every case, then the storm."""
    report = Report("pager", seed=None)
    table = Table("case", "Tocsin", "Alertmanager", title="pager", title_justify="left")
    for name, case in CASES.items():
        mine, theirs = await in_turn(case)
        table.add_row(name, mine, theirs)
        goal = GOALS.get(name)
        report.add(f"{name}: as it should be", 1 if goal in {None, mine} and "lost" not in mine else 0, "", goal="== 1")
        report.add(f"{name}: Tocsin", mine, "")
        report.add(f"{name}: Alertmanager", theirs, "")
    Console().print(table, markup=False)
    await storm(report)
    report.print()


if __name__ == "__main__":
    asyncio.run(main())
