import json

import msgspec
import pytest

from alerting.fakes.pagerduty_hooks import PagerDutyHooks
from alerting.incidents.model import IncidentState, Transition
from streams.events import Phase
from tests.fakes.detections import detection
from tests.fakes.slack_house import SlackHouse, slack_house

OLD, NEW = "the-secret-of-last-year", "the-secret-of-this-year"
BOTH = {"pagerduty": {"secrets": [OLD, NEW]}}


def hooks(it: SlackHouse, *secrets: str) -> PagerDutyHooks:
    return PagerDutyHooks(it.house.world.clock, *secrets)


@pytest.mark.parametrize("secrets", [(OLD,), (NEW,), ("of-another-subscription", NEW)])
async def test_what_a_person_acknowledges_there_is_acknowledged_here_under_their_name(secrets: tuple[str, ...]) -> None:
    async with slack_house(**BOTH) as it:
        hook = hooks(it, *secrets).person("PADA", "incident.acknowledged", it.incident.dedup_key)

        answer = await it.post_hook(hook)
        await it.until_shown("Acknowledged by Ada Lovelace")

        assert answer.status == 200
        assert it.incident.state is IncidentState.ACKNOWLEDGED
        assert it.house.world.tables.entries[-1].actor == "Ada Lovelace"


async def test_what_a_person_resolves_there_is_resolved_here() -> None:
    async with slack_house(**BOTH) as it:
        await it.post_hook(hooks(it, NEW).person("PADA", "incident.resolved", it.incident.dedup_key))

        assert it.incident.state is IncidentState.RESOLVED
        assert it.incident.resolved_by == "Ada Lovelace"


async def test_whom_a_person_gives_it_to_there_has_it_here() -> None:
    async with slack_house(**BOTH) as it:
        hook = hooks(it, NEW).person("PADA", "incident.reassigned", it.incident.dedup_key, assignee="PGRACE")

        answer = await it.post_hook(hook)
        await it.until_shown("Assigned to Grace Hopper by Ada Lovelace")

        assert answer.status == 200
        assert it.incident.assignee == "Grace Hopper"


@pytest.mark.parametrize("assignee", [None, "PNOBODY"])
async def test_what_is_given_there_to_nobody_whom_we_know_stays_as_it_is(assignee: str | None) -> None:
    async with slack_house(**BOTH) as it:
        hook = hooks(it, NEW).person("PADA", "incident.reassigned", it.incident.dedup_key, assignee=assignee)

        answer = await it.post_hook(hook)

        assert answer.status == 200
        assert it.incident.assignee is None


@pytest.mark.parametrize("event", ["incident.acknowledged", "incident.resolved"])
async def test_our_own_event_that_comes_back_changes_nothing(event: str) -> None:
    async with slack_house(**BOTH) as it:
        answer = await it.post_hook(hooks(it, NEW).echo(event, it.incident.dedup_key))
        nobody = await it.post_hook(hooks(it, NEW).told(event, it.incident.dedup_key, None))

        assert (answer.status, nobody.status) == (200, 200)
        assert it.incident.state is IncidentState.TRIGGERED
        assert it.house.metric("tocsin_inbound_total", vendor="pagerduty", outcome="ignored") == 2


async def test_an_event_that_comes_twice_acts_once() -> None:
    async with slack_house(**BOTH) as it:
        resolved = hooks(it, NEW).person("PADA", "incident.resolved", it.incident.dedup_key)
        await it.post_hook(resolved)
        await it.house.world.clock.advance(60)
        it.house.world.claim(detection(Phase.OPENED, sequence=9, minutes=2, episode="e2"))
        await it.until_shown("Back again")

        answer = await it.post_hook(resolved)

        assert answer.status == 200
        assert it.incident.state is IncidentState.TRIGGERED
        told = [entry for entry in it.house.world.tables.entries if entry.transition is Transition.RESOLVED]
        assert len(told) == 1


async def test_a_stranger_of_pagerduty_changes_nothing_here() -> None:
    async with slack_house(**BOTH) as it:
        answer = await it.post_hook(hooks(it, NEW).person("PNOBODY", "incident.resolved", it.incident.dedup_key))

        assert answer.status == 200  # PagerDuty is not to try again
        assert it.incident.state is IncidentState.TRIGGERED
        assert it.house.metric("tocsin_inbound_total", vendor="pagerduty", outcome="unlinked") == 1


@pytest.mark.parametrize("key", ["somebody-elses", "tocsin-inc_nowhere", ""])
async def test_an_incident_that_is_not_ours_is_taken_and_passed_over(key: str) -> None:
    async with slack_house(**BOTH) as it:
        answer = await it.post_hook(hooks(it, NEW).person("PADA", "incident.resolved", key))

        assert answer.status == 200
        assert it.incident.state is IncidentState.TRIGGERED


async def test_an_event_kept_for_longer_than_we_remember_requests_is_passed_over() -> None:
    async with slack_house(**BOTH) as it:
        kept = hooks(it, NEW).person("PADA", "incident.resolved", it.incident.dedup_key)
        event = json.loads(kept.body)
        event["event"]["occurred_at"] = "2025-12-28T11:59:00Z"  # the clock stands at 2026-01-05 12:00

        answer = await it.post_hook(hooks(it, NEW).signed(json.dumps(event).encode()))

        assert answer.status == 200
        assert it.incident.state is IncidentState.TRIGGERED


@pytest.mark.parametrize("signature", ["", "v1=", "v0=abc", "v1=" + "0" * 64, "v1=\xff", "," * 5000])
async def test_a_signature_that_fits_no_secret_is_a_401(signature: str) -> None:
    async with slack_house(**BOTH) as it:
        hook = hooks(it, NEW).person("PADA", "incident.resolved", it.incident.dedup_key)

        answer = await it.post_hook(msgspec.structs.replace(hook, headers={"X-PagerDuty-Signature": signature}))

        assert answer.status == 401
        assert it.incident.state is IncidentState.TRIGGERED


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"event": 1}', b"[" * 100_000])
async def test_a_signed_body_that_makes_no_sense_is_a_400(body: bytes) -> None:
    async with slack_house(**BOTH) as it:
        answer = await it.post_hook(hooks(it, NEW).signed(body))

        assert answer.status == 400


async def test_without_a_secret_there_is_no_such_address() -> None:
    async with slack_house() as it:
        answer = await it.post_hook(hooks(it, NEW).person("PADA", "incident.resolved", it.incident.dedup_key))

        assert answer.status == 404
