"""What is counted of a week."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from alerting.directives.judgement import Judgement
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import IncidentState, TimelineEntry, Transition
from alerting.incidents.outline import (
    Outline,
    OutlineBacklash,
    OutlineCanned,
    OutlineEvidence,
    OutlineOwnPart,
    OutlineWaits,
    outline_of,
)
from alerting.incidents.own_part import Backlash, Canned, OwnPart, Said, Waits
from alerting.incidents.quieted import Quieted
from alerting.incidents.report_store import Casework, Sent
from alerting.incidents.topic_status import TopicStatus
from alerting.reports.iso_week import IsoWeek
from alerting.reports.spans import Spans
from alerting.reports.weekly import Accepted, WeeklyReport, weekly_report
from alerting.reports.weekly_text import in_short, weekly_text
from streams.events import Driver
from streams.feedback import Feedback, Verdict
from tests.fakes.clock import START
from tests.fakes.stored import delivery, incident

WEEK = IsoWeek.of(START, "UTC")
MINUTE = timedelta(minutes=1)
PROMISED = Accepted({"refunds": TopicStatus("refunds", "Refunds", None, "Acme", "", 0.25, 0)}, 2.0)


def worked_on(
    number: int,
    *,
    acknowledged: float | None = None,
    resolved: float | None = None,
    brand: str | None = "Acme",
    terms: tuple[str, ...] = (),
    chronic: str = "",
) -> Casework:
    """An incident of the topic `refunds`, two minutes after its onset."""
    outline = msgspec.structs.replace(
        outline_of(incident(number, topic="refunds")),
        brand=brand,
        onset_at=START - 2 * MINUTE,
        opened_at=START,
        state=IncidentState.TRIGGERED if resolved is None else IncidentState.RESOLVED,
        resolved_at=None if resolved is None else START + resolved * MINUTE,
        evidence=OutlineEvidence(tuple(Driver(term, 9, 1.0, 8.0, "word", "negative") for term in terms)),
        quieted=Quieted(chronic=chronic),
    )
    line = TimelineEntry(outline.id, START, Transition.ACKNOWLEDGED, "jo", "")
    after = () if acknowledged is None else (msgspec.structs.replace(line, at=START + acknowledged * MINUTE),)
    return Casework(outline, after)


def sent(number: int, *, change: Transition = Transition.OPENED, state: DeliveryState = DeliveryState.SENT) -> Sent:
    made = delivery(f"d{number}{change}", incident(number), change)
    return Sent(msgspec.structs.replace(made, state=state), "refunds", "Acme")


def judged(number: int, *, at: datetime = START, verdict: Verdict = Verdict.FALSE_ALARM) -> Judgement:
    said = Feedback(f"fb_{number}{at}", verdict, at, "jo", incident=incident(number).id)
    return Judgement(said.id, "refunds", said, "jo", at, at)


def reported(*opened: Casework, messages: Sequence[Sent] | None = (), said: Sequence[Judgement] = ()) -> WeeklyReport:
    return weekly_report(WEEK, opened=opened, sent=messages, judged=said, accepted=PROMISED, now=START)


def test_a_quiet_week_counts_nothing_and_knows_of_no_span() -> None:
    report = reported()

    assert (report.whole.incidents, report.whole.pages, report.whole.false_alarms) == (0, 0, 0)
    assert report.whole.acknowledge == Spans(None, None, 0, 0)
    assert in_short(report) == "0 pages, 0 said to be false, 0 incidents, 0 missed."
    assert not report.complete


def test_a_page_is_an_incident_of_which_one_arrived() -> None:
    messages = [
        sent(1),
        sent(1, change=Transition.CALLED),
        sent(2, change=Transition.NOTIFIED),
        sent(3, state=DeliveryState.REJECTED),
    ]

    report = reported(worked_on(1), worked_on(2), worked_on(3), messages=messages)

    assert (report.whole.incidents, report.whole.pages, report.whole.failed) == (3, 1, 1)
    assert report.receivers is not None
    assert [(one.receiver, one.pages, one.messages, one.failed) for one in report.receivers] == [("comms", 1, 4, 1)]


def test_spans_are_median_and_nearest_rank_and_what_is_unknown_is_counted_apart() -> None:
    worked = [worked_on(number, acknowledged=float(number), resolved=10.0 * number) for number in range(1, 11)]

    whole = reported(*worked, worked_on(11)).whole

    assert whole.detect == Spans(120.0, 120.0, 11, 0)
    assert whole.acknowledge == Spans(330.0, 540.0, 10, 1)  # 1 to 10 minutes: between 5 and 6, and the ninth
    assert whole.resolve == Spans(3300.0, 5400.0, 10, 1)


def test_what_was_merged_was_not_resolved() -> None:
    merged = worked_on(1, resolved=1.0)
    merged = msgspec.structs.replace(merged, outline=msgspec.structs.replace(merged.outline, merged_into="inc_2"))

    assert reported(merged).whole.resolve == Spans(None, None, 0, 1)


def test_false_pages_are_those_that_people_said_were_and_did_not_take_back() -> None:
    taken_back = msgspec.structs.replace(judged(2), withdrawn_at=START)

    report = reported(worked_on(1), worked_on(2), messages=[sent(1), sent(2)], said=[judged(1), taken_back])

    assert report.whole.false_alarms == 1
    assert report.receivers is not None
    assert (report.receivers[0].false_alarms, report.receivers[0].promised, report.receivers[0].kept) == (1, 2.0, True)


def test_a_topics_promise_is_judged_over_eight_weeks() -> None:
    # one false page in four weeks is promised: two in eight
    weeks = [START - timedelta(days=7 * back) for back in range(4)]
    twice = reported(worked_on(1), said=[judged(1, at=at) for at in weeks[:2]])
    thrice = reported(worked_on(1), said=[judged(1, at=at) for at in weeks[:3]])

    assert [(one.false_alarms, one.false_in_eight_weeks, one.kept) for one in twice.topics] == [(1, 2, True)]
    assert [(one.false_alarms, one.false_in_eight_weeks, one.kept) for one in thrice.topics] == [(1, 3, False)]
    assert "More false pages than promised: Refunds" in in_short(thrice)


def test_what_nobody_tracks_any_more_was_promised_nothing() -> None:
    gone = weekly_report(WEEK, opened=[worked_on(1)], sent=(), judged=(), accepted=Accepted({}, 2.0), now=START)

    assert [(one.promised, one.kept) for one in gone.topics] == [(None, None)]


def test_missed_events_count_for_the_brand_of_their_topic() -> None:
    report = reported(said=[judged(1, verdict=Verdict.MISSED)])

    assert (report.whole.missed, [(one.brand, one.missed) for one in report.brands]) == (1, [("Acme", 1)])


def test_brands_are_counted_apart() -> None:
    report = reported(worked_on(1), worked_on(2, brand="Other"), worked_on(3, brand=None))

    assert [(one.brand, one.incidents) for one in report.brands] == [("", 1), ("Acme", 1), ("Other", 1)]


def test_forgotten_messages_are_unknown_and_never_none() -> None:
    report = reported(worked_on(1), messages=None)

    assert (report.whole.pages, report.whole.failed, report.receivers) == (None, None, None)
    assert report.topics[0].pages is None
    assert "unknown pages" in in_short(report)
    assert "Messages of that week are no longer kept." in weekly_text(report)


def test_drivers_are_added_up_over_incidents() -> None:
    whole = reported(worked_on(1, terms=("Late", "chat")), worked_on(2, terms=("late",))).whole

    assert [(one.term, one.excess, one.incidents) for one in whole.drivers] == [("Late", 16.0, 2), ("chat", 8.0, 1)]


def test_a_topic_that_went_into_digests_is_chronic() -> None:
    report = reported(worked_on(1, chronic="it opened 10 incidents"))

    assert report.topics[0].chronic
    assert "Chronic: Refunds" in in_short(report)


def test_the_document_has_every_part_and_escapes_what_came_from_mentions() -> None:
    document = weekly_text(reported(worked_on(1, terms=("<b>|late|",), acknowledged=5), messages=[sent(1)]))

    assert document.startswith("# Week 2026-W02\n\n**Preliminary:**")
    assert "| all | 1 | 1 | 0 | 0 | 0 | 2 min, 2 min | 5 min, 5 min | unknown (1) |" in document
    assert "| Refunds | Acme | 1 | 1 | 0.25 | 0 | 0 | yes |  |" in document
    assert "| comms | 1 | 2 | 0 | yes | 1 | 0 |" in document
    assert "\\<b\\>\\|late\\|" in document


def test_how_we_did_ourselves_is_added_up_over_incidents_in_which_it_is_known() -> None:
    known = [
        OutlineOwnPart(OutlineWaits(100.0, 40.0, 60.0), OutlineCanned(10, 4), (OutlineBacklash(50),)),
        OutlineOwnPart(OutlineWaits(20.0, 20.0), OutlineCanned(2, 2)),
        OutlineOwnPart(),
        None,
    ]
    opened = [
        Casework(msgspec.structs.replace(worked_on(number).outline, own_part=part), ())
        for number, part in enumerate(known)
    ]

    report = weekly_report(WEEK, opened=opened, sent=(), judged=(), accepted=PROMISED, now=START)

    ours = report.whole.ours
    assert (ours.replies, ours.canned, ours.complaints, ours.unanswered) == (12, 6, 120.0, 60.0)
    assert ours.answer == Spans(60.0, 60.0, 1, 1)
    assert ours.backlash == 1
    told = "after 1 min at the median, 50% of complaints unanswered, 50% of 12 replies canned, 1 drew anger"
    assert f"Our own answers: {told}." in in_short(report)
    assert told in weekly_text(report)


def test_where_our_own_replies_are_not_known_nobody_pretends_that_there_were_none() -> None:
    report = weekly_report(WEEK, opened=[worked_on(1)], sent=(), judged=(), accepted=PROMISED, now=START)

    assert (report.whole.ours.replies, report.whole.ours.canned_share) == (None, None)
    assert "Our own" not in in_short(report)


def test_an_outline_keeps_what_counts_of_our_own_part() -> None:
    said = Said("x:9", "x:7", START)
    part = OwnPart(
        START,
        replies=3,
        waits=Waits(9.0, 9, 3, 6.0, 6.0, 6.0, 30.0),
        canned=Canned(3, 1, 5, 2),
        backlash=(Backlash(said, 50, 50, 40, 0.5, 0.3, 1e-6),),
    )
    whole = msgspec.structs.replace(incident(1), own_part=part)
    written = OutlineOwnPart(OutlineWaits(9.0, 6.0, 30.0), OutlineCanned(3, 1), (OutlineBacklash(50),))

    assert outline_of(whole).own_part == written
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Outline).own_part == written
