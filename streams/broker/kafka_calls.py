"""What every use of the Kafka client shares: bounded calls, and errors named by what the caller should do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    InvalidProducerEpoch,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFenced,
)

from streams.errors import BrokerUnavailable, Fenced, RecordTooLarge
from streams.settings import KafkaSettings

RETRY_SECONDS: Final = 0.1


@asynccontextmanager
async def answering(settings: KafkaSettings, act: str, *, seconds: float | None = None) -> AsyncIterator[None]:
    """Bound the block to `seconds`, by default the request timeout; `act` completes "Kafka did not ...".

    Raises:
        BrokerUnavailable: No answer in time, or a refusal.
        RecordTooLarge: The refusal was about a record's size.
        Fenced: The refusal was about who we are: a newer writer or group member took over.
    """
    limit = settings.request_timeout_seconds if seconds is None else seconds
    try:
        async with asyncio.timeout(limit):
            yield
    except MessageSizeTooLargeError as exc:
        raise RecordTooLarge(f"Kafka at {settings.bootstrap_servers} refused to {act}: a record is too large") from exc
    except (ProducerFenced, InvalidProducerEpoch, CommitFailedError, IllegalStateError) as exc:
        raise Fenced(f"Kafka at {settings.bootstrap_servers} did not {act}: {exc or exc!r}") from exc
    except TimeoutError as exc:
        raise BrokerUnavailable(
            f"Kafka at {settings.bootstrap_servers} did not {act} within {limit:g} seconds"
        ) from exc
    except (KafkaError, OSError, AssertionError) as exc:  # the client asserts that partitions exist
        raise BrokerUnavailable(f"Kafka at {settings.bootstrap_servers} did not {act}: {exc or exc!r}") from exc


def milliseconds(seconds: float) -> int:
    """Seconds as the client wants them.

    >>> milliseconds(0.1)
    100
    """
    return round(seconds * 1000)


def transaction_timeout_seconds(settings: KafkaSettings) -> float:
    """After this long Kafka aborts a transaction whose writer is silent.

    Longer than a session and two calls: a writer that is merely slow must not look fenced while its member is alive.
    """
    return settings.session_timeout_seconds + 2 * settings.request_timeout_seconds
