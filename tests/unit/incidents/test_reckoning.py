"""Why it was decided so, in words, on detections that a real detect stage made."""

from datetime import UTC, datetime

import msgspec
import pytest

from alerting.incidents.reckoning import nats, rarest_first, reckoning, watch_reckoning, weighed_words
from streams import codec
from streams.basis import Basis, Opinion, Weighed
from streams.events import Detection, Direction, Phase
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.detect import DetectStage
from streams.topic import Topic
from streams.watched import Watched
from streams.windows import MINUTE
from tests.fakes.detections import detection
from tests.fakes.streams_of_counts import START, log_of, minutes, records

NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)


def real_detections() -> list[Detection]:
    one = DetectStage(
        0,
        kafka=KafkaSettings(),
        time=TimeSettings(),
        detect=DetectSettings(),
        topics=(Topic(id="refunds", name="Refunds", query="refund"),),
    )
    crisis = minutes(2, 30, 60.0, negative_share=0.8, start=START + 300 * MINUTE)
    one.fold(records(list(log_of([*minutes(1, 300, 1.0), *crisis]))), NO_CLOCK)
    told = one.flush(NO_CLOCK, at_end=True)
    return [codec.decode_detection(made.value) for made in told if made.kafka_topic == "tocsin.detections"]


REAL = real_detections()
SCORE = Weighed("30 minutes", 12, 3.0, 1.2, 0.1, location=0.5, scale=0.2, blocks=20)
BASIS = Basis(0.25, opinions=(Opinion("volume", 0.8, 0.1, 0.125, (SCORE,)), Opinion("mood", 0.2, 14.0, 14.0)))


def test_the_outcome_comes_first_then_the_threshold_then_who_decided() -> None:
    lines = reckoning(REAL[0])

    assert lines[0].startswith("Paged at 2026-01-01 05:0")
    assert lines[1] == (
        "The budget is 0.25 false pages a week, so a page takes what chance shows once in 4 weeks or less."
    )
    assert lines[2].startswith(f"Decided by {REAL[0].detector}: ")
    assert REAL[0].episode in lines[-1]


@pytest.mark.parametrize("one", REAL, ids=lambda one: str(one.phase))
def test_every_phase_has_words(one: Detection) -> None:
    assert all(line.strip().endswith(".") for line in reckoning(one))


def test_a_calibrated_score_is_shown_with_what_it_is_measured_with() -> None:
    assert weighed_words(SCORE) == (
        "30 minutes: 12 where 3 is usual; its score 1.20 lies 3.5 scales above the usual highest of half a day (0.50, "
        "one scale is 0.20, from 20 half days of its own): about once in 10 weeks."
    )


def test_a_young_topic_says_that_the_prior_decides() -> None:
    young = msgspec.structs.replace(SCORE, blocks=0)

    assert "from no half day of its own yet and mostly what streams of this rate show" in weighed_words(young)


def test_exact_odds_need_no_calibration() -> None:
    assert weighed_words(Weighed("day", 6, 1.0, 1.3, 0.02)) == (
        "day: 6 where 1 is usual; by the exact odds of so many in so long that happens about once in 50 weeks."
    )


def test_what_was_told_already_says_so() -> None:
    assert weighed_words(msgspec.structs.replace(SCORE, told=True)).endswith("opens nothing.")


def test_feedback_is_named_where_there_is_any() -> None:
    cautious = msgspec.structs.replace(detection(), basis=msgspec.structs.replace(BASIS, caution=2.0))

    assert [line for line in reckoning(cautious) if "multiplies every odds of this topic with 2: stricter" in line]
    assert not [line for line in reckoning(REAL[0]) if "multiplies" in line]


def test_nobody_with_an_opinion_says_so() -> None:
    lines = reckoning(msgspec.structs.replace(detection(), basis=Basis(0.25)))

    assert "No detector had an opinion: all were warming up." in lines


def test_a_detection_of_an_older_version_says_that_its_numbers_were_not_kept() -> None:
    assert reckoning(detection(Phase.GREW))[-1] == "It was decided by a version that did not keep its numbers."


def test_a_budget_of_one_page_is_one_page() -> None:
    told = reckoning(msgspec.structs.replace(detection(), basis=msgspec.structs.replace(BASIS, pages_per_week=1.0)))

    assert "The budget is 1 false page a week, so a page takes what chance shows once a week or less." in told


def test_a_silent_feed_is_judged_by_its_own_arrivals() -> None:
    assert "a feed that fell silent" in reckoning(detection(direction=Direction.QUIET))[-1]


def test_a_topic_on_the_watch_list_says_why_nobody_was_paged() -> None:
    at = datetime(2026, 1, 5, 14, tzinfo=UTC)
    basis = msgspec.structs.replace(BASIS, pages_per_week=0.05)
    lines = watch_reckoning(Watched("refunds", at, at, "volume", Direction.CRISIS, 0.125, 12, 3.0, 1800, basis))

    assert lines[1] == "Nobody was paged, because a page takes once in 20 weeks or rarer."


def test_evidence_and_threshold_are_comparable() -> None:
    evidence, needed = nats(BASIS)

    assert evidence > needed > 0


def test_scores_are_listed_from_the_rarest_on() -> None:
    basis = REAL[0].basis
    assert basis is not None

    pages = [weighed.false_pages_per_week for _, weighed in rarest_first(basis.opinions)]

    assert pages == sorted(pages)
