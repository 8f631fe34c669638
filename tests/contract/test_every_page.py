"""Every page shows every hostile string as text, works without scripts, and has what a reader with a keyboard needs."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import quote

import msgspec
import pytest
from starlette.routing import Route

from alerting.api.situation import LinkTokens
from alerting.fakes.inbox import Inbox, InboxEntry, InboxReply
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.model import Incident, Severity, TimelineEntry, Transition
from alerting.incidents.situation_link import SituationLink
from alerting.incidents.statement import Statement
from streams.dead_letter_box import DeadLetter
from streams.events import Direction, Driver, Sample
from streams.findings import Carrier, Excess, Forecast, Origin, PostForecast, Split
from tests.fakes.api_house import LINK_KEY, ApiHouse, api_house, sign_in
from tests.fakes.clock import START
from tests.fakes.hostile import HOSTILE, Hostile, assert_inert_in_html
from tests.fakes.memory_store import MemoryStore
from tests.fakes.storyboard import REFUNDS, evidence_of, incident_at, storyboard

FORECAST = Forecast(50, 80, 60, 120, 0.2)
LINK = SituationLink("0123456789abcdef", "jo", START, START + timedelta(days=1))
PAGES: dict[str, str] = {
    "/": "/",
    "/fragments/now": "/fragments/now",
    "/incidents/{incident_id}": f"/incidents/{REFUNDS}",
    "/fragments/incidents/{incident_id}": f"/fragments/incidents/{REFUNDS}",
    "/incidents/{incident_id}/work": f"/incidents/{REFUNDS}/work",
    "/incidents/{incident_id}/review": f"/incidents/{REFUNDS}/review",
    "/topics": "/topics",
    "/topics/{topic}": "/topics/refunds",
    "/on-call": "/on-call",
    "/reports/weekly": "/reports/weekly?week=2026-W02",
    "/silences": "/silences",
    "/feeds": "/feeds",
    "/feeds/dead-letters": "/feeds/dead-letters",
    "/s/{token}": LinkTokens((LINK_KEY,)).address(incident_at(START), LINK),
    "/inbox": "/inbox",
    "/fragments/inbox": "/fragments/inbox",
    "/login": "/login",
}
TRICKS = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff]")
WHOLE_PAGES = [path for path in PAGES.values() if not path.startswith("/fragments")]


def sample_of(text: str) -> Sample:
    return Sample(
        key=text,
        text=text,
        published_at=START,
        author=text,
        followers=3,
        url=text,
        lang=text,
        content_type=text,
    )


def poisoned(incident: Incident, texts: list[str]) -> Incident:
    """The incident with what comes from mentions, and what people and vendors wrote, replaced."""
    evidence = msgspec.structs.replace(
        evidence_of(START),
        drivers=tuple(
            Driver(text, 9 - index % 5, 1.0, 8.0, text, "negative", Origin(text, START, text, text))
            for index, text in enumerate(texts)
        ),
        samples=tuple(sample_of(text) for text in texts),
        verbatims=tuple(sample_of(text) for text in texts),
        excess=Excess(START, 90, 9.0, 1.0, 80),
        splits=tuple(Split("platform", {text: 60.0}) for text in texts),
        carriers=tuple(Carrier(text, 60, 9, text, "verified", 9_000, decisive=True) for text in texts),
        posts=tuple(PostForecast(text, FORECAST, "positive", text, text, text) for text in texts),
        forecast=FORECAST,
        platforms=dict.fromkeys(texts, 3),
    )
    one = texts[0]
    return msgspec.structs.replace(
        incident,
        evidence=evidence,
        title=one,
        topic_name=one,
        why=one,
        owner=one,
        brand=one,
        acknowledged_by=one,
        assignee=one,
        statement=Statement(one, one, START, one, START, START),
        parts=tuple(msgspec.structs.replace(part, topic=one, topic_name=one, because=one) for part in incident.parts),
    )


def poisoned_store(texts: list[str]) -> MemoryStore:
    store = storyboard(START)
    one = texts[0]
    store.incidents = {name: poisoned(incident, texts) for name, incident in store.incidents.items()}
    for index, text in enumerate(texts):
        feed = incident_at(START, id=f"inc_feed{index}", topic=f"feed/{text}", direction=Direction.QUIET)
        store.incidents[feed.id] = poisoned(feed, texts)
    store.board = tuple(msgspec.structs.replace(status, name=one, owner=one, query=one) for status in store.board)
    store.entries = [
        TimelineEntry(REFUNDS, START, Transition.ACKNOWLEDGED, text, text, position=index + 1)
        for index, text in enumerate(texts)
    ]
    store.outbox = [
        Delivery(
            id=f"d{index}",
            incident=REFUNDS,
            incident_revision=1,
            receiver=text,
            notifier=f"{text}:0",
            change=Transition.OPENED,
            state=list(DeliveryState)[index % 4],
            created_at=START,
            next_attempt_at=START,
            attempts=2,
            reason=text,
            detail=text,
        )
        for index, text in enumerate(texts)
    ]
    return store


def poisoned_inbox(texts: list[str]) -> Inbox:
    inbox = Inbox()
    for index, text in enumerate(texts):
        vendor = ("slack", "pagerduty", "webhook")[index % 3]
        reply = InboxReply(START, text)
        inbox.put(InboxEntry(str(index), vendor, text, text, START, START, text, (text,), (reply,), text, edits=1))
    return inbox


class Letters:
    """Dead letters of which everything is hostile."""

    def __init__(self, texts: list[str]) -> None:
        self._letters = tuple(
            DeadLetter(0, index, START, text, text, text, text, is_whole=True) for index, text in enumerate(texts)
        )

    async def newest(self, limit: int = 200) -> tuple[DeadLetter, ...]:
        return self._letters[:limit]

    async def send_again(self, partition: int, offset: int, *, by: str, text: str | None = None) -> str:
        raise AssertionError(partition, offset, by, text)


async def open_pages(house: ApiHouse, paths: list[str]) -> AsyncIterator[tuple[str, str]]:
    await sign_in(house.browser)
    for path in paths:
        answer = await house.browser.get(path)
        assert answer.status == 200, path
        yield path, answer.body.decode("utf-8")


async def test_every_page_stands_in_the_table() -> None:
    """A new page must be added to `PAGES`, so that it is tried here."""

    def pages_below(routes: list[object]) -> set[str]:
        found: set[str] = set()
        for route in routes:
            inner = getattr(getattr(route, "original_router", None), "routes", None)
            found |= pages_below(inner) if inner is not None else set()
            if isinstance(route, Route) and "GET" in (route.methods or ()):
                found.add(route.path)
        return {path for path in found if not path.startswith(("/api/", "/-/", "/metrics", "/openapi.json"))}

    async with api_house(inbox=Inbox()) as house:
        found = pages_below(list(house.app.routes))

    assert found == set(PAGES)


@pytest.mark.parametrize("page", PAGES.values())
async def test_all_hostile_strings_at_once_stay_text(page: str) -> None:
    texts = [hostile.text for hostile in HOSTILE]

    async with api_house(store=poisoned_store(texts), inbox=poisoned_inbox(texts), letters=Letters(texts)) as house:
        async for _, html in open_pages(house, [page]):
            assert_inert_in_html(html)
            assert not TRICKS.search(html)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
async def test_each_hostile_string_stays_text_wherever_it_stands(hostile: Hostile) -> None:
    texts = [hostile.text]

    async with api_house(store=poisoned_store(texts), inbox=poisoned_inbox(texts), letters=Letters(texts)) as house:
        async for _, html in open_pages(
            house,
            [
                "/",
                f"/incidents/{REFUNDS}",
                f"/incidents/{REFUNDS}/work",
                f"/incidents/{REFUNDS}/review",
                "/topics",
                "/topics/refunds",
                "/feeds",
                "/feeds/dead-letters",
                "/inbox",
            ],
        ):
            assert_inert_in_html(html)
        chart = await house.browser.get(f"/api/v1/incidents/{REFUNDS}/chart.svg")
        lost = await house.browser.get("/topics/" + _quoted(hostile.text))
        assert_inert_in_html(chart.body.decode("utf-8"))
        assert_inert_in_html(lost.body.decode("utf-8"))


class _Reader(HTMLParser):
    """What matters to somebody without a mouse, a picture or a script."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = dict(attrs)
        self.attributes.append((tag, fields))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if fields.get("id"):
            self.ids.append(str(fields["id"]))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [fields for name, fields in self.attributes if name == tag]


