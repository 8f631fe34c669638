import pytest

from streams.broker.base import Record
from streams.errors import TooManyDeadLetters
from tests.fakes.score_stage import SOURCE, at, make_stage, partials, record


def test_an_unreadable_record_becomes_a_dead_letter_and_the_stream_goes_on() -> None:
    stage = make_stage()
    broken = Record(SOURCE, 41, b"k", b"{", 1, (("trace", b"1"),))

    stage.fold([broken, record()], at(0))
    out = stage.flush(at(0), at_end=False)

    [letter] = [item for item in out if item.kafka_topic == "mentions.DLT"]
    assert (letter.key, letter.value) == (b"k", b"{")
    headers = dict(letter.headers)
    assert b"not JSON" in headers["reason"]
    assert (headers["kafka_topic"], headers["partition"], headers["offset"]) == (b"mentions", b"3", b"41")
    assert len(partials(out)) == 1
    assert not [item for item in stage.flush(at(0), at_end=False) if item.kafka_topic == "mentions.DLT"]


def test_a_dead_letter_fits_into_kafka_whatever_its_size() -> None:
    stage = make_stage()

    stage.fold([Record(SOURCE, 0, b"k" * 50_000, b"x" * 2_000_000, 1)], at(0))
    letter = stage.flush(at(0), at_end=False)[0]

    assert (
        len(letter.key or b"") + len(letter.value or b"") + sum(len(value) for _, value in letter.headers) < 1_040_000
    )
    assert dict(letter.headers)["cut_from_bytes"] == b"2000000"


def test_stops_when_more_than_the_allowed_share_cannot_be_read() -> None:
    broken = Record(SOURCE, 0, None, b"{", 1)
    stage = make_stage(dead_letter_share=0.5)

    stage.fold([broken] * 99, at(0))
    with pytest.raises(TooManyDeadLetters, match="100 of the last 100"):
        stage.fold([broken], at(0))


def test_judges_only_the_last_thousand_records() -> None:
    broken = Record(SOURCE, 0, None, b"{", 1)
    stage = make_stage(dead_letter_share=0.5)
    stage.fold([record(id=str(i)) for i in range(5000)], at(0))

    stage.fold([broken] * 500, at(0))
    with pytest.raises(TooManyDeadLetters, match="501 of the last 1000"):
        stage.fold([broken], at(0))


def test_forgets_unreadable_records_of_long_ago() -> None:
    broken, good = Record(SOURCE, 0, None, b"{", 1), record()
    stage = make_stage(dead_letter_share=0.5)

    stage.fold([good] * 600 + [broken] * 400 + [good] * 1000 + [broken] * 500, at(0))

    assert stage.counts()["dead_lettered"] == 900
