"""Our own part on the page of an incident."""

from datetime import timedelta

from alerting.console.own_part_lines import own_part_blocks
from alerting.incidents.own_part import OwnPart
from tests.fakes.clock import START
from tests.fakes.own_parts import own_part

NOW = START + timedelta(minutes=10)


def test_every_part_of_it_has_a_block_and_shows_what_it_rests_on() -> None:
    blocks = own_part_blocks(own_part(), NOW)

    assert [block.name for block in blocks] == ["Backlash", "Our answers", "Canned", "Customers help"]
    backlash, answers, canned, help_ = blocks
    assert backlash.told.endswith("what it answers drew 4 answers itself")
    assert [line.about.partition(",")[0] for line in backlash.said] == ["ours", "to it"]
    assert answers.told.endswith("waits longest: x:1 since 12:00")
    assert canned.said[0].about.startswith("9 times since it began, 20 in the last day")
    assert help_.said[0].url == "hxxps://x[.]example/x:h"  # to read, not to press
    assert "\x1b" not in str(blocks)


def test_where_ours_are_not_in_the_stream_it_says_so() -> None:
    [block] = own_part_blocks(OwnPart(START), NOW)

    assert block.told == "ours are not in the stream: whom we answered is not known"
    assert own_part_blocks(None, NOW) == ()
