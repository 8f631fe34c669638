import msgspec

from streams import codec
from streams.broker.partitioner import partition_for
from streams.events import Watermark
from streams.stages.arrivals import MAX_NAMES
from streams.stages.mention_time import HISTORY_HEADER
from streams.stages.score import ScoreStage
from tests.fakes.score_stage import START_SECOND, at, counted, make_stage, of_partials, record, watermarks


def test_every_partials_partition_hears_the_watermark_once_a_second() -> None:
    stage = make_stage()
    stage.fold([record(published=30)], at(31))

    first = watermarks(stage.flush(at(31), at_end=False))
    within = watermarks(stage.flush(at(31.9), at_end=False))
    after = watermarks(stage.flush(at(32), at_end=False))

    event_ms, told_ms = (START_SECOND + 30 - 5) * 1000, (START_SECOND + 31) * 1000
    silent = Watermark(source="mentions-3", event_ms=event_ms, idle=False, sources=4, told_ms=told_ms + 1000)
    first_one = msgspec.structs.replace(silent, arrivals={"x": 1}, told_ms=told_ms)
    assert first == [(number, first_one) for number in range(3)]
    assert within == []
    assert after == [(number, silent) for number in range(3)]


def test_watermarks_tell_what_arrived_of_each_platform_matched_or_not_but_no_history() -> None:
    stage = make_stage()
    past = msgspec.structs.replace(record(id="3", platform="old"), headers=((HISTORY_HEADER, b"1"),))
    stage.fold([record(id="1"), record("nothing of ours", id="2", platform="forum"), past], at(1))

    [(_, told), *_] = watermarks(stage.flush(at(1), at_end=False))

    assert told.arrivals == {"x": 1, "forum": 1}


def test_invented_platforms_do_not_make_a_watermark_grow_without_bound() -> None:
    stage = make_stage()
    stage.fold([record(id=str(number), platform=f"p{number}") for number in range(1000)], at(1))

    [(_, told), *_] = watermarks(stage.flush(at(1), at_end=False))

    assert sum(told.arrivals.values()) == 1000
    assert len(told.arrivals) == MAX_NAMES + 1


def test_watermarks_follow_the_partials_they_cover() -> None:
    stage = make_stage()
    stage.fold([record()], at(0))

    kinds = [type(value).__name__ for value in of_partials(stage.flush(at(0), at_end=False))]

    mark = "Watermark"
    assert [kind for kind in kinds if kind != mark] == ["Definition", "PartialCount"]
    assert kinds.count(mark) == 3  # one for each partition
    assert kinds[kinds.index("PartialCount") + 1] == mark


def event_seconds(stage: ScoreStage, now: float, *, at_end: bool) -> float | None:
    """The watermark as seconds after START."""
    [(_, first), *_] = watermarks(stage.flush(at(now), at_end=at_end))
    return None if first.event_ms is None else first.event_ms / 1000 - START_SECOND


def test_event_time_is_unknown_before_the_first_mention() -> None:
    assert event_seconds(make_stage(), 0, at_end=True) is None


def test_mentions_of_no_topic_move_event_time_too() -> None:
    stage = make_stage()
    stage.fold([record("nothing of interest", published=30)], at(30))

    assert event_seconds(stage, 30, at_end=False) == 25


def test_event_time_goes_on_by_itself_only_while_caught_up() -> None:
    stage = make_stage()
    stage.fold([record(published=30)], at(31))

    assert event_seconds(stage, 40, at_end=False) == 25
    assert event_seconds(stage, 50, at_end=True) == 25 + (50 - 31)
    assert event_seconds(stage, 60, at_end=False) == 44
    assert event_seconds(stage, 61, at_end=True) == 25 + (61 - 31)


def test_event_time_never_goes_back() -> None:
    stage = make_stage()
    stage.fold([record(published=30)], at(31))
    assert event_seconds(stage, 51, at_end=True) == 45

    stage.fold([record(published=20, id="2"), record(published=40, id="3")], at(52))

    assert event_seconds(stage, 52, at_end=False) == 45
    assert event_seconds(stage, 53, at_end=True) == 25 + (53 - 31)


def test_the_newest_mention_decides_wherever_it_stands_in_a_batch() -> None:
    stage = make_stage()

    stage.fold([record(published=30), record(published=90, id="2"), record(published=60, id="3")], at(91))

    assert event_seconds(stage, 91, at_end=False) == 85


