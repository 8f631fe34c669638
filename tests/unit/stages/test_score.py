import msgspec
import pytest

from streams import codec
from streams.broker.base import Record
from streams.broker.partitioner import partition_for
from streams.events import Tally
from streams.id_index import hash64
from streams.sentiment.none import NoScorer
from tests.fakes.score_stage import SOURCE, START_SECOND, at, counted, make_stage, partials, record


def test_counts_a_mention_for_every_topic_it_belongs_to() -> None:
    found = counted(
        record("acme owes me a refund", published=2.9, reach=10, likes=2, replies=1, lang="en", country="US")
    )

    by_topic = {partial.topic: partial for partial in found}
    assert set(by_topic) == {"refunds", "acme"}
    partial = by_topic["refunds"]
    assert partial.second == START_SECOND + 2
    assert partial.revision == 7
    assert partial.tally == Tally(mentions=1, neutral=1, reach=10, engagement=3)
    assert (partial.platforms, partial.languages, partial.regions) == ({"x": 1}, {"en": 1}, {"US": 1})
    assert partial.accepted_ms == START_SECOND * 1000 + 2900
    assert not partial.history


def test_all_partials_of_a_topic_go_where_its_key_says() -> None:
    stage = make_stage()

    stage.fold([record(published=0), record(id="2", published=1)], at(1))
    packs = {item.partition: codec.decode_of_partials(item.value) for item in stage.flush(at(1), at_end=False)}

    kinds = [type(value).__name__ for value in packs.pop(partition_for(b"refunds", 3))]
    assert kinds == ["Definition", "PartialCount", "PartialCount", "Watermark"]
    assert [len(values) for values in packs.values()] == [1, 1]  # everybody gets the watermark


def test_adds_up_one_partial_per_topic_and_second() -> None:
    found = counted(
        record("refund angry", id="1", author={"id": "a"}),
        record("refund happy angry happy", id="2", author={"id": "a"}),
        record("refund", id="3", lang="xx", author={"name": "b"}),
        record("refund late", id="4", published=1),
    )

    assert [partial.second - START_SECOND for partial in found] == [0, 1]
    first = found[0].tally
    step = round(0.3 * 8192) / 8192
    assert first == Tally(
        mentions=3, negative=1, positive=1, unscored=1, polarity_sum=0.0, polarity_squares=2 * step * step
    )
    assert len(found[0].authors) == 2
    assert found[0].terms == {"angry": 2, "happy": 1}  # mentions that contain it, without what the query itself names


def test_counts_no_terms_where_nobody_wants_them() -> None:
    [partial] = counted(record("refund angry", author={"id": "a"}), stage=make_stage(terms=False))

    assert (partial.terms, partial.terms_other) == ({}, 0)
    assert len(partial.authors) == len(partial.samples) == 1


def test_a_polarity_that_came_with_the_mention_is_believed() -> None:
    [partial] = counted(record("refund happy", sentiment=-0.5))

    assert partial.tally == Tally(mentions=1, negative=1, polarity_sum=-0.5, polarity_squares=0.25)


@pytest.mark.parametrize(
    ("polarity", "name"), [(-0.05, "negative"), (-0.04, "neutral"), (0.04, "neutral"), (0.05, "positive")]
)
def test_divides_polarity_at_the_published_thresholds(polarity: float, name: str) -> None:
    [partial] = counted(record(sentiment=polarity))

    assert getattr(partial.tally, name) == 1


def test_a_text_about_two_topics_counts_for_each_with_what_it_says_of_it() -> None:
    found = counted(record("happy with acme. angry about my refund", id="1"), record("acme refund angry", id="2"))

    by_topic = {partial.topic: partial for partial in found}
    assert by_topic["refunds"].tally.negative == 2
    assert (by_topic["acme"].tally.positive, by_topic["acme"].tally.negative) == (1, 1)
    assert {sample.key: sample.polarity for sample in by_topic["acme"].samples} == {
        "x:1": pytest.approx(0.3, abs=1e-4),
        "x:2": pytest.approx(-0.3, abs=1e-4),
    }


def test_what_the_source_says_of_a_text_holds_for_all_of_its_topics() -> None:
    found = counted(record("happy with acme. angry about my refund", sentiment=-0.5))

    assert [partial.tally.polarity_sum for partial in found] == [-0.5, -0.5]


def test_without_a_scorer_mentions_are_unscored() -> None:
    [partial] = counted(record("refund happy"), stage=make_stage(NoScorer()))

    assert partial.tally == Tally(mentions=1, unscored=1)


@pytest.mark.parametrize("ahead", [1, 115, 10_000])
def test_a_mention_from_the_future_counts_when_it_was_accepted(ahead: float) -> None:
    [partial] = counted(record(published=ahead, accepted=0))

    assert partial.second == START_SECOND
    assert partial.samples[0].published_at == at(0)


