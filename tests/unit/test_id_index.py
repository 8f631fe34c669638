from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.counted import Counted, CountedPack
from streams.id_index import IdIndex

KEYS = "abcdefgh"


def counted(second: int, *, seq: int | None = None, topics: tuple[str, ...] = ("t",)) -> Counted:
    return Counted(
        seq=seq,
        second=second,
        topics=topics,
        polarity=None,
        reach=0,
        engagement=0,
        delayed=False,
        history=False,
        platform="x",
        region=None,
        lang=None,
    )


def known(index: IdIndex) -> dict[str, Counted]:
    return {key: found for key in KEYS if (found := index.get(key)) is not None}


def kept(changelog: Iterable[tuple[int, CountedPack]]) -> list[tuple[int, CountedPack]]:
    """What compaction leaves: the newest pack of every slot, oldest first."""
    newest: dict[int, CountedPack] = {}
    for slot, pack in changelog:
        newest.pop(slot, None)
        newest[slot] = pack
    return list(newest.items())


def loaded(changelog: Iterable[tuple[int, CountedPack]], *, size: int = 100, seconds: float = 3600) -> IdIndex:
    index = IdIndex(size, seconds)
    for slot, pack in changelog:
        index.load(slot, pack)
    index.loaded()
    return index


def test_forgets_the_first_to_come_when_it_is_full() -> None:
    index = IdIndex(size=2, seconds=3600)

    for second, key in enumerate("abc"):
        index.put(key, counted(second))
    index.take()

    assert list(known(index)) == ["b", "c"]


def test_forgets_what_was_put_before_event_time_came_so_far() -> None:
    index = IdIndex(size=100, seconds=60)

    for key, second in (("a", 0), ("b", 60)):
        index.put(key, counted(second))
        index.take()
    assert list(known(index)) == ["a", "b"]
    index.put("c", counted(61))
    index.take()

    assert list(known(index)) == ["b", "c"]


def test_what_is_late_in_event_time_is_remembered_as_long_as_anything_else() -> None:
    index = IdIndex(size=100, seconds=60)
    index.put("a", counted(1000))
    index.take()

    index.put("b", counted(0))
    index.take()

    assert list(known(index)) == ["a", "b"]


def test_a_new_version_replaces_the_old_without_taking_more_room() -> None:
    index = IdIndex(size=2, seconds=3600)
    index.put("a", counted(0))
    index.put("b", counted(1))
    index.take()

    index.put("a", counted(2))
    index.take()

    assert len(index) == 2
    assert index.get("a") == counted(2)


def test_a_new_version_outlives_the_pack_of_the_old() -> None:
    index = IdIndex(size=2, seconds=3600)
    for key, second in (("a", 0), ("b", 1), ("a", 2), ("c", 3)):
        index.put(key, counted(second))
        index.take()

    assert known(index) == {"a": counted(2), "c": counted(3)}


def test_remembers_nothing_when_told_so() -> None:
    index = IdIndex(size=0, seconds=3600)

    index.put("a", counted(0))

    assert index.take() == []
    assert index.get("a") is None
    assert len(index) == 0


def test_what_was_taken_is_not_handed_out_again() -> None:
    index = IdIndex(size=100, seconds=3600)
    index.put("a", counted(0))

    [(slot, pack)] = index.take()

    assert (slot, pack.counted) == (0, (counted(0),))
    assert index.take() == []


def test_a_pack_is_cut_before_its_topics_outgrow_a_record() -> None:
    index = IdIndex(size=1_000_000, seconds=3600)
    many = tuple(f"{number:064}" for number in range(1000))
    for key in KEYS[:5]:
        index.put(key, counted(0, topics=many))

    packs = [pack for _, pack in index.take()]

    assert [len(pack.counted) for pack in packs] == [2, 2, 1]  # 2,048 topics a pack, 1,000 of them each


def test_a_single_mention_of_more_topics_than_that_has_a_pack_of_its_own() -> None:
    index = IdIndex(size=1_000_000, seconds=3600)
    index.put("a", counted(0, topics=("t",) * 20_000))
    index.put("b", counted(0))

    assert [len(pack.counted) for _, pack in index.take()] == [1, 1]


@pytest.mark.parametrize("seconds", [5, 3600])
def test_slots_are_used_again_so_that_the_changelog_stays_as_small_as_the_index(seconds: float) -> None:
    index = IdIndex(size=32, seconds=seconds)

    slots = set()
    for second in range(500):
        index.put(str(second), counted(second))
        slots |= {slot for slot, _ in index.take()}

    assert len(slots) == (7 if seconds == 5 else 33)  # what is remembered, and the pack that pushes the oldest out


steps = st.lists(st.tuples(st.sampled_from(KEYS), st.integers(0, 30), st.booleans()), max_size=60)


@settings(max_examples=200, deadline=None)
@given(steps, st.integers(1, 40), st.sampled_from((3, 10, 3600)), st.integers(0, 60))
def test_an_index_restored_at_any_moment_from_a_compacted_changelog_is_the_same_and_stays_so(
    puts: list[tuple[str, int, bool]], size: int, seconds: float, cut: int
) -> None:
    index, changelog = IdIndex(size, seconds), []
    for number, (key, second, take) in enumerate(puts):
        if number == cut:
            changelog += index.take()
            index = loaded(kept(changelog), size=size, seconds=seconds)
        index.put(key, counted(second, seq=number))
        if take:
            changelog += index.take()
    changelog += index.take()

    plain = IdIndex(size, seconds)
    for number, (key, second, take) in enumerate(puts):
        if number == cut:
            plain.take()
        plain.put(key, counted(second, seq=number))
        if take:
            plain.take()
    plain.take()

    assert known(index) == known(plain)
    assert len(index) == len(plain) <= size
    assert known(loaded(kept(changelog), size=size, seconds=seconds)) == known(plain)
