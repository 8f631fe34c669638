"""An author asks to be forgotten: the incident keeps its counts, and shows neither their words nor their name again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from alerting.directives.erasure import Erasure
from alerting.erasure_desk import ErasureDesk
from alerting.incidents.model import Incident
from streams.erasure import author_number
from streams.errors import BrokerUnavailable
from tests.fakes.api_house import ApiHouse, api_house
from tests.fakes.clock import START, FakeClock
from tests.fakes.memory_store import MemoryStore
from tests.fakes.storyboard import REFUNDS, storyboard

ERASURES = "/api/v1/erasures"
JANE = author_number("x", "4711")
BODY = {"platform": "x", "author": "4711"}


class Streams:
    """What the stream side was told to forget, and a switch that takes Kafka away."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self.down = False

    async def erase(self, author: int) -> None:
        if self.down:
            raise BrokerUnavailable("Kafka does not answer")
        self.told.append(author)


def with_author(incident: Incident) -> Incident:
    """The first sample is hers."""
    first, *others = incident.evidence.samples
    hers = msgspec.structs.replace(first, author="Jane Doe", author_number=JANE)
    evidence = msgspec.structs.replace(incident.evidence, samples=(hers, *others))
    return msgspec.structs.replace(incident, evidence=evidence)


@asynccontextmanager
async def house() -> AsyncIterator[tuple[ApiHouse, ErasureDesk, Streams, FakeClock]]:
    clock, store, streams = FakeClock(), storyboard(START), Streams()
    store.incidents[REFUNDS] = with_author(store.incidents[REFUNDS])
    desk = ErasureDesk(store, streams, clock)
    async with api_house(store=store, clock=clock, erasures=desk) as made:
        yield made, desk, streams, clock


def shown(store: MemoryStore) -> str:
    return msgspec.json.encode(store.incidents[REFUNDS]).decode()


async def test_incidents_and_labels_lose_the_author_at_once_and_keep_their_counts() -> None:
    async with house() as (made, _, streams, _):
        incident = made.store.incidents[REFUNDS]
        hers, *others = incident.evidence.samples
        await made.api.post_json(f"/api/v1/incidents/{REFUNDS}/labels", {"mention": hers.key, "mood": "neutral"})
        answer = await made.api.post_json(ERASURES, BODY)
        labels = (await made.api.get("/api/v1/labels")).json()["labels"]

    assert answer.status == 202
    assert answer.json() == {
        "number": f"{JANE:016x}",
        "asked_by": "jo",
        "asked_at": "2026-01-05T12:00:00Z",
        "finished_at": None,
    }
    assert streams.told == [JANE]
    left = made.store.incidents[REFUNDS]
    assert left.evidence.samples == tuple(others)
    assert (left.evidence.observed, left.severity) == (incident.evidence.observed, incident.severity)
    assert "Jane" not in shown(made.store)
    assert [(label["mention"], label["text"], label["mood"]) for label in labels] == [("x:erased", "", "neutral")]


async def test_a_second_pass_takes_what_was_on_its_way_and_says_that_all_is_gone() -> None:
    async with house() as (made, desk, streams, clock):
        await made.api.post_json(ERASURES, BODY)
        made.store.incidents[REFUNDS] = with_author(made.store.incidents[REFUNDS])  # a detection that was on its way
        await desk.look()
        early = (await made.api.get(ERASURES)).json()["erasures"]
        made.store.incidents[REFUNDS] = with_author(made.store.incidents[REFUNDS])
        await clock.advance(120)
        await desk.look()
        done = (await made.api.get(ERASURES)).json()["erasures"]
        await desk.look()

    assert [one["finished_at"] for one in early] == [None]
    assert [one["finished_at"] for one in done] == ["2026-01-05T12:02:00Z"]
    assert "Jane" not in shown(made.store)
    assert streams.told == [JANE] * 3
    assert [line.act for line in made.store.kept_lines] == ["erasure.asked", "erasure.finished"]
    assert "4711" not in msgspec.json.encode(list(made.store.kept.values())).decode()


async def test_a_wish_that_met_no_kafka_is_completed_when_it_is_back() -> None:
    async with house() as (made, desk, streams, clock):
        streams.down = True
        refused = await made.api.post_json(ERASURES, BODY)
        await desk.look()
        streams.down = False
        await clock.advance(120)
        await desk.look()

    assert refused.status == 503
    assert streams.told == [JANE]
    assert "Jane" not in shown(made.store)
    (kept,) = [one for one in made.store.kept.values() if isinstance(one, Erasure)]
    assert kept.finished_at is not None


async def test_asking_again_begins_anew() -> None:
    async with house() as (made, desk, _, clock):
        await made.api.post_json(ERASURES, BODY)
        await clock.advance(120)
        await desk.look()
        made.store.incidents[REFUNDS] = with_author(made.store.incidents[REFUNDS])
        await made.api.post_json(ERASURES, BODY)
        again = (await made.api.get(ERASURES)).json()["erasures"]

    assert "Jane" not in shown(made.store)
    assert [one["finished_at"] for one in again] == [None]


@pytest.mark.parametrize(
    "body", [{}, {"platform": "x"}, {"platform": "", "author": "1"}, {"platform": "x", "author": ""}]
)
async def test_who_is_meant_has_to_be_said(body: dict[str, str]) -> None:
    async with house() as (made, _, streams, _):
        answer = await made.api.post_json(ERASURES, body)

    assert answer.status == 422
    assert streams.told == []