def test_a_mention_too_old_when_it_reached_us_counts_at_its_arrival() -> None:
    by_record = counted(record(published=-121, accepted=0))
    by_provider = counted(record(published=-600, accepted=0, ingested_at=at(-100)))

    assert by_record[0].second == START_SECOND
    assert by_record[0].tally.delayed == 1
    assert by_provider[0].second == START_SECOND - 100
    assert by_provider[0].tally.delayed == 1


def test_a_mention_within_the_grace_period_counts_when_it_was_published() -> None:
    [partial] = counted(record(published=-120, accepted=0))

    assert partial.second == START_SECOND - 120
    assert partial.tally.delayed == 0


def test_recorded_mentions_that_say_when_they_were_ingested_keep_their_times() -> None:
    [partial] = counted(record(published=-86_400, accepted=0, ingested_at=at(-86_400)))

    assert (partial.second, partial.tally.delayed) == (START_SECOND - 86_400, 0)
    assert not partial.history


def test_history_keeps_its_times_and_its_mark() -> None:
    old = record(published=-86_400, accepted=0)

    [partial] = counted(msgspec.structs.replace(old, headers=(("history", b"1"),)))

    assert partial.second == START_SECOND - 86_400
    assert partial.tally.delayed == 0
    assert partial.history


def test_keeps_the_samples_with_the_widest_reach_and_cuts_their_text() -> None:
    heavy = record("refund " + "x" * 1000, id="9", reach=500)

    [partial] = counted(*(record(id=str(i), reach=i) for i in range(8)), heavy)

    assert [sample.key for sample in partial.samples] == ["x:9", "x:7", "x:6", "x:5", "x:4"]
    assert len(partial.samples[0].text) == 500