def test_newer_mentions_set_event_time_forward() -> None:
    stage = make_stage()
    stage.fold([record(published=30)], at(31))
    event_seconds(stage, 31, at_end=False)

    stage.fold([record(published=1000, id="2")], at(1001))

    assert event_seconds(stage, 1001, at_end=False) == 995
    assert event_seconds(stage, 1003, at_end=True) == 997


def test_a_caught_up_source_without_mentions_is_idle_after_a_while() -> None:
    stage = make_stage()
    stage.fold([record()], at(0))

    def idle(now: float, *, at_end: bool) -> bool:
        return watermarks(stage.flush(at(now), at_end=at_end))[0][1].idle

    assert [idle(9, at_end=True), idle(10, at_end=True), idle(11, at_end=False)] == [False, True, False]


def test_a_partition_that_never_had_a_mention_becomes_idle() -> None:
    stage = make_stage()

    assert not watermarks(stage.flush(at(0), at_end=True))[0][1].idle
    [(_, late), *_] = watermarks(stage.flush(at(10), at_end=True))
    assert (late.event_ms, late.idle, late.sources) == (None, True, 4)


def test_an_idle_stage_writes_nothing_between_watermarks() -> None:
    stage = make_stage()
    stage.flush(at(0), at_end=True)

    assert stage.flush(at(0.5), at_end=True) == []
    assert stage.snapshot(7) == []


def test_a_backlog_hears_a_watermark_for_each_of_its_minutes() -> None:
    stage = make_stage()
    stage.fold([record(published=0)], at(9000))
    stage.flush(at(9000), at_end=False)

    stage.fold([record(id=f"minute {minute}", published=60 * minute) for minute in range(1, 4)], at(9000.1))
    outgoing = stage.flush(at(9000.1), at_end=False)

    heard = [value for number, value in watermarks(outgoing) if number == 0]
    assert [(mark.event_ms or 0) / 1000 - START_SECOND for mark in heard] == [55, 115, 175]
    [pack] = [item.value for item in outgoing if item.partition == partition_for(b"refunds", 3)]
    kinds = [type(value).__name__ for value in codec.decode_of_partials(pack)]
    assert kinds == ["Watermark", "PartialCount"] * 3


def test_a_backlog_hears_them_after_a_restart_too() -> None:
    stage = make_stage()
    stage.restore([], 1)
    stage.replay([record(published=0)])

    stage.fold([record(id=f"minute {minute}", published=60 * minute) for minute in range(1, 4)], at(9000))

    heard = [value for number, value in watermarks(stage.flush(at(9000), at_end=False)) if number == 0]
    assert [(mark.event_ms or 0) / 1000 - START_SECOND for mark in heard] == [55, 115, 175]


def test_a_stream_of_the_present_hears_no_more_than_one_watermark_a_second() -> None:
    stage = make_stage()
    stage.fold([record(published=0)], at(0))
    stage.flush(at(0), at_end=True)

    stage.fold([record(id=f"{tenth}", published=tenth / 10) for tenth in range(1, 9)], at(0.9))

    assert watermarks(stage.flush(at(0.9), at_end=True)) == []


def test_a_wrong_clock_carries_nobodys_time_ahead() -> None:
    stage = make_stage()
    stage.fold([record(published=100, accepted=100), record(id="far ahead", published=9e6, accepted=100)], at(100))

    assert event_seconds(stage, 100, at_end=False) == 95


def test_a_repetition_is_told_apart_for_as_long_as_the_index_remembers_and_counts_anew_as_delayed_beyond_it() -> None:
    """An hour of event time by default; here ten minutes. Each lies far beyond the grace period of two."""
    minute = 60.0
    within, beyond = make_stage(index_seconds=600), make_stage(index_seconds=600)
    for stage, later in ((within, 9 * minute), (beyond, 12 * minute)):
        stage.fold([record(id="1")], at(0))
        stage.flush(at(0), at_end=False)
        stage.changes(1)
        stage.fold([record(id="2", published=later)], at(later))
        stage.flush(at(later), at_end=False)
        stage.changes(2)

    again = record(id="1", published=0, accepted=13 * minute)

    assert counted(again, stage=within) == []
    [as_new] = counted(again, stage=beyond)
    assert (as_new.second, as_new.tally.mentions) == (START_SECOND + 13 * 60, 1)
    assert as_new.tally.delayed == 1
