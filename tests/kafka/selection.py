"""Which Kafka the tests run against, and why that one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from streams.broker.base import Guarantee
from streams.settings import KafkaSettings

TANSU_CANNOT: Final = "Tansu has no transactions, no durability, no compaction and wrong end offsets"


class Kind(StrEnum):
    """What answers at the address."""

    NAMED = "the broker named by TOCSIN_TEST_KAFKA"
    APACHE = "Apache Kafka"
    TANSU = "Tansu"


@dataclass(frozen=True, slots=True)
class KafkaUnderTest:
    """A Kafka for tests; `settings` can be used as they are.

    Attributes:
        reason: Why it is not Apache Kafka; empty when it is.
    """

    kind: Kind
    settings: KafkaSettings
    reason: str = ""

    @property
    def has_transactions(self) -> bool:
        """Whether it keeps exactly_once."""
        return self.kind is not Kind.TANSU


def quick_settings(bootstrap_servers: str, guarantee: Guarantee = Guarantee.EXACTLY_ONCE) -> KafkaSettings:
    """Settings with times that suit tests."""
    return KafkaSettings(
        bootstrap_servers=bootstrap_servers,
        guarantee=guarantee,
        session_timeout_seconds=3,
        request_timeout_seconds=10,
    )


def required(environment: Mapping[str, str], what: str) -> bool:
    """Whether `TOCSIN_REQUIRE_<what>` turns an absence into a failure.

    >>> required({"TOCSIN_REQUIRE_KAFKA": "1"}, "KAFKA")
    True
    """
    return environment.get(f"TOCSIN_REQUIRE_{what}", "") not in {"", "0"}
