import re

from prometheus_client import CollectorRegistry

from alerting.api.world import WorldScrape
from alerting.incidents.topic_status import TopicStatus
from alerting.world_metrics import WorldMetrics
from tests.fakes.api_house import api_house
from tests.fakes.clock import START, FakeClock
from tests.fakes.storyboard import storyboard


def status(topic: str, *, score: float | None = None, per_minute: float | None = None) -> TopicStatus:
    return TopicStatus(
        topic, topic, None, "Acme", topic, pages_per_week=0.25, pages_this_week=0, score=score, per_minute=per_minute
    )


async def test_tells_prometheus_what_is_said_about_each_topic() -> None:
    async with api_house(store=storyboard(START)) as house:
        board = {topic["id"]: topic for topic in (await house.api.get("/api/v1/topics")).json()["topics"]}
        answer = await house.api.get("/api/v1/metrics")

    told = dict(
        re.findall(
            r'^tocsin_topic_mentions_per_minute\{brand="[^"]*",topic="([^"]+)"\} (\S+)$', answer.text, re.MULTILINE
        )
    )
    known = {topic: entry["per_minute"] for topic, entry in board.items() if entry["per_minute"] is not None}
    assert answer.headers["content-type"].startswith("text/plain")
    assert known
    assert {topic: float(value) for topic, value in told.items()} == known


async def test_is_nothing_for_strangers() -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.browser.get("/api/v1/metrics")

    assert answer.status == 401
    assert "refunds" not in answer.text


def test_what_is_unknown_is_absent_and_what_is_gone_is_forgotten() -> None:
    registry = CollectorRegistry()
    metrics = WorldMetrics(registry)
    metrics.show([status("a", score=1.0), status("b", score=2.0)], left_out=0)

    metrics.show([status("b")], left_out=0)

    def sample(name: str, topic: str) -> float | None:
        return registry.get_sample_value(f"tocsin_topic_{name}", {"topic": topic, "brand": "Acme"})

    assert (sample("score", "a"), sample("score", "b")) == (None, None)
    assert (sample("pages_per_week", "a"), sample("pages_per_week", "b")) == (None, 0.25)


async def test_tells_only_the_most_unusual_topics_and_how_many_it_left_out() -> None:
    store = storyboard(START)
    scrape = WorldScrape(store, FakeClock(), most_topics=2)
    topics = len(await store.topics(START))

    text = (await scrape.text()).decode()

    assert set(re.findall(r'topic="([^"]+)"', text)) == {"refunds", "campaign"}
    assert f"tocsin_topics_left_out {float(topics - 2)}" in text


async def test_however_many_scrape_the_database_is_read_once_in_five_seconds() -> None:
    store = storyboard(START)
    clock = FakeClock()
    scrape = WorldScrape(store, clock)
    first = await scrape.text()
    store.board = ()

    within = await scrape.text()
    await clock.advance(5)
    after = await scrape.text()

    assert within == first
    assert "refunds" not in after.decode()
