import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.count_table import CountRow, is_counts, read_counts, steps_of
from streams.errors import InvalidInput
from streams.events import Tally
from streams.history import partials_of_counts, partials_of_mentions
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.settings import StreamSettings
from streams.topic import Topic
from streams.windows import MINUTE
from tests.fakes.streams_of_counts import START

TOPIC = Topic(id="refunds", name="Refunds", query="refund", revision=4)


def write(folder: Path, text: str) -> Path:
    path = folder / "counts.csv"
    path.write_text(text, encoding="utf-8")
    return path


class TestCounts:
    def test_are_read_with_what_columns_there_are(self, tmp_path: Path) -> None:
        path = write(
            tmp_path,
            "timestamp,value,negative,positive,sentiment\n"
            "2026-01-01 00:00:00,10,4,2,-0.25\n2026-01-01T01:05:00+01:00,0,,,\n",
        )

        assert read_counts(path) == (CountRow(START, 10, 4, 2, -0.25), CountRow(START + 300, 0))

    def test_may_be_gzipped(self, tmp_path: Path) -> None:
        path = tmp_path / "counts.csv.gz"
        path.write_bytes(gzip.compress(b"timestamp,value\n2026-01-01 00:00:00,3\n"))

        assert read_counts(path) == (CountRow(START, 3),)

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "header"),
            ("time,value\n", "header"),
            ("timestamp,value\nyesterday,3\n", ":2: timestamp is 'yesterday'"),
            ("timestamp,value\n2026-01-01 00:00:00,-3\n", ":2: value is '-3'"),
            (
                "timestamp,value\n0001-01-01T00:00:00+14:00,3\n",
                ":2: timestamp 0001-01-01T00:00:00+14:00 is not in the years",
            ),
            (
                "timestamp,value\n9999-12-31T23:59:00,3\n",
                ":2: timestamp 9999-12-31T23:59:00 is not in the years 2 to 9998",
            ),
            ("timestamp,value\n2026-01-01 00:00:00,nan\n", ":2: value is 'nan'"),
            ("timestamp,value\n2026-01-01 00:00:00,\n", ":2: value is missing"),
            ("timestamp,value\n2026-01-01 00:00:00\n", ":2: value is missing"),
            ("timestamp,value\n2026-01-01 00:05:00,1\n2026-01-01 00:00:00,1\n", ":3: timestamp"),
            ("timestamp,value,negative\n2026-01-01 00:00:00,1,2\n", ":2: negative and positive"),
            ("timestamp,value,sentiment\n2026-01-01 00:00:00,1,2\n", ":2: sentiment is 2.0"),
            ("timestamp,value,sentiment\n2026-01-01 00:00:00,1,nan\n", ":2: sentiment is nan"),
            ("timestamp,value,sentiment\n2026-01-01 00:00:00,1,good\n", ":2: sentiment is 'good', not a number"),
            ("timestamp,value,Value\n2026-01-01 00:00:00,1,2\n", ":1: the header has value more than once"),
            ("timestamp,value\n2026-01-01 00:00:00,many\n", ":2: value is 'many', not a number"),
        ],
    )
    def test_are_refused_with_line_and_reason(self, tmp_path: Path, text: str, problem: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            read_counts(write(tmp_path, text))

        assert problem in refused.value.problems[0]

    def test_columns_are_known_by_name_whatever_their_order_and_case(self, tmp_path: Path) -> None:
        path = write(tmp_path, "Value, Timestamp ,region,Negative\n5,2026-01-01 00:00:00,eu,2\n")

        assert is_counts(path)
        assert read_counts(path) == (CountRow(START, 5, 2),)

    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_cells_are_separated_as_those_of_the_header(self, tmp_path: Path, separator: str) -> None:
        path = write(tmp_path, "timestamp,value,negative\n2026-01-01 00:00:00,5,2\n".replace(",", separator))

        assert is_counts(path)
        assert read_counts(path) == (CountRow(START, 5, 2),)

    @pytest.mark.parametrize(
        ("start", "reason"),
        [
            (b"\xff\xfet\0i\0", "it is UTF-16: save it as UTF-8"),
            (b"\xfe\xff\0t\0i", "it is UTF-16: save it as UTF-8"),
            (b"t\0i\0m\0", "it is UTF-16 or no text: save it as UTF-8"),
            (b"\xff\xfe\0\0t\0\0\0", "it is UTF-32: save it as UTF-8"),
            (gzip.compress(b"timestamp,value\n"), "it is gzipped: let its name end in .gz"),
            (b"PK\x03\x04\x14\0", "it is a spreadsheet or a ZIP archive: export CSV or JSON lines from it"),
        ],
    )
    def test_a_file_that_is_no_text_of_ours_says_what_it_is(self, tmp_path: Path, start: bytes, reason: str) -> None:
        path = tmp_path / "counts.csv"
        path.write_bytes(start)

        with pytest.raises(InvalidInput) as refused:
            is_counts(path)

        assert refused.value.problems == (f"{path}: {reason}",)

    def test_a_line_without_end_is_refused_without_holding_it(self, tmp_path: Path) -> None:
        path = tmp_path / "counts.csv"
        path.write_bytes(b"timestamp,value\n2026-01-01 00:00:00," + b"1" * 3_000_000)

        with pytest.raises(InvalidInput) as refused:
            read_counts(path)

        assert refused.value.problems == (f"{path}: not CSV: a line has more than 1,000,000 characters",)

    def test_a_gzip_file_that_is_cut_off_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "counts.csv.gz"
        path.write_bytes(gzip.compress(b"timestamp,value\n2026-01-01 00:00:00,3\n")[:-6])

        with pytest.raises(InvalidInput) as refused:
            read_counts(path)

        assert "cut off or damaged" in refused.value.problems[0]

    def test_a_file_that_only_claims_to_be_gzip_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "counts.csv.gz"
        path.write_bytes(b"timestamp,value\n")

        with pytest.raises(InvalidInput) as refused:
            is_counts(path)

        assert "cut off or damaged" in refused.value.problems[0]

    def test_all_problems_come_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput) as refused:
            read_counts(write(tmp_path, "timestamp,value\n" + "x,1\n" * 30))

        assert len(refused.value.problems) == 20

    def test_a_row_covers_the_usual_step_even_before_a_gap(self) -> None:
        rows = tuple(CountRow(START + at, 1) for at in (0, 300, 600, 9000, 9300))

        assert steps_of(rows) == (300, 300, 300, 300, 300)

    def test_a_row_of_a_week_covers_the_week(self) -> None:
        week = 7 * 86_400

        assert steps_of(tuple(CountRow(START + number * week, 1) for number in range(3))) == (week, week, week)

    def test_are_spread_over_the_minutes_of_their_row_and_add_up(self) -> None:
        rows = (CountRow(START, 7, 3, 1), CountRow(START + 300, 2, 1, 0))

        partials = list(partials_of_counts(TOPIC, rows))

        first = [partial for index, partial in partials if index == 0]
        assert [partial.second for partial in first] == [START + minute * MINUTE for minute in range(5)]
        assert [partial.tally.mentions for partial in first] == [1, 1, 2, 1, 2]
        total = sum((partial.tally for partial in first), Tally())
        assert (total.mentions, total.negative, total.positive, total.neutral) == (7, 3, 1, 3)
        assert all(partial.history and partial.revision == 4 for _, partial in partials)

    @pytest.mark.parametrize(
        ("value", "negative", "positive"), [(5, 2, 1), (2, 1, 1), (5, 5, 0), (40, 13, 27), (1, 0, 1)]
    )
    def test_no_mood_is_lost_where_minutes_are_more_than_mentions(
        self, value: int, negative: int, positive: int
    ) -> None:
        rows = (CountRow(START, value, negative, positive), CountRow(START + 900, 0))

        tallies = [partial.tally for _, partial in partials_of_counts(TOPIC, rows)]

        total = sum(tallies, Tally())
        assert (total.mentions, total.negative, total.positive) == (value, negative, positive)
        assert all(min(tally.negative, tally.neutral, tally.positive) >= 0 for tally in tallies)

    def test_unknown_sentiment_is_unscored_not_neutral(self) -> None:
        ((_, partial),) = partials_of_counts(TOPIC, (CountRow(START, 7),))

        assert (partial.tally.unscored, partial.tally.polarity_mean) == (7, None)

    @pytest.mark.parametrize(
        ("sentiment", "negative", "positive"), [(-0.25, 4, 0), (0.25, 0, 4), (0.0, 0, 0), (-1.0, 8, 0)]
    )
    def test_a_mean_alone_tells_how_many_moods_it_takes_at_least(
        self, sentiment: float, negative: int, positive: int
    ) -> None:
        ((_, partial),) = partials_of_counts(TOPIC, (CountRow(START, 8, sentiment=sentiment),))

        assert (partial.tally.negative, partial.tally.positive) == (negative, positive)  # a mood counts for a half
        assert partial.tally.polarity_mean == sentiment

    def test_mean_sentiment_is_kept(self) -> None:
        ((_, partial),) = partials_of_counts(TOPIC, (CountRow(START, 8, sentiment=-0.5),))

        assert partial.tally.polarity_mean == -0.5

    def test_a_silent_row_still_passes_time(self) -> None:
        partials = list(partials_of_counts(TOPIC, (CountRow(START, 0), CountRow(START + 300, 1))))

        assert (partials[0][1].second, partials[0][1].tally) == (START + 240, Tally())