@pytest.mark.parametrize("page", WHOLE_PAGES)
async def test_a_page_can_be_read_and_used_without_scripts_pictures_or_mouse(page: str) -> None:
    async with api_house(store=storyboard(START), inbox=poisoned_inbox(["hello"])) as house:
        ((_, html),) = [item async for item in open_pages(house, [page])]
    reader = _Reader()
    reader.feed(html)

    assert html.startswith('<!doctype html>\n<html lang="en">')
    assert reader.of("html")[0]["lang"] == "en"
    assert reader.of("main")
    assert reader.headings.count(1) == 1
    assert all(later - before <= 1 for before, later in zip(reader.headings, reader.headings[1:], strict=False))
    assert len(reader.ids) == len(set(reader.ids))
    for picture in reader.of("svg"):
        assert picture.get("aria-label") or picture.get("aria-hidden") == "true"
    for form in reader.of("form"):
        assert form["method"] == "post"
    for field in reader.of("input"):
        assert field["type"] == "hidden" or field["id"] in {label["for"] for label in reader.of("label")}
    for fields in reader.of("script"):
        assert str(fields["src"]).startswith("/static/")
    assert not [fields for _, fields in reader.attributes if "style" in fields]


async def test_the_same_moment_gives_the_same_page() -> None:
    async with api_house(store=storyboard(START)) as house:
        first = (await house.api.get("/")).body
        second = (await house.api.get("/")).body

    assert first == second


async def test_a_board_of_hundreds_of_topics_stays_one_page() -> None:
    store = storyboard(START)
    one = store.board[0]
    store.board = tuple(
        msgspec.structs.replace(one, topic=f"topic-{number}", name=f"Topic {number}") for number in range(500)
    )
    store.curves = {}

    async with api_house(store=store) as house:
        html = (await house.api.get("/")).text

    assert html.count('class="spark"') == 24
    assert "476 more, quieter" in html


async def test_the_worst_incident_comes_first_whenever_it_opened() -> None:
    store = storyboard(START)
    store.add(incident_at(START - timedelta(minutes=1), id="inc_01JGV6NEWER00000000000000", severity=Severity.SEV2))

    async with api_house(store=store) as house:
        html = (await house.api.get("/")).text

    assert html.index(REFUNDS) < html.index("inc_01JGV6NEWER00000000000000")


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="")
