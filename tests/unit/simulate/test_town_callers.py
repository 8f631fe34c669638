"""The contact centre of simulated weeks: the same for the same seed, and calls where the labels say so."""

from datetime import UTC, datetime

import pytest

from alerting.hearing.kinship import kin
from streams.simulate.planted import Kind, Planted, label_of
from streams.simulate.refund_outage import towns
from streams.simulate.town_callers import TownCallers

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
HOUR = 3600.0
TOPICS = [topic for group in towns(2, 1.0) for topic in group]


def crisis(lead: float, topic: str = "arvella-refunds") -> Planted:
    return Planted(Kind.STEP, topic, 12 * HOUR, 16 * HOUR, "it broke", height=20.0, lead=lead, negative=0.8)


def callers(*planted: Planted, seed: int = 3, hours: float = 24) -> TownCallers:
    return TownCallers(TOPICS, START, seconds=hours * HOUR, planted=planted, seed=seed)


def by_minute(found: TownCallers, reason: str, brand: str = "arvella") -> list[int]:
    counts = [0] * (24 * 60)
    for contact in found.contacts():
        if (contact.reason, contact.brand) == (reason, brand):
            counts[int((contact.opened_at - START).total_seconds()) // 60] += contact.count
    return counts


def test_the_same_seed_gives_the_same_calls() -> None:
    one, other, another = (list(callers(crisis(HOUR), seed=seed).contacts()) for seed in (3, 3, 4))

    assert one == other != another
    assert len({contact.id for contact in one}) == len(one)


@pytest.mark.parametrize("lead_minutes", [30, -30])
def test_people_call_as_long_after_or_before_the_posts_as_the_label_says(lead_minutes: int) -> None:
    counts = by_minute(callers(crisis(lead_minutes * 60.0)), "refund missing")
    begin, end = 12 * 60 + lead_minutes, 16 * 60 + lead_minutes

    usual = max(counts[9 * 60 : begin])
    assert min(counts[begin + 1 : end - 60]) > usual  # it falls over its last quarter, which is an hour
    assert max(counts[end + 1 : end + 90]) <= usual


def test_the_label_says_why_and_how_many_called_because_of_it() -> None:
    quiet, found = callers(hours=24), callers(crisis(30 * 60.0))
    label = label_of(crisis(30 * 60.0), START.timestamp(), 100)

    more = sum(by_minute(found, "refund missing")) - sum(by_minute(quiet, "refund missing"))
    told = found.labelled(label, 0)

    assert told.reason == "refund missing"
    assert told.calls == pytest.approx(more, rel=0.2)


def test_of_an_event_that_makes_nobody_call_the_label_stays_as_it_was() -> None:
    found = callers(crisis(0.0))
    label = label_of(crisis(0.0), START.timestamp(), 100)
    calls = by_minute(found, "refund missing")

    assert found.labelled(label, 0) == label
    assert max(calls[12 * 60 : 16 * 60]) < 5 * max(calls[9 * 60 : 12 * 60])


def test_nights_and_weekends_are_quieter() -> None:
    week = callers(hours=7 * 24)
    by_day = [[0, 0] for _ in range(7)]
    for contact in week.contacts():
        by_day[(contact.opened_at - START).days][8 <= contact.opened_at.hour < 20] += contact.count

    assert all(night < day / 2 for night, day in by_day)
    assert max(day for _, day in by_day[5:]) < min(day for _, day in by_day[:5])


def test_every_reason_belongs_to_its_own_topic_and_to_no_other_one_of_the_brand() -> None:
    ours = [topic for topic in TOPICS if topic.id.startswith("arvella-")]
    reasons = {
        topic.id: callers(crisis(1.0)).labelled(label_of(crisis(1.0, topic.id), 0.0, 1), 0).reason for topic in ours
    }

    belongs = {
        (reason, topic.id)
        for reason in reasons.values()
        for topic in ours
        if reason and kin(reason, topics=[topic.id], spoken=[topic.name, topic.query], configured={})
    }

    assert belongs == {(reason, topic) for topic, reason in reasons.items()}