class Sour:
    name = "sour"

    def score(self, text: str, lang: str | None) -> float | None:
        del text, lang
        return -0.5


def mention(number: int, second: int, text: str = "refund please") -> Mention:
    return Mention(
        id=str(number),
        platform="x",
        published_at=datetime.fromtimestamp(START, UTC) + timedelta(seconds=second),
        text=text,
    )


class TestMentions:
    def test_become_history_by_topic_and_minute_and_duplicates_count_once(self) -> None:
        mentions = [mention(1, 5), mention(2, 50), mention(2, 50), mention(3, 55, "hello"), mention(4, 125)]

        partials = list(
            partials_of_mentions(mentions, matcher=TopicMatcher([TOPIC]), scorer=Sour(), settings=StreamSettings())
        )

        assert [(partial.second - START, partial.tally.mentions) for partial in partials] == [(0, 2), (120, 1)]
        assert all(partial.history and partial.topic == "refunds" for partial in partials)
        assert partials[0].tally.negative == 2
        assert partials[0].platforms == {"x": 2}

    @pytest.mark.parametrize(
        ("published", "second"), [("0001-01-01T00:00:00+14:00", 0), ("9999-12-31T23:59:59-14:00", 253_402_300_740)]
    )
    def test_count_where_time_can_be_told_however_they_are_dated(self, published: str, second: int) -> None:
        odd = Mention(id="1", platform="x", published_at=datetime.fromisoformat(published), text="refund")

        [partial] = partials_of_mentions([odd], matcher=TopicMatcher([TOPIC]), scorer=Sour(), settings=StreamSettings())

        assert (partial.second, partial.tally.mentions) == (second, 1)

    def test_can_be_decided_on_by_the_second(self) -> None:
        partials = list(
            partials_of_mentions(
                [mention(1, 5), mention(2, 50)],
                matcher=TopicMatcher([TOPIC]),
                scorer=Sour(),
                settings=StreamSettings(),
                resolution_seconds=1,
            )
        )

        assert [partial.second - START for partial in partials] == [5, 50]
