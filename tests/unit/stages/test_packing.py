"""What goes to the partials travels in few records, and arrives in its order."""

from itertools import chain

from streams import codec
from streams.broker.base import Outgoing
from streams.broker.partitioner import partition_for
from streams.events import PartialCount, Tally, Watermark
from streams.stages.packing import MAX_PACK_BYTES, Packing


def partial(topic: str, second: int, terms: int = 0) -> bytes:
    words = {f"word{number:09}": 1 for number in range(terms)}
    return codec.encode_partial(
        PartialCount(topic=topic, revision=1, second=second, tally=Tally(mentions=1, neutral=1), terms=words)
    )


def watermark(second: int) -> bytes:
    return codec.encode_watermark(Watermark(source="mentions-0", event_ms=second * 1000, idle=False, sources=1))


def unpacked(outgoing: list[Outgoing], partition: int) -> list[codec.OfPartials]:
    packs = [codec.decode_of_partials(record.value) for record in outgoing if record.partition == partition]
    return list(chain.from_iterable(packs))


def test_one_flush_is_one_record_for_each_partition() -> None:
    packing = Packing("partials", 3)
    for number in range(300):
        packing.add(f"topic-{number}", partial(f"topic-{number}", 1))
    packing.add_everywhere(watermark(2))

    records = packing.take()

    assert [(record.kafka_topic, record.key, record.partition) for record in records] == [
        ("partials", None, number) for number in range(3)
    ]
    assert sum(len(unpacked(records, number)) for number in range(3)) == 300 + 3  # a watermark in each


def test_a_topic_goes_where_its_key_would_and_in_the_order_in_which_it_came() -> None:
    packing = Packing("partials", 6)
    packing.add("refunds", partial("refunds", 1))
    packing.add_everywhere(watermark(1))
    packing.add("refunds", partial("refunds", 2))

    first, mark, second = unpacked(packing.take(), partition_for(b"refunds", 6))

    assert isinstance(first, PartialCount)
    assert isinstance(mark, Watermark)
    assert isinstance(second, PartialCount)
    assert (first.second, second.second) == (1, 2)


def test_what_was_taken_is_not_handed_out_again() -> None:
    packing = Packing("partials", 2)
    packing.add_everywhere(watermark(1))

    assert len(packing.take()) == 2
    assert packing.take() == []


def test_no_pack_outgrows_its_bound_unless_one_part_does_so_alone() -> None:
    packing = Packing("partials", 1)
    large, small = partial("refunds", 0, terms=10_000), partial("refunds", 1, terms=1_000)
    assert len(large) > MAX_PACK_BYTES
    assert MAX_PACK_BYTES // 9 < len(small) < MAX_PACK_BYTES // 8
    packing.add("refunds", large)
    for _ in range(16):
        packing.add("refunds", small)

    counts = [len(codec.decode_of_partials(record.value)) for record in packing.take()]

    assert counts == [1, 8, 8]
