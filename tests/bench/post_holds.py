"""Simulated schedules in a tragedy: which posts are held, which are not, and how fast after somebody confirmed.

Real parts but for the vendors: SQLite, the loop of errands, signed HTTP on loopback. Regions, topics and schedules are
drawn anew for each round; a post is in the impacted area if its region lies in one that was confirmed.
"""

import asyncio
import logging
import random
import sys
import tempfile
import time
from datetime import timedelta
from ipaddress import ip_network

import structlog
from prometheus_client import CollectorRegistry

from alerting.directives.errand import ErrandState, Hook
from alerting.dispatch import Dispatch
from alerting.errands import Errands
from alerting.fakes.webhook import FakeWebhook
from alerting.holds import HoldWish, PostHolds
from alerting.hook_settings import HookSettings
from alerting.incidents.sql.store import open_store
from alerting.metrics import AlertingMetrics
from alerting.notifiers.egress import Egress
from alerting.notifiers.hook import HookClient
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from alerting.settings import DatabaseSettings, DeliverySettings, Settings
from streams.clock import SystemClock
from tests.bench.report import Report
from tests.fakes.publisher import ScheduledPost, held

SEED = 11
ROUNDS = 30
POSTS = 400
COUNTRIES = ("DE", "FR", "IT", "PL", "ES", "AT")
STATES = ("", "-A", "-B", "-C")
TOPICS = ("refunds", "app", "stores", "sale", "careers")
SECRET = "a-secret-for-the-bench-0123"


async def measure(rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Shares held inside and outside of the impacted area, and seconds from the confirmation to the publisher."""
    rng = random.Random(SEED)  # noqa: S311  # that a run can be repeated
    clock = SystemClock()
    metrics = AlertingMetrics(CollectorRegistry())
    inside: list[float] = []
    outside: list[float] = []
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(DatabaseSettings(url=f"sqlite:///{folder}/bench.db"), clock)
        dispatch = Dispatch(Routes(RouteSettings()), Receivers({}))
        holds = PostHolds(store, dispatch, Settings(), clock, metrics)
        egress = Egress((ip_network("127.0.0.0/8"),))
        async with FakeWebhook(clock, secret=SECRET) as publisher:
            hook = HookClient(
                "posts", HookSettings.model_validate({"url": publisher.url, "secret": SECRET}), clock, egress
            )
            errands = Errands(store, {Hook.POSTS: hook}, DeliverySettings(), clock, metrics)
            stop = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(errands.run(stop), name="errands")
                for _ in range(rounds):
                    area = (*rng.sample(COUNTRIES, 2), f"{rng.choice(COUNTRIES)}{rng.choice(STATES[1:])}")
                    now = clock.now()
                    posts = [
                        ScheduledPost(
                            rng.choice(TOPICS),
                            f"{rng.choice(COUNTRIES)}{rng.choice(STATES)}",
                            now + timedelta(minutes=rng.uniform(1, 600)),
                        )
                        for _ in range(POSTS)
                    ]
                    hold = await holds.propose(HoldWish((), area, "a tragedy"), by="bench")
                    known = len(publisher.received)
                    began = time.perf_counter()
                    await holds.confirm(hold.id, by="bench")
                    changes = store.changes()
                    while len(publisher.received) == known:
                        await anext(changes)
                    seconds.append(time.perf_counter() - began)
                    impacted = [any(p.region == a or p.region.startswith(f"{a}-") for a in area) for p in posts]
                    stopped = [held(post, publisher) for post in posts]
                    inside.append(_share(stopped, impacted, wanted=True))
                    outside.append(_share(stopped, impacted, wanted=False))
                    await holds.release(hold.id, by="bench")
                    while not all(one.state is ErrandState.SENT for one in (await holds.get(hold.id)).errands):
                        await anext(changes)
                stop.set()
        await store.close()
    return inside, outside, seconds


def _share(stopped: list[bool], impacted: list[bool], *, wanted: bool) -> float:
    found = [each for each, place in zip(stopped, impacted, strict=True) if place is wanted]
    return sum(found) / len(found)


def main() -> int:
    """Print the report; 1 where a goal is missed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    inside, outside, seconds = asyncio.run(measure(ROUNDS))
    report = Report("post-holds", seed=SEED)
    report.add("rounds", float(len(inside)), "schedules")
    report.add("posts in each", float(POSTS), "posts")
    report.add("held in the impacted area, the least of all rounds", 100 * min(inside), "%", goal=">= 100")
    report.add("held elsewhere, the most of all rounds", 100 * max(outside), "%", goal="<= 0")
    report.add("from confirmation to the publisher, median", sorted(seconds)[len(seconds) // 2], "s")
    report.add("from confirmation to the publisher, longest", max(seconds), "s", goal="<= 1")
    report.print()
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