def test_bounds_terms_and_authors() -> None:
    letters = [chr(97 + i // 26) + chr(97 + i % 26) for i in range(100)]
    often = [record("refund often", id=f"o{i}") for i in range(2)]

    [partial] = counted(*(record(f"refund zz{pair}", id=pair, author={"id": pair}) for pair in letters), *often)

    assert len(partial.terms) == 32
    assert next(iter(partial.terms.items())) == ("often", 2)
    assert sum(partial.terms.values()) + partial.terms_other == 102
    assert len(partial.authors) == 64


def test_a_partial_fits_into_kafka_however_many_places_people_make_up() -> None:
    [partial] = counted(
        *(record(id=str(i), country=f"{i} " + "\U0001f3f0" * 64, lang=f"{i} " + "\U0001f3f0" * 64) for i in range(2000))
    )

    assert partial.tally.mentions == 2000
    assert (len(partial.regions), len(partial.languages)) == (256, 256)
    assert len(codec.encode_partial(partial)) < 1_000_000


def test_numbers_beyond_any_measure_do_not_stop_the_stream() -> None:
    [partial] = counted(
        record(likes=10**40, reach=10**40, author={"id": "a", "followers": 10**40}, seq=10**40),
        record(id="2", published=0, lang="e" * 10_000),
    )

    assert partial.tally.reach == 10**12
    assert partial.tally.engagement == 10**12


def test_dates_at_the_edges_of_the_calendar_do_not_stop_the_stream() -> None:
    values = [
        b'{"id":"1","platform":"x","published_at":"0001-01-01T00:00:00+14:00","ingested_at":"0001-01-01T00:00:00+14:00","text":"refund"}',
        b'{"id":"2","platform":"x","published_at":"9999-12-31T23:59:59-14:00","text":"refund"}',
    ]

    found = counted(*(Record(SOURCE, 0, None, value, -1) for value in values))

    assert [partial.second for partial in found] == [0, 253_402_300_799]


@pytest.mark.parametrize("seq", [None, 1, 2])
def test_a_version_that_is_not_newer_changes_nothing(seq: int | None) -> None:
    stage = make_stage()
    stage.fold([record(seq=2)], at(0))
    stage.flush(at(0), at_end=False)

    assert counted(record("refund angry acme", seq=seq, op="update"), stage=stage) == []
    assert stage.counts()["duplicate"] == 1


def test_a_newer_version_replaces_the_old_at_the_original_second() -> None:
    stage = make_stage()
    stage.fold([record("refund happy", likes=1, lang="en", published=1)], at(1))
    stage.flush(at(1), at_end=False)

    found = counted(record("acme angry", seq=1, op="update", likes=5, lang="de", published=60), stage=stage)

    step = round(0.3 * 8192) / 8192
    by_topic = {partial.topic: partial for partial in found}
    assert {partial.second for partial in found} == {START_SECOND + 1}
    assert by_topic["refunds"].tally == Tally(
        mentions=-1, positive=-1, polarity_sum=-step, polarity_squares=-step * step, engagement=-1
    )
    assert by_topic["refunds"].languages == {"en": -1}
    assert by_topic["acme"].tally == Tally(
        mentions=1, negative=1, polarity_sum=-step, polarity_squares=step * step, engagement=5
    )


def test_a_newer_version_with_other_counts_is_not_another_mention() -> None:
    stage = make_stage()
    stage.fold([record("refund late", likes=1)], at(0))
    stage.flush(at(0), at_end=False)

    [partial] = counted(record("refund late", seq=1, op="update", likes=5), stage=stage)

    assert partial.tally == Tally(engagement=4)
    assert (partial.platforms, partial.terms, partial.samples) == ({}, {}, ())


def test_a_newer_version_that_changes_nothing_writes_nothing() -> None:
    stage = make_stage()
    stage.fold([record()], at(0))
    stage.flush(at(0), at_end=False)

    assert counted(record(seq=1, op="update"), stage=stage) == []


def test_a_deletion_takes_back_what_was_counted_once() -> None:
    stage = make_stage()
    stage.fold([record("refund", reach=5, published=1)], at(1))
    stage.flush(at(1), at_end=False)

    [partial] = counted(record("", op="delete", published=1), stage=stage)

    assert partial.second == START_SECOND + 1
    assert partial.tally == Tally(mentions=-1, neutral=-1, reach=-5)
    assert counted(record("", op="delete"), record("refund"), stage=stage) == []


def test_a_deletion_older_than_the_last_version_does_nothing() -> None:
    stage = make_stage()
    stage.fold([record(seq=5)], at(0))
    stage.flush(at(0), at_end=False)

    assert counted(record("", op="delete", seq=4), stage=stage) == []


def test_after_a_deletion_only_a_newer_version_counts_again() -> None:
    stage = make_stage()
    stage.fold([record(seq=1), record("", op="delete", seq=5)], at(0))
    stage.flush(at(0), at_end=False)

    assert counted(record(seq=4), record(), stage=stage) == []
    [partial] = counted(record(seq=6), stage=stage)
    assert partial.tally == Tally(mentions=1, neutral=1)


def test_unknown_versions_count_and_unknown_deletions_do_not() -> None:
    [partial] = counted(record(id="1", op="update", seq=3), record(id="2", op="delete"))

    assert partial.tally.mentions == 1


def test_replay_remembers_mentions_and_event_time_but_puts_nothing_out() -> None:
    stage = make_stage()
    stage.restore([], 2)

    stage.replay([record("refund", published=30), Record(SOURCE, 1, None, b"{", 1)])
    out = stage.flush(at(60), at_end=False)

    assert partials(out) == []
    assert {item.kafka_topic for item in out} == {"tocsin.partials"}
    assert stage.watermark_ms == (START_SECOND + 25) * 1000
    assert stage.counts() == {"read": 0, "matched": 0, "duplicate": 0, "dead_lettered": 0, "partials": 0, "canaries": 0}
    assert counted(record("refund", published=30), stage=stage) == []
    [deleted] = counted(record("", op="delete"), stage=stage)
    assert deleted.tally == Tally(mentions=-1, neutral=-1)


def test_a_bad_rating_is_a_complaint_whatever_its_text_says() -> None:
    [partial] = counted(record("refund happy", rating=1.0), record("refund happy", id="2", rating=5.0))

    assert (partial.tally.negative, partial.tally.positive) == (1, 1)


def test_personal_data_is_masked_before_anything_is_written() -> None:
    text = "refund to jo@example.org, +44 20 7946 0958, please"

    [partial] = counted(record(text, author={"id": "a", "name": "Jo"}))

    [body] = partial.excerpts.values()
    assert codec.decode_excerpt(body).text == partial.samples[0].text == "refund to [email], [phone], please"
    assert partial.samples[0].author == "Jo"


def test_whoever_masks_handles_hides_names_too() -> None:
    stage = make_stage(mask=("handle",))

    [partial] = counted(record("refund @acme_help", author={"id": "a", "name": "Jo"}), stage=stage)

    assert (partial.samples[0].text, partial.samples[0].author) == ("refund [handle]", None)


def test_keeps_excerpts_of_eight_mentions_at_most_and_says_which_were_taken_back() -> None:
    stage = make_stage()
    [partial] = counted(*(record("refund", id=f"{number}") for number in range(20)), stage=stage)
    hashes = sorted(hash64(f"x:{number}") for number in range(20))

    assert sorted(partial.excerpts) == hashes[:8]
    [taken_back] = counted(record(id="3", op="delete"), stage=stage)
    assert taken_back.deleted == (hash64("x:3"),)
