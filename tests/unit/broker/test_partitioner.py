import os

from aiokafka.partitioner import murmur2 as reference
from hypothesis import given
from hypothesis import strategies as st

from streams.broker.partitioner import murmur2, partition_for


@given(st.binary(max_size=64))
def test_hashes_every_key_as_the_kafka_client_does(key: bytes) -> None:
    assert murmur2(key) == reference(key) & 0xFFFFFFFF


def test_spreads_keys_over_all_partitions() -> None:
    assert {partition_for(os.urandom(8), 6) for _ in range(1000)} == set(range(6))
