"""What the page of a topic's definition shows: the fields, and what they would have caught. Text, made harmless."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from alerting.charts.build import topic_chart
from alerting.charts.chart import Chart
from alerting.console import words
from alerting.incidents.topic_status import WindowPoint
from alerting.incidents.wording import count
from alerting.notifiers.escaping import one_line
from streams.topic import Topic

HOUR = 3600
LONGEST_TEXT = 280


@dataclass(frozen=True, slots=True)
class Caught:
    """A mention that would have been the topic's."""

    clock: str
    at: datetime
    platform: str
    text: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a topic would have caught.

    Attributes:
        chart: Matches by the hour; None where there is none.
        pages: A line for each page that would have gone out.
    """

    summary: str
    chart: Chart | None
    pages: tuple[str, ...]
    samples: tuple[Caught, ...]


@dataclass(frozen=True, slots=True)
class TopicForm:
    """The form of one topic.

    Attributes:
        revision: What the form was filled in from; empty for a new topic.
        refusal: Why it was not taken; empty where nothing is wrong.
        warning: What is lost by saving.
    """

    title: str
    fields: Mapping[str, str]
    revision: str = ""
    is_new: bool = True
    can_save: bool = True
    refusal: str = ""
    warning: str = ""
    trial: Trial | None = field(default=None)


def fields_of(topic: Topic) -> dict[str, str]:
    """The fields of a topic as it is declared."""
    return {
        "id": topic.id,
        "name": topic.name,
        "query": topic.query,
        "brand": topic.brand or "",
        "owner": topic.owner or "",
        "pages_per_week": f"{topic.pages_per_week:g}",
    }


def trial(
    name: str,
    *,
    looked_at: int,
    matched: int,
    since: datetime | None,
    until: datetime | None,
    by_hour: Sequence[tuple[int, int]],
    samples: Sequence[Caught],
    pages: Sequence[str],
    complete: bool,
) -> Trial:
    """What was caught, in words and as a curve."""
    if since is None or until is None:
        return Trial("No mention has been read so far, so nothing can be tried.", None, (), ())
    span = words.clock(since, until) if since.date() == until.date() else f"{since:%d %b %H:%M}"
    summary = f"{count(matched)} of the newest {count(looked_at)} mentions, since {span} UTC."
    if not complete:
        summary += " More matched than are run through the detectors; the pages are those of the newest."
    start, end = _hour(since), _hour(until) + timedelta(hours=1)
    known = dict(by_hour)
    hours = [
        WindowPoint(start=second, seconds=HOUR, mentions=known.get(second, 0))
        for second in range(int(start.timestamp()), int(end.timestamp()), HOUR)
    ]
    chart = topic_chart(one_line(name, 120), hours, start=start, end=end + timedelta(minutes=1)) if matched else None
    return Trial(summary, chart, tuple(pages), tuple(samples))


def caught(platform: str, published_at: datetime, text: str, now: datetime) -> Caught:
    """One match, made harmless."""
    return Caught(words.clock(published_at, now), published_at, one_line(platform, 60), one_line(text, LONGEST_TEXT))


def _hour(at: datetime) -> datetime:
    return datetime.fromtimestamp(int(at.timestamp()) // HOUR * HOUR, UTC)
