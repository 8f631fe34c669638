"""False alarms and missed events: from API and console to the topic's odds, the timeline and the audit trail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from alerting.acts import Acts
from alerting.catalogue import Catalogue
from alerting.directives.judgement import Judgement
from alerting.dispatch import Dispatch
from alerting.errors import DirectiveRefused
from alerting.feedback_desk import FeedbackDesk
from alerting.metrics import AlertingMetrics
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.errors import UnknownTopic
from streams.kafka_topics import specs
from streams.settings import StreamSettings
from streams.topic_settings import TopicSettings
from tests.fakes.api_house import ApiHouse, api_house, field, sign_in
from tests.fakes.clock import START, FakeClock
from tests.fakes.memory_store import MemoryStore
from tests.fakes.storyboard import REFUNDS, storyboard

SETTINGS = StreamSettings(topics=(TopicSettings(id="refunds", name="Refunds", query="refund*"),))
FEEDBACK = "/api/v1/topics/refunds/feedback"


@asynccontextmanager
async def house() -> AsyncIterator[tuple[ApiHouse, FeedbackDesk, Catalogue]]:
    """The API over topics that really live in a log."""
    clock = FakeClock()
    broker = MemoryBroker(MemoryCluster(clock=clock))
    await broker.create_topics(specs(SETTINGS))
    known = asyncio.Event()
    catalogue = Catalogue(SETTINGS, broker=broker, clock=clock, know=lambda _: known.set())
    store = storyboard(START)
    acts = Acts(
        store,
        Dispatch(Routes(RouteSettings(receiver="comms")), Receivers({})),
        clock,
        AlertingMetrics(CollectorRegistry()),
    )
    desk = FeedbackDesk(store, catalogue, acts, clock)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(catalogue.run(stop), name="catalogue")
        await known.wait()
        async with api_house(store=store, clock=clock, topics=catalogue, feedback=desk) as made:
            yield made, desk, catalogue
        stop.set()


async def test_a_false_alarm_makes_its_topic_stricter_and_stands_on_the_timeline() -> None:
    async with house() as (made, _, _):
        answer = await made.api.post_json(FEEDBACK, {"verdict": "false_alarm", "incident": REFUNDS, "note": "a joke"})
        again = await made.api.post_json(FEEDBACK, {"verdict": "false_alarm", "incident": REFUNDS})
        listed = (await made.api.get(FEEDBACK)).json()

    assert answer.status == again.status == 201
    assert answer.json()["caution"] == listed["caution"] == 1.5
    assert listed["effect"] == "a page takes odds 1.5 times as rare"
    (verdict,) = listed["feedback"]
    assert (verdict["verdict"], verdict["incident"], verdict["by"], verdict["note"]) == (
        "false_alarm",
        REFUNDS,
        "jo",
        "a joke",
    )
    lines = [entry.text for entry in made.store.entries if "false alarm" in entry.text]
    assert lines == ["jo: called a false alarm; from now on refunds takes odds 1.5 times as rare to page"]
    (kept,) = [one for one in made.store.kept.values() if isinstance(one, Judgement)]
    assert [line.act for line in made.store.kept_lines if line.directive == kept.id] == ["feedback.added"]


async def test_what_was_missed_makes_milder_and_is_withdrawn_without_a_trace() -> None:
    body = {"verdict": "missed", "start": "2026-01-04T10:00:00Z", "end": "2026-01-04T12:00:00Z"}
    async with house() as (made, _, _):
        added = (await made.api.post_json(FEEDBACK, body)).json()
        name = added["feedback"][0]["id"]
        withdrawn = (await made.api.request("DELETE", f"{FEEDBACK}/{name}")).json()
        again = (await made.api.request("DELETE", f"{FEEDBACK}/{name}")).json()
        anew = (await made.api.post_json(FEEDBACK, body)).json()

    assert added["caution"] == pytest.approx(2 / 3)
    assert withdrawn == again
    assert (withdrawn["caution"], withdrawn["feedback"]) == (1.0, [])
    assert anew["caution"] == added["caution"]
    acts = [line.act for line in made.store.kept_lines if line.directive == name]
    assert acts == ["feedback.added", "feedback.withdrawn", "feedback.added"]


async def test_it_is_withdrawn_as_the_topic_was_seen_or_not_at_all() -> None:
    async with house() as (made, _, _):
        before = await made.api.get(FEEDBACK)
        added = await made.api.post_json(FEEDBACK, {"verdict": "false_alarm", "incident": REFUNDS})
        path = f"{FEEDBACK}/{added.json()['feedback'][0]['id']}"

        stale = await made.api.request("DELETE", path, {"If-Match": before.headers["etag"]})
        kept = (await made.api.get(FEEDBACK)).json()["feedback"]
        withdrawn = await made.api.request("DELETE", path, {"If-Match": added.headers["etag"]})

    assert added.headers["etag"] == f'"{added.json()["revision"]}"'
    assert (stale.status, stale.json()["type"], len(kept)) == (412, "urn:tocsin:problem:stale", 1)
    assert (withdrawn.status, withdrawn.json()["feedback"]) == (200, [])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"verdict": "false_alarm"}, 422),
        ({"verdict": "missed", "start": "2026-01-04T10:00:00Z"}, 422),
        ({"verdict": "missed", "incident": REFUNDS}, 422),
        ({"verdict": "missed", "start": "2026-01-04T10:00:00", "end": "2026-01-04T12:00:00Z"}, 422),
        ({"verdict": "missed", "start": "2026-01-04T12:00:00Z", "end": "2026-01-04T10:00:00Z"}, 422),
        ({"verdict": "missed", "start": "2027-01-04T12:00:00Z", "end": "2027-01-04T13:00:00Z"}, 422),
        ({"verdict": "perfect", "incident": REFUNDS}, 422),
        ({"verdict": "false_alarm", "incident": "inc_none"}, 404),
    ],
)
async def test_a_verdict_that_makes_no_sense_is_refused(body: dict[str, str], status: int) -> None:
    async with house() as (made, _, catalogue):
        answer = await made.api.post_json(FEEDBACK, body)

        assert answer.status == status
        assert catalogue.declared["refunds"].feedback == ()


async def test_an_unknown_topic_is_404() -> None:
    async with house() as (made, desk, _):
        assert (await made.api.get("/api/v1/topics/other/feedback")).status == 404
        with pytest.raises(UnknownTopic):
            await desk.missed("other", START - timedelta(hours=2), START - timedelta(hours=1), by="jo")
        with pytest.raises(DirectiveRefused):
            await desk.missed("refunds", START - timedelta(days=20), START, by="jo")


async def test_without_topics_of_its_own_nothing_is_taken_in() -> None:
    async with api_house(store=MemoryStore()) as made:
        assert (await made.api.get(FEEDBACK)).status == 503


async def test_the_console_takes_a_verdict_and_takes_it_back() -> None:
    async with house() as (made, _, catalogue):
        await sign_in(made.browser)
        csrf = field(await made.browser.get(f"/incidents/{REFUNDS}"), "csrf")
        form = {"csrf": csrf, "following": f"/incidents/{REFUNDS}"}
        said = await made.browser.post_form(f"/incidents/{REFUNDS}/false-alarm", form)
        topic = (await made.browser.get("/topics/refunds")).text
        (name,) = [one.id for one in catalogue.declared["refunds"].feedback]
        withdrawn = await made.browser.post_form(f"/topics/refunds/feedback/{name}/withdraw", form)
        missed = await made.browser.post_form(
            "/topics/refunds/missed", form | {"start": "2026-01-04T10:00", "end": "2026-01-04T12:00", "note": "<b>"}
        )
        wrong = await made.browser.post_form("/topics/refunds/missed", form | {"start": "yesterday", "end": ""})
        stranger = await made.browser.post_form(f"/incidents/{REFUNDS}/false-alarm", {"csrf": "x"})

    assert said.status == withdrawn.status == missed.status == 303
    assert "False alarm" in topic
    assert "a page takes odds 1.5 times as rare" in topic
    assert wrong.status == 422
    assert stranger.status == 403
