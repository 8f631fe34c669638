from streams.id_index import Counted, IdIndex


def counted(second: int) -> Counted:
    return Counted(
        seq=None,
        second=second,
        topics=("t",),
        polarity=None,
        reach=0,
        engagement=0,
        delayed=False,
        history=False,
        platform="x",
        region=None,
        lang=None,
    )


def test_forgets_the_first_to_come_when_it_is_full() -> None:
    index = IdIndex(size=2, seconds=3600)

    for second, key in enumerate("abc"):
        index.put(key, counted(second))

    assert [index.get(key) is not None for key in "abc"] == [False, True, True]


def test_forgets_what_is_too_old_in_event_time() -> None:
    index = IdIndex(size=100, seconds=60)

    index.put("a", counted(0))
    index.put("b", counted(60))
    assert index.get("a") is not None
    index.put("c", counted(61))

    assert [index.get(key) is not None for key in "abc"] == [False, True, True]


def test_a_new_version_replaces_the_old_without_taking_more_room() -> None:
    index = IdIndex(size=2, seconds=3600)
    index.put("a", counted(0))
    index.put("b", counted(1))

    index.put("a", counted(2))

    assert len(index) == 2
    assert index.get("a") == counted(2)


def test_remembers_nothing_when_told_so() -> None:
    index = IdIndex(size=0, seconds=3600)

    index.put("a", counted(0))

    assert index.get("a") is None
    assert len(index) == 0
