"""Weeks of a simulated world: the same for the same seed, and what the labels say is there."""

import statistics
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from streams import codec
from streams.mention import Mention
from streams.simulate.planted import PAGES, Kind, LabelLine, Planted
from streams.simulate.programme import EVERY_TOPIC, programme
from streams.simulate.refund_outage import towns
from streams.simulate.town import CALLS, Town

START = datetime(2026, 1, 5, tzinfo=UTC)
DAYS, EVENTS = 6.0, 40


def town(seed: int = 7, events: int = EVENTS, rate: float = 0.08) -> Town:
    return Town(towns(2, rate), START, days=DAYS, events=events, seed=seed)


TOWN = town()
MENTIONS = list(TOWN.mentions())
LABELS = TOWN.labels()
QUIET = town(events=0)
USUAL = list(QUIET.mentions())


def of_kind(kind: Kind) -> list[LabelLine]:
    return [label for label in LABELS if label.kind is kind]


def within(mentions: list[Mention], topic: str, start: float, end: float) -> list[Mention]:
    brand, _, subject = topic.partition("-")
    word = {"delivery": ("deliver", "parcel", "courier"), "app-login": ("login",), "refunds": ("refund",)}
    words = word.get(subject, (subject.replace("-", " "), subject.rstrip("s")))
    return [
        one
        for one in mentions
        if start <= one.published_at.timestamp() < end
        and brand in one.text.lower()
        and any(part in one.text.lower() for part in words)
    ]


def test_the_same_seed_gives_the_same_stream_byte_for_byte() -> None:
    one, other = (
        [codec.encode_mention(mention) for mention in Town(towns(1, 0.05), START, days=1, events=4, seed=3).mentions()]
        for _ in range(2)
    )
    another = [
        codec.encode_mention(mention) for mention in Town(towns(1, 0.05), START, days=1, events=4, seed=4).mentions()
    ]

    assert one == other
    assert one != another


def test_mentions_come_in_the_order_in_which_they_arrive() -> None:
    arrivals = [mention.ingested_at or mention.published_at for mention in MENTIONS]

    assert all(b - a > timedelta(seconds=-1.1) for a, b in pairwise(arrivals))
    assert len({mention.id for mention in MENTIONS}) == len(MENTIONS)


def test_labels_lie_in_the_stream_and_say_who_wants_to_be_woken() -> None:
    begin = START.timestamp()

    assert LABELS
    for label in LABELS:
        assert begin + 0.35 * DAYS * 86_400 <= label.onset < label.end <= begin + DAYS * 86_400
        assert label.pages == (label.kind in PAGES)
        assert label.cause


def test_a_crisis_at_once_is_as_large_as_its_label_says() -> None:
    for label in of_kind(Kind.STEP):
        there = within(MENTIONS, label.topic, label.onset, label.end)

        assert label.size > 0
        assert len(there) >= 0.5 * label.size


def test_usual_traffic_is_overdispersed_and_has_a_rhythm() -> None:
    minutes = Counter(int(mention.published_at.timestamp()) // 600 for mention in USUAL)
    counts = [minutes.get(at, 0) for at in range(min(minutes), max(minutes) + 1)]
    hours = Counter(mention.published_at.hour for mention in USUAL)

    assert statistics.variance(counts) > 1.5 * statistics.mean(counts)
    assert max(hours.values()) > 1.3 * min(hours.values())


def test_without_events_there_are_no_labels() -> None:
    assert QUIET.labels() == ()


def test_bots_say_the_same_and_are_young() -> None:
    storm = of_kind(Kind.BOTS)[0]
    found = [
        one
        for one in MENTIONS
        if one.author is not None
        and (one.author.id or "").startswith("b")
        and storm.onset <= one.published_at.timestamp() < storm.end
    ]

    assert len(found) == storm.size > 0
    assert all(one.author is not None and one.author.created_at is not None for one in found)


def test_what_a_feed_held_back_comes_at_once_afterwards_and_says_so() -> None:
    late = [mention for mention in MENTIONS if mention.ingested_at is not None]
    floods = of_kind(Kind.FLOOD)

    assert late
    for mention in late:
        assert any(
            flood.platform == mention.platform
            and flood.onset <= mention.published_at.timestamp() < flood.end
            and (mention.ingested_at or START).timestamp() >= flood.end - 0.01
            for flood in floods
        )


def test_a_gap_loses_what_its_feed_had() -> None:
    for gap in of_kind(Kind.GAP):
        assert not [
            mention
            for mention in MENTIONS
            if mention.platform == gap.platform and gap.onset <= mention.published_at.timestamp() < gap.end
        ]
        assert gap.topic == EVERY_TOPIC


def test_the_contact_centre_follows_a_crisis_or_comes_first() -> None:
    leads = {label.kind: label.lead for label in LABELS if label.lead is not None}

    assert leads[Kind.STEP] > 0
    assert leads[Kind.CALLS_FIRST] < 0
    assert {mention.content_type for mention in MENTIONS if mention.platform == CALLS} == {"message"}


def test_shares_name_what_they_share() -> None:
    shared = [mention for mention in MENTIONS if mention.repost_of is not None]
    ids = {mention.id for mention in MENTIONS}

    assert len(shared) > 0.05 * len(MENTIONS)
    assert sum(mention.repost_of in ids for mention in shared) > 0.9 * len(shared)


def test_an_industry_wide_event_is_about_one_subject_of_every_brand() -> None:
    planted = programme([["a-x", "b-x"], ["a-y", "b-y"]], 30 * 86_400.0, 60, Random(1))  # noqa: S311
    wide = [one for one in planted if one.kind is Kind.INDUSTRY]

    assert wide
    for one in wide:
        other = [two for two in wide if two.topic != one.topic and abs(two.onset - one.onset) <= 600.0]
        assert [two.topic[1:] for two in other] == [one.topic[1:]]


def test_every_kind_is_planted_where_there_is_time_for_it() -> None:
    planted = programme([["a-x", "b-x"], ["a-y", "b-y"]], 60 * 86_400.0, 36, Random(1))  # noqa: S311

    assert {one.kind for one in planted} == set(Kind)


def test_events_of_a_topic_leave_it_time_to_recover() -> None:
    last: dict[str, float] = {}
    for one in programme([["a-x"], ["a-y"]], 60 * 86_400.0, 60, Random(2)):  # noqa: S311
        assert one.onset >= last.get(one.topic, 0.0)
        last[one.topic] = one.end + 3600.0


def test_a_second_wave_comes_after_a_trough() -> None:
    waves = Planted(Kind.WAVES, "x", 0.0, 7200.0, "", height=9.0, second=3600.0)

    assert waves.level(1200) == 1.0
    assert waves.level(3000) < 0.1
    assert waves.level(3700) == 1.0
    assert waves.level(7200) == 0.0
