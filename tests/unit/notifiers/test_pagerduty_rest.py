"""Giving an incident to somebody in PagerDuty, over its REST API."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec
import pytest

from alerting.errors import DeliveryRejected, DeliveryRetryable
from alerting.fakes.pagerduty import FakePagerDuty
from alerting.inbound_settings import PersonSettings
from alerting.incidents.model import Transition
from alerting.notifiers.base import Message, Notifier
from alerting.notifiers.registry import build_all
from alerting.settings import ReceiverSettings
from tests.fakes.clock import START, FakeClock
from tests.fakes.egress import LOOPBACK
from tests.fakes.messages import message

KEY = "k" * 32
TOKEN = "a-rest-key-of-the-test"
LIMIT = 5.0
PEOPLE = (PersonSettings(name="Ada Lovelace", pagerduty="PADA"), PersonSettings(name="Rita Reader"))


@asynccontextmanager
async def pager_with_notifier(token: str = TOKEN) -> AsyncIterator[tuple[FakePagerDuty, Notifier]]:
    clock = FakeClock()
    async with FakePagerDuty(clock, routing_key=KEY, api_token=TOKEN) as pager:
        settings: Mapping[str, object] = {
            "type": "pagerduty",
            "routing_key": KEY,
            "events_url": pager.events_url,
            "api_url": pager.api_url,
            "api_token": token,
            "api_from": "tocsin@acme.test",
            "users": {"Grace Hopper": "PGRACE"},
        }
        receivers = [ReceiverSettings.model_validate({"name": "on-call", "notifiers": [settings]})]
        [notifier] = build_all(receivers, clock=clock, egress=LOOPBACK, people=PEOPLE)["on-call"]
        try:
            yield pager, notifier
        finally:
            await notifier.close()


def assigned(to: str, *, hours: float = 0.0) -> Message:
    at = START + timedelta(hours=hours)
    return msgspec.structs.replace(message(Transition.ASSIGNED, revision=2, at=at), assignee=to)


@pytest.mark.parametrize(("name", "user"), [("Ada Lovelace", "PADA"), ("Grace Hopper", "PGRACE")])
async def test_whoever_is_assigned_here_has_it_there(name: str, user: str) -> None:
    async with pager_with_notifier() as (pager, notifier):
        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await notifier.send(assigned(name), reference=message().dedup_key, timeout_seconds=LIMIT)
        await notifier.send(assigned(name), reference=message().dedup_key, timeout_seconds=LIMIT)

        assert pager.rest.assignees == {message().dedup_key: user}
        assert pager.rest.senders == ["tocsin@acme.test"] * 2
        assert len(pager.events) == 1  # nobody is paged by it


@pytest.mark.parametrize("name", ["Rita Reader", "Nobody Known"])
async def test_somebody_whom_pagerduty_does_not_know_is_assigned_here_only(name: str) -> None:
    async with pager_with_notifier() as (pager, notifier):
        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await notifier.send(assigned(name), reference=message().dedup_key, timeout_seconds=LIMIT)

        assert pager.rest.assignees == {}


async def test_an_incident_that_is_on_its_way_there_is_waited_for() -> None:
    async with pager_with_notifier() as (_, notifier):
        with pytest.raises(DeliveryRetryable) as refused:
            await notifier.send(assigned("Ada Lovelace"), reference=None, timeout_seconds=LIMIT)

        assert refused.value.retry_after == 5.0


async def test_an_incident_that_somebody_closed_there_is_left_alone() -> None:
    async with pager_with_notifier() as (pager, notifier):
        await notifier.send(assigned("Ada Lovelace", hours=1), reference=None, timeout_seconds=LIMIT)

        assert pager.rest.assignees == {}


async def test_a_key_that_pagerduty_does_not_know_is_a_refusal_without_the_key_in_it() -> None:
    async with pager_with_notifier("another-rest-key") as (_, notifier):
        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        with pytest.raises(DeliveryRejected) as refused:
            await notifier.send(assigned("Ada Lovelace"), reference=message().dedup_key, timeout_seconds=LIMIT)

        assert "another-rest-key" not in str(refused.value)
        assert "401" in str(refused.value)


async def test_a_limit_of_the_rest_api_is_waited_out() -> None:
    async with pager_with_notifier() as (pager, notifier):
        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        pager.script.limit(7, call="/incidents")

        with pytest.raises(DeliveryRetryable) as refused:
            await notifier.send(assigned("Ada Lovelace"), reference=message().dedup_key, timeout_seconds=LIMIT)

        assert refused.value.retry_after == 7.0
