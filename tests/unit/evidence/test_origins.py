from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streams.errors import StateCorrupted
from streams.evidence.origins import Origins
from streams.findings import Driver, Origin

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ALARM = "the water of the new kettle smells of plastic and nobody at the shop wants to hear it"


def driver(term: str, minutes: float, kind: str = "copies", author: int | None = None) -> Driver:
    first = Origin(key=f"x:{minutes:g}", at=NOON + timedelta(minutes=minutes), author_number=author)
    return Driver(term=term, mentions=9, expected=0.0, kind=kind, first=first)


def key_of(told: Driver) -> str | None:
    return None if told.first is None else told.first.key


def test_the_earliest_origin_stays_when_only_later_ones_are_at_hand() -> None:
    origins = Origins()
    origins.traced(driver("charged twice", 3, "phrase"))
    origins.traced(driver("charged twice", 9, "phrase"))

    assert key_of(origins.traced(driver("charged twice", 5, "phrase"))) == "x:3"


def test_copied_text_has_one_origin_whichever_copy_it_goes_by() -> None:
    origins = Origins()
    origins.traced(driver(ALARM, 3))

    told = origins.traced(driver(ALARM.replace("smells", "tastes"), 7))
    later = origins.traced(driver(ALARM.replace("shop", "counter"), 8))

    assert [key_of(told), key_of(later)] == ["x:3", "x:3"]


def test_other_texts_and_other_kinds_have_origins_of_their_own() -> None:
    origins = Origins()
    origins.traced(driver(ALARM, 3))

    other = origins.traced(driver("free vouchers for everybody who shares this post before tonight", 7))
    post = origins.traced(driver(ALARM, 8, "post"))

    assert [key_of(other), key_of(post)] == ["x:7", "x:8"]


def test_of_a_text_too_short_to_be_a_copy_only_the_same_is_the_same() -> None:
    origins = Origins()
    origins.traced(driver("shame", 3))

    assert [key_of(origins.traced(driver(text, 7))) for text in ("shame", "shame on")] == ["x:3", "x:7"]


def test_only_those_told_last_are_remembered() -> None:
    origins = Origins()
    for number in range(20):
        origins.traced(driver(f"word{number}", number, "word"))

    assert len(origins.snapshot()) == 16
    assert key_of(origins.traced(driver("word19", 50, "word"))) == "x:19"
    assert key_of(origins.traced(driver("word0", 50, "word"))) == "x:50"


def test_erasing_a_person_keeps_when_it_was_said() -> None:
    origins = Origins()
    origins.traced(driver("word", 3, "word", author=7))

    known = [origins.erase({8}), origins.erase({7})]

    told = origins.traced(driver("word", 5, "word")).first
    assert known == [False, True]
    assert told is not None
    assert (told.at, told.author_number) == (NOON + timedelta(minutes=3), None)


def test_goes_on_from_a_snapshot_as_if_nothing_had_happened() -> None:
    origins, restored = Origins(), Origins()
    origins.traced(driver(ALARM, 3))

    restored.restore(origins.snapshot())

    assert restored.snapshot() == origins.snapshot()
    assert key_of(restored.traced(driver(ALARM, 5))) == "x:3"


@pytest.mark.parametrize("state", [[["term"]], [["term", {"at": 1}]], 7])
def test_refuses_what_is_no_snapshot(state: Any) -> None:
    with pytest.raises(StateCorrupted, match="snapshot of origins"):
        Origins().restore(state)
