"""What somebody who sees some brands alone finds in the store."""

import inspect

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from alerting.acts import Acts
from alerting.brand_scope import BrandScope, scope_now, seeing
from alerting.branded_store import UNSCOPED, BrandedStore, branded
from alerting.dispatch import Dispatch
from alerting.errors import OutOfScope, UnknownIncident
from alerting.inbound.front_desk import FrontDesk
from alerting.inbound.people import People
from alerting.inbound.request import ActRequest, Ending, Vendor, Wish
from alerting.inbound_settings import PersonRole, PersonSettings
from alerting.incidents.model import IncidentState
from alerting.incidents.store import IncidentFilter, Store
from alerting.metrics import AlertingMetrics
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from alerting.team_settings import TeamSettings
from alerting.teams import Teams
from tests.fakes.clock import START, FakeClock
from tests.fakes.storyboard import REFUNDS
from tests.fakes.two_brands import INCIDENT, OTHER, OWN, two_brands

ACME = BrandScope.of([OWN])


async def test_a_page_of_a_list_is_full_although_others_stand_between() -> None:
    store = branded(two_brands(START), FakeClock())
    everything = IncidentFilter(history=True)

    with seeing(ACME):
        page = await store.find(everything, cursor=None, limit=2)
        rest = await store.find(everything, cursor=page.next_cursor, limit=2)

    assert [len(page.incidents), len(rest.incidents)] == [2, 1]
    assert {one.family for one in (*page.incidents, *rest.incidents)} == {OWN}


async def test_what_is_seen_ends_with_the_block() -> None:
    store = branded(two_brands(START), FakeClock())

    with seeing(ACME), pytest.raises(UnknownIncident):
        await store.get(INCIDENT)

    assert (await store.get(INCIDENT)).family == OTHER
    assert not scope_now().is_limited


async def test_an_incident_without_a_brand_is_seen_by_those_alone_who_see_everything() -> None:
    inner = two_brands(START)
    inner.add(msgspec.structs.replace(inner.incidents[REFUNDS], id="inc_nobodys", family=""))
    store = branded(inner, FakeClock())

    with seeing(ACME), pytest.raises(UnknownIncident):
        await store.get("inc_nobodys")

    assert (await store.get("inc_nobodys")).id == "inc_nobodys"


async def test_a_way_to_read_that_nobody_thought_of_is_closed_to_a_team() -> None:
    store = branded(two_brands(START), FakeClock())

    with seeing(ACME), pytest.raises(OutOfScope):
        await store.timeline_after(0, limit=10)

    assert await store.timeline_after(0, limit=1)


def test_every_way_to_read_is_decided_on() -> None:
    """Whoever adds one to the store says here, or in `BrandedStore`, what a team finds there."""
    decided = {name for name, _ in inspect.getmembers(BrandedStore, inspect.isfunction)} | UNSCOPED
    by_nobody_in_particular = {
        *("lease", "settle", "overdue_pages", "pages_told", "answered", "claim_due", "timeline_after"),
        *("calls_due", "open_deliveries", "next_call_at", "schedule_copy", "group_members"),
    }
    every = {name for name in dir(Store) if not name.startswith("_")}

    assert every - decided - by_nobody_in_particular == set()


async def test_somebody_of_a_team_presses_a_button_under_a_page_of_another_brand_and_finds_nothing() -> None:
    inner, clock, metrics = two_brands(START), FakeClock(), AlertingMetrics(CollectorRegistry())
    dispatch = Dispatch(Routes(RouteSettings(receiver="comms")), Receivers({}))
    acts = Acts(branded(inner, clock), dispatch, clock, metrics)
    people = People([PersonSettings(name="jo", slack="U123", roles=(PersonRole.RESPONDER,))])
    teams = Teams([TeamSettings(name="care", brands=(OWN,), members=("jo",))])
    desk = FrontDesk(acts, people, metrics, teams)

    refused = await desk.serve(ActRequest(Vendor.SLACK, "1", "U123", Wish.ACKNOWLEDGE, INCIDENT))
    done = await desk.serve(ActRequest(Vendor.SLACK, "2", "U123", Wish.ACKNOWLEDGE, REFUNDS))

    assert (refused.ending, done.ending) == (Ending.REFUSED, Ending.DONE)
    assert "not there" in (refused.text or "")
    assert inner.incidents[INCIDENT].state is IncidentState.TRIGGERED
    assert inner.incidents[REFUNDS].state is IncidentState.ACKNOWLEDGED


def test_somebody_in_two_teams_sees_the_brands_of_both_and_somebody_in_none_everything() -> None:
    teams = Teams(
        [
            TeamSettings(name="care", brands=("Acme", "Globex"), members=("jo",)),
            TeamSettings(name="board", brands=("Initech",), members=("jo", "kim")),
        ]
    )

    assert teams.scope_of("jo") == BrandScope.of(["Acme", "Globex", "Initech"])
    assert teams.scope_of("kim", ["Acme"]) == BrandScope.of(["Acme", "Initech"])
    assert teams.scope_of("lee") == BrandScope()
    assert teams.scope_of("lee", teams=("gone",)).sees("Acme") is False
