"""The audit chain: what was written verifies, and nothing else does."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.incidents.audit import Checkpoint, Fault, FaultKind, Head, Link
from alerting.incidents.chain import Chain
from alerting.incidents.model import Transition
from tests.fakes.stored import entry, incident

KEY = b"a key of sixteen bytes"
CHAIN = Chain([KEY])
EMPTY = Head(None, 0)
LENGTH = 8


def written(chain: Chain = CHAIN, after: Head = EMPTY, length: int = LENGTH) -> tuple[list[Link], Head]:
    """A chain of `length` records, written in two goes."""
    happened = [
        (incident(number), msgspec.structs.replace(entry(incident(number)), actor=f"person {number}"), f"line {number}")
        for number in range(length)
    ]
    first, head = chain.extend(after, happened[:3])
    second, head = chain.extend(head, happened[3:])
    return [*first, *second], msgspec.structs.replace(head, newest=head.position)


def fault_of(
    links: Sequence[Link], head: Head, chain: Chain = CHAIN, checkpoint: Checkpoint | None = None
) -> Fault | None:
    walk = chain.follow(head, checkpoint)
    for link in links:
        walk.take(link)
    return walk.finish()


def test_what_was_written_verifies_and_has_no_gaps() -> None:
    links, head = written(after=Head(None, 41))

    walk = CHAIN.follow(head)
    for link in links:
        walk.take(link)

    assert walk.finish() is None
    assert walk.verified == LENGTH
    assert [link.position for link in links] == list(range(42, 42 + LENGTH))
    assert (head.first, head.position) == (42, 41 + LENGTH)


def test_an_empty_trail_verifies() -> None:
    assert fault_of([], EMPTY) is None


def test_no_name_stands_in_it() -> None:
    links, _ = written()

    assert not any("person" in link.value for link in links)
    assert CHAIN.authors("person 3")[0] in links[3].value


def test_what_was_decided_by_itself_says_so() -> None:
    (link,), _ = CHAIN.extend(EMPTY, [(incident(1), entry(incident(1), Transition.GREW), "line")])

    assert '"author":"tocsin"' in link.value


@settings(max_examples=300)
@given(st.data())
def test_any_changed_field_is_found_at_its_position(data: st.DataObject) -> None:
    links, head = written()
    place = data.draw(st.integers(0, LENGTH - 1))
    field = data.draw(st.sampled_from(["value", "mac", "line"]))
    before = getattr(links[place], field)
    at = data.draw(st.integers(0, len(before) - 1))
    letter = data.draw(st.characters().filter(lambda letter: letter != before[at]))
    links[place] = msgspec.structs.replace(links[place], **{field: before[:at] + letter + before[at + 1 :]})

    fault = fault_of(links, head)

    assert fault is not None
    assert fault.position == place + 1


@settings(max_examples=300)
@given(st.permutations(range(LENGTH)), st.integers(0, LENGTH), st.sampled_from(["as it was", "renumbered"]))
def test_any_other_order_or_choice_of_records_is_found(order: list[int], kept: int, positions: str) -> None:
    links, head = written()
    shown = [links[place] for place in order[:kept]]
    if positions == "renumbered":
        shown = [msgspec.structs.replace(link, position=number + 1) for number, link in enumerate(shown)]

    fault = fault_of(shown, head)

    first_wrong = next((place for place in range(LENGTH) if order[:kept][place : place + 1] != [place]), None)
    if first_wrong is None:
        assert fault is None
    else:
        assert fault is not None
        assert fault.position == first_wrong + 1


def test_records_missing_at_the_end_are_found_by_the_head() -> None:
    links, head = written()

    fault = fault_of(links[:5], head)

    assert fault == Fault(6, FaultKind.CUT_OFF, "the records from 6 to 8 are missing at the end")


def test_nobody_without_the_key_makes_an_earlier_end() -> None:
    links, head = written()
    forged = Head(1, 5, links[4].mac, head.seal, newest=5)

    fault = fault_of(links[:5], forged)

    assert fault is not None
    assert (fault.position, fault.kind) == (6, FaultKind.HEAD_CHANGED)


def test_a_head_that_knows_of_no_record_is_not_believed() -> None:
    links, _ = written()

    fault = fault_of(links, EMPTY)

    assert fault is not None
    assert (fault.position, fault.kind) == (1, FaultKind.HEAD_CHANGED)


def test_a_line_or_record_behind_the_end_is_found() -> None:
    links, head = written()

    fault = fault_of(links, msgspec.structs.replace(head, newest=LENGTH + 1))

    assert fault is not None
    assert (fault.position, fault.kind) == (LENGTH + 1, FaultKind.UNCHAINED)


def test_a_lost_line_of_the_timeline_is_found() -> None:
    links, head = written()
    links[2] = msgspec.structs.replace(links[2], line=None)

    fault = fault_of(links, head)

    assert fault is not None
    assert (fault.position, fault.kind) == (3, FaultKind.LINE_MISSING)


class TestCheckpoint:
    def test_finds_an_earlier_state_that_was_put_back_whole(self) -> None:
        restored, old_head = written(length=5)
        links, _ = written()
        noted = Checkpoint(LENGTH, links[-1].mac)

        assert fault_of(restored, old_head) is None
        fault = fault_of(restored, old_head, checkpoint=noted)

        assert fault is not None
        assert (fault.position, fault.kind) == (6, FaultKind.CUT_OFF)

    def test_finds_a_trail_that_began_anew(self) -> None:
        links, head = written(after=Head(None, 100))

        fault = fault_of(links, head, checkpoint=Checkpoint(50, "0" * 64))

        assert fault is not None
        assert (fault.position, fault.kind) == (50, FaultKind.CUT_OFF)

    def test_finds_another_history_that_has_the_key(self) -> None:
        links, head = written()

        fault = fault_of(links, head, checkpoint=Checkpoint(4, links[4].mac))

        assert fault is not None
        assert fault.position == 4

    def test_passes_what_only_grew_since(self) -> None:
        links, head = written()
        noted = Checkpoint.parse(str(Checkpoint(4, links[3].mac)))

        assert fault_of(links, head, checkpoint=noted) is None

    @pytest.mark.parametrize("text", ["", "tocsin-audit-1:x:" + "0" * 64, "tocsin-audit-1:1:00", "1:" + "0" * 64])
    def test_is_refused_where_it_is_none(self, text: str) -> None:
        with pytest.raises(ValueError, match="looks like"):
            Checkpoint.parse(text)


class TestKeys:
    def test_a_new_key_goes_on_where_the_old_one_ended(self) -> None:
        links, head = written()
        both = Chain([KEY, b"another key of sixteen"])
        more, head = both.extend(head, [(incident(9), entry(incident(9)), "line 9")])
        head = msgspec.structs.replace(head, newest=head.position)

        walk = both.follow(head)
        for link in (*links, *more):
            walk.take(link)

        assert walk.finish() is None
        assert sorted(walk.by_key.values()) == [1, LENGTH]

    def test_without_the_key_it_says_which_one_is_missing(self) -> None:
        links, head = written()

        fault = fault_of(links, head, Chain([b"another key of sixteen"]))

        assert fault is not None
        assert (fault.position, fault.kind) == (1, FaultKind.UNKNOWN_KEY)

    def test_who_has_only_a_former_key_cannot_go_on_with_it(self) -> None:
        both = Chain([KEY, b"another key of sixteen"])
        links, head = written(both)
        forged, head = CHAIN.extend(head, [(incident(9), entry(incident(9)), "line 9")])

        fault = fault_of([*links, *forged], head, both)

        assert fault is not None
        assert fault.position == LENGTH + 1

    def test_a_trail_needs_one(self) -> None:
        with pytest.raises(ValueError, match="needs a key"):
            Chain([])
