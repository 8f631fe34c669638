from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from streams.errors import InvalidMention
from streams.mention import Mention, Operation
from streams.recorded_past import RecordedPast
from tests.fakes.recorded_source import RecordedSource

START = datetime(2024, 1, 5, tzinfo=UTC)
BAD = InvalidMention("line 2: not JSON")


def mention(minute: float, *, ingested: float | None = None, op: Operation = "create") -> Mention:
    return Mention(
        id=f"{minute:g}",
        platform="x",
        published_at=START + timedelta(minutes=minute),
        text="",
        ingested_at=None if ingested is None else START + timedelta(minutes=ingested),
        op=op,
    )


def ids_of(*files: Sequence[Mention | InvalidMention]) -> list[str]:
    past = RecordedPast([RecordedSource(file) for file in files], grace_seconds=120)
    return [item.id if isinstance(item, Mention) else item.reason for item in past.read()]


def test_an_export_with_the_newest_first_is_sorted() -> None:
    assert ids_of([mention(9), mention(5), mention(1)]) == ["1", "5", "9"]


def test_one_wrong_date_in_the_future_holds_nobody_back() -> None:
    century = 100 * 366 * 1440.0

    assert ids_of([mention(1), mention(century), mention(5), mention(9)]) == ["1", "5", "9", f"{century:g}"]


def test_files_of_the_same_weeks_are_heard_together() -> None:
    assert ids_of([mention(1), mention(5)], [mention(2), mention(6)]) == ["1", "2", "5", "6"]


def test_files_may_be_named_in_any_order() -> None:
    assert ids_of([mention(50), mention(51)], [mention(2), mention(6)]) == ["2", "6", "50", "51"]


def test_what_came_within_the_grace_period_stays_as_it_was_recorded() -> None:
    assert ids_of([mention(5), mention(3.5), mention(6)]) == ["5", "3.5", "6"]


def test_what_came_late_when_it_happened_comes_late_again() -> None:
    assert ids_of([mention(50, ingested=50), mention(10, ingested=50.5), mention(51)]) == ["50", "10", "51"]


def test_a_past_that_was_fetched_long_after_is_sorted_however_it_was_fetched() -> None:
    month = 30 * 1440

    assert ids_of([mention(50, ingested=month), mention(10, ingested=month + 1)]) == ["10", "50"]


def test_a_deletion_stays_where_it_came() -> None:
    assert ids_of([mention(1), mention(50), mention(1, op="delete"), mention(51)]) == ["1", "50", "1", "51"]


def test_what_cannot_be_read_stays_in_order_with_its_neighbours_and_is_told_once() -> None:
    assert ids_of([mention(5), BAD, mention(9)], [mention(6)]) == ["5", BAD.reason, "6", "9"]
    assert ids_of([mention(9), BAD, mention(5)]) == [BAD.reason, "5", "9"]
