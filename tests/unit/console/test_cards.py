from datetime import timedelta

import msgspec

from alerting.charts.build import topic_chart
from alerting.console.cards import topic_tile
from alerting.console.evidence_lines import drivers, quotes
from alerting.incidents.topic_status import TopicStatus
from streams.events import Driver
from tests.fakes.clock import START
from tests.fakes.storyboard import evidence_of

STATUS = TopicStatus("t", "Refunds", None, None, "refund", pages_per_week=1.0, pages_this_week=0)


def tile_of(**fields: object) -> tuple[str, str]:
    tile = topic_tile(msgspec.structs.replace(STATUS, **fields), None)
    return tile.rate, tile.expected


def test_both_rates_of_a_tile_stand_in_one_unit() -> None:
    assert tile_of(per_minute=0.8, expected_per_minute=1.1) == ("0.8/min", "usually 1.1/min")
    assert tile_of(per_minute=0.2, expected_per_minute=0.1) == ("12/hour", "usually 6/hour")


def test_what_is_unknown_is_not_shown_as_zero() -> None:
    assert tile_of() == ("nothing counted yet", "still learning")


def test_drivers_are_drawn_relative_to_the_largest() -> None:
    evidence = msgspec.structs.replace(
        evidence_of(START), drivers=(Driver("small", 12, 2.0), Driver("large", 45, 5.0), Driver("less", 1, 3.0))
    )

    lines = drivers(evidence)

    assert [(line.term, line.excess) for line in lines] == [("large", "+40"), ("small", "+10"), ("less", "-2")]
    assert ['width="100"' in lines[0].bar, 'width="25"' in lines[1].bar, 'width="0"' in lines[2].bar] == [True] * 3


def test_quotes_show_where_they_come_from_with_links_that_do_not_work() -> None:
    quote = quotes(evidence_of(START), START)[2]

    assert quote.text == "Llevo una semana esperando el reembolso. hxxps://example[.]com/status"
    assert quote.source == "x, post, 636 followers, 11:55, en, read as negative"
    assert quote.url == "hxxps://x[.]example/2"


def test_a_tile_with_a_chart_has_a_sparkline() -> None:
    chart = topic_chart("Refunds", [], start=START - timedelta(hours=3), end=START)

    assert str(topic_tile(STATUS, chart).spark).startswith("<svg")
