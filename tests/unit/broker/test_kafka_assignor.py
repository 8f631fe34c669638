from hypothesis import given
from hypothesis import strategies as st

from streams.broker.base import Partition
from streams.broker.kafka_assignor import RendezvousAssignor, dealt

MEMBERS = [f"aiokafka-0.14-{number:032x}" for number in range(8)]


def partitions(count: int) -> list[Partition]:
    return [Partition("mentions", number) for number in range(count)]


@given(st.integers(0, 60), st.sets(st.sampled_from(MEMBERS), min_size=1))
def test_every_partition_has_one_member_and_nobody_has_more_than_one_more(count: int, members: set[str]) -> None:
    found = dealt(partitions(count), members)

    assert sorted(partition for own in found.values() for partition in own) == partitions(count)
    assert set(found) == members
    assert max(map(len, found.values())) - min(map(len, found.values())) <= 1


@given(st.permutations(partitions(12)), st.permutations(MEMBERS[:3]))
def test_who_gets_what_does_not_depend_on_the_order_in_which_it_is_told(
    some: list[Partition], members: list[str]
) -> None:
    assert dealt(some, members) == dealt(partitions(12), MEMBERS[:3])


def test_a_member_that_is_alone_keeps_half_when_another_comes() -> None:
    [alone] = dealt(partitions(6), MEMBERS[:1]).values()

    together = dealt(partitions(6), MEMBERS[:2])

    assert set(together[MEMBERS[0]]) <= set(alone)
    assert len(together[MEMBERS[0]]) == 3


def test_few_partitions_move_when_one_of_many_members_goes() -> None:
    moved = []
    for gone in MEMBERS:
        before = dealt(partitions(64), MEMBERS)
        after = dealt(partitions(64), [member for member in MEMBERS if member != gone])
        moved.append(sum(len(set(before[member]) - set(after[member])) for member in after))

    assert sum(moved) / len(moved) < 16  # of the 56 that could stay


def test_what_a_member_tells_never_changes() -> None:
    told = RendezvousAssignor.metadata(["b", "a"]).encode()
    RendezvousAssignor.on_assignment(None)

    assert RendezvousAssignor.metadata(["a", "b"]).encode() == told
