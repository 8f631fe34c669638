"""Which earlier incidents one is like."""

from datetime import timedelta

import msgspec

from alerting.incidents.outline import Outline, OutlineEvidence, outline_of
from alerting.reports.likeness import alike
from streams.events import Direction
from streams.findings import Driver
from tests.fakes.clock import START
from tests.fakes.stored import incident


def like(number: int, *terms: str, topic: str = "refunds", tone: str = "negative") -> Outline:
    drivers = tuple(Driver(term, 9, 1.0, 8.0, "phrase", tone) for term in terms)
    outline = outline_of(incident(number, topic=topic))
    return msgspec.structs.replace(outline, evidence=OutlineEvidence(drivers=drivers))


ONE = like(9, "refund pending", "chat closed")


def test_the_same_drivers_and_topic_are_wholly_alike() -> None:
    (found,) = alike(ONE, [like(1, "chat closed", "refund pending")])

    assert (found.likeness, found.words, found.topics) == (1.0, ("chat", "closed", "pending", "refund"), ("refunds",))


def test_likeness_adds_up_as_stated() -> None:
    # 2 of 6 words, the topic, the kind: 0.6 / 3 + 0.25 + 0.15
    (found,) = alike(ONE, [like(1, "refund pending", "app update")])

    assert found.likeness == 0.6


def test_another_topic_with_the_same_words_is_alike_and_one_with_nothing_in_common_never() -> None:
    found = alike(ONE, [like(1, "refund pending", "chat closed", topic="app"), like(2, "app update", topic="app")])

    assert [(one.id, one.likeness) for one in found] == [(incident(1).id, 0.75)]


def test_praise_is_another_kind_than_anger() -> None:
    praise = msgspec.structs.replace(like(1, "refund pending", tone="positive"), direction=Direction.VIRAL)

    (found,) = alike(ONE, [praise])

    assert not found.same_kind
    assert found.likeness == 0.55  # 2 of 4 words and the topic


def test_the_most_alike_come_first_the_newest_among_equals_and_it_is_never_like_itself() -> None:
    earlier = [like(number, "refund pending") for number in range(1, 8)]

    found = alike(ONE, [like(8, "refund pending", "chat closed"), *earlier, ONE])

    assert [one.id for one in found] == [incident(number).id for number in (8, 7, 6, 5, 4)]
    assert found[0].opened_at == START + timedelta(seconds=8)


def test_incidents_that_nothing_drives_are_alike_by_topic_and_kind() -> None:
    (found,) = alike(like(9), [like(1)])

    assert (found.likeness, found.words) == (0.4, ())
