from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from alerting.errors import DeliveryRejected
from alerting.fakes.pagerduty import FakePagerDuty
from alerting.incidents.model import Severity, Transition
from alerting.notifiers.pagerduty import PagerDutyNotifier
from streams.events import Direction
from tests.fakes.clock import FakeClock
from tests.fakes.egress import LOOPBACK
from tests.fakes.messages import HEADLINE, message

KEY = "k" * 32
LIMIT = 5.0


@asynccontextmanager
async def pager_with_notifier(key: str = KEY) -> AsyncIterator[tuple[FakePagerDuty, PagerDutyNotifier]]:
    clock = FakeClock()
    async with FakePagerDuty(clock, routing_key=KEY, service="payments on-call") as pager:
        notifier = PagerDutyNotifier(
            routing_key=key, service="payments on-call", events_url=pager.events_url, clock=clock, egress=LOOPBACK
        )
        try:
            yield pager, notifier
        finally:
            await notifier.close()


async def test_a_page_says_first_what_then_why() -> None:
    async with pager_with_notifier() as (pager, notifier):
        receipt = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        event = pager.events[0].event
        assert receipt.reference == message().dedup_key
        assert event["event_action"] == "trigger"
        assert event["payload"]["summary"].startswith(f"{HEADLINE}. 3.4 times")
        assert event["payload"]["severity"] == "error"
        assert event["payload"]["component"] == "acme-refunds"
        assert event["payload"]["class"] == "crisis"
        assert event["payload"]["custom_details"]["drivers"] == [
            "refund: 120 (expected 12)",
            "app crashed: 40 (expected 2)",
        ]
        assert event["links"] == [{"href": message().url, "text": "Open in Tocsin"}]


@pytest.mark.parametrize(
    ("severity", "crisis", "viral"),
    [
        (Severity.SEV1, "critical", "warning"),
        (Severity.SEV2, "error", "warning"),
        (Severity.SEV3, "warning", "info"),
        (Severity.SEV4, "info", "info"),
    ],
)
async def test_joy_is_never_as_loud_as_harm(severity: Severity, crisis: str, viral: str) -> None:
    async with pager_with_notifier() as (pager, notifier):
        for direction in (Direction.CRISIS, Direction.VIRAL):
            sent = msgspec.structs.replace(message(), severity=severity, direction=direction)
            await notifier.send(sent, reference=None, timeout_seconds=LIMIT)

        assert [event.event["payload"]["severity"] for event in pager.events] == [crisis, viral]


async def test_acknowledging_and_resolving_follow_the_page() -> None:
    async with pager_with_notifier() as (pager, notifier):
        states = []
        for revision, change in enumerate((Transition.OPENED, Transition.ACKNOWLEDGED, Transition.RESOLVED), start=1):
            await notifier.send(message(change, revision=revision), reference=None, timeout_seconds=LIMIT)
            states.append(pager.inbox.entries()[0].state)

        assert states == ["triggered", "acknowledged", "resolved"]
        assert len(pager.inbox.entries()) == 1


async def test_the_end_of_what_was_merged_leads_to_the_one_that_goes_on() -> None:
    older = "https://tocsin.example.com/incidents/inc_older"
    over = msgspec.structs.replace(
        message(Transition.RESOLVED, revision=2), headline="Acme: merged", why="Goes on as inc_older.", url=older
    )
    async with pager_with_notifier() as (pager, notifier):
        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await notifier.send(over, reference=None, timeout_seconds=LIMIT)

        event = pager.events[-1].event
        assert (event["event_action"], event["dedup_key"]) == ("resolve", message().dedup_key)
        assert event["payload"]["summary"] == "Acme: merged. Goes on as inc_older."
        assert event["links"] == [{"href": older, "text": "Open in Tocsin"}]
        assert pager.inbox.entries()[0].replies[-1].text == "Resolved: Acme: merged. Goes on as inc_older."


async def test_what_was_not_confirmed_takes_its_page_back() -> None:
    async with pager_with_notifier() as (pager, notifier):
        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await notifier.send(message(Transition.WITHDRAWN, revision=2), reference=None, timeout_seconds=LIMIT)

        assert pager.inbox.entries()[0].state == "resolved"


async def test_growth_and_a_peak_page_nobody() -> None:
    async with pager_with_notifier() as (_, notifier):
        wanted = {change for change in Transition if notifier.wants(change)}

        assert wanted == {
            *(Transition.OPENED, Transition.REOPENED, Transition.CALLED, Transition.SEVERITY_CHANGED),
            *(Transition.ACKNOWLEDGED, Transition.RESOLVED, Transition.WITHDRAWN),
        }


async def test_a_summary_keeps_pagerdutys_limit() -> None:
    async with pager_with_notifier() as (pager, notifier):
        long = msgspec.structs.replace(message(), headline="h" * 500, why="w" * 5000)

        await notifier.send(long, reference=None, timeout_seconds=LIMIT)

        assert len(pager.events[0].event["payload"]["summary"]) == 1024


async def test_a_rejection_says_what_pagerduty_said() -> None:
    async with pager_with_notifier("short") as (_, notifier):
        with pytest.raises(DeliveryRejected, match="should be 32 characters"):
            await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
