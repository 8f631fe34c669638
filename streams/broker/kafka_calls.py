"""What every use of the Kafka client shares: bounded calls, and errors named by what the caller should do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog
from aiokafka.errors import (
    CommitFailedError,
    ConsumerStoppedError,
    IllegalOperation,
    IllegalStateError,
    InvalidProducerEpoch,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFenced,
)

from streams.broker.base import Outgoing
from streams.errors import BrokerUnavailable, Fenced, RecordTooLarge
from streams.settings import KafkaSettings

# Two of the client's errors are none of its own family.
CLIENT_ERRORS: Final = (KafkaError, IllegalOperation, ConsumerStoppedError)
RETRY_SECONDS: Final = 0.1
GOODBYE_SECONDS: Final = 1.0  # who is in no group has nothing to say; over TLS a peer may take its time to hang up
_GIVE_UP_SECONDS: Final = 1.0
_SENT_PER_SECOND, _BYTES_PER_SECOND = 1_000, 1_000_000  # a tenth of what one core sends beside its other work
_TASKS: Final = {
    "_coordinator": ("_coordination_task", "_heartbeat_task", "_commit_refresh_task", "_reset_committed_task"),
    "_fetcher": ("_fetch_task",),
}

log = structlog.get_logger()


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
    except asyncio.CancelledError as exc:
        if is_cancelled():
            raise
        # The client awaits its own futures bare. Passed on, it would end our task as if somebody had wanted that.
        raise BrokerUnavailable(
            f"Kafka at {settings.bootstrap_servers} did not {act}: the client gave up on it"
        ) from exc
    except (*CLIENT_ERRORS, OSError, AssertionError) as exc:  # the client asserts that partitions exist
        raise BrokerUnavailable(f"Kafka at {settings.bootstrap_servers} did not {act}: {exc or exc!r}") from exc


async def within(seconds: float, act: Awaitable[object]) -> None:
    """Let a closing act of the client take at most `seconds`; what it leaves undone is logged, not raised.

    A connection that was given up once answers a second `close` with a cancellation that nobody asked for.
    """
    try:
        async with asyncio.timeout(seconds):
            await act
    except (TimeoutError, KafkaError) as exc:
        log.debug("broker.client_given_up", error=str(exc) or repr(exc))
    except asyncio.CancelledError:
        if is_cancelled():
            raise
        log.debug("broker.client_given_up", error="one of its connections was given up before")


def is_cancelled() -> bool:
    """Whether somebody wants the current task to end, as against a task of the client's that it waits for."""
    current = asyncio.current_task()
    return current is None or bool(current.cancelling())


async def stop_consumer(kafka: Any, *, seconds: float) -> str | None:
    """Stop a consumer of the client and leave none of its tasks behind; answer why it left without a goodbye, if so.

    Takes at most `seconds` for the goodbye and two more for the rest. The client's own `stop` ends at whatever fails
    first, and its later steps never happen: its tasks would connect again and read, and beat for a member that nobody
    polls, for as long as the process lives.
    """
    reason: str | None = None
    try:
        async with asyncio.timeout(seconds):
            await kafka.stop()
    except (TimeoutError, KafkaError) as exc:
        reason = str(exc) or repr(exc)
    except asyncio.CancelledError:
        if is_cancelled():
            raise
        reason = "one of its tasks was cancelled"  # the client awaits them bare, so theirs looks like ours
    finally:
        await _end_tasks(kafka)
        await within(_GIVE_UP_SECONDS, kafka._client.close())  # noqa: SLF001 - there is no other way to give up
    return reason


async def _end_tasks(kafka: Any) -> None:
    tasks: set[asyncio.Task[object]] = set(getattr(getattr(kafka, "_fetcher", None), "_pending_tasks", ()))
    for part, names in _TASKS.items():
        found = (getattr(getattr(kafka, part, None), name, None) for name in names)
        tasks.update(task for task in found if task is not None)
    for task in tasks:
        task.cancel()
        task.add_done_callback(look_at_error)
    if tasks:
        await asyncio.wait(tasks, timeout=_GIVE_UP_SECONDS)


def look_at_error(future: asyncio.Future[Any]) -> None:
    """Keep asyncio from reporting an error that the caller has already been told in another form."""
    if not future.cancelled():
        future.exception()


def milliseconds(seconds: float) -> int:
    """Seconds as the client wants them.

    >>> milliseconds(0.1)
    100
    """
    return round(seconds * 1000)


def sending_seconds(settings: KafkaSettings, outgoing: Sequence[Outgoing]) -> float:
    """So long sending may take: a request's time, a second more for every thousand records and for every megabyte.

    What a commit writes may be much and the machine busy: a bound that ignores it would end the same commit each time
    it is tried, for ever.

    >>> sending_seconds(KafkaSettings(request_timeout_seconds=15), [Outgoing("windows", None, bytes(500))] * 30_000)
    60.0
    """
    size_bytes = sum([len(record.value or b"") for record in outgoing])
    return settings.request_timeout_seconds + len(outgoing) / _SENT_PER_SECOND + size_bytes / _BYTES_PER_SECOND


def transaction_timeout_seconds(settings: KafkaSettings) -> float:
    """After this long Kafka aborts a transaction whose writer is silent.

    Longer than a session and two calls: a writer that is merely slow must not look fenced while its member is alive.
    """
    return settings.session_timeout_seconds + 2 * settings.request_timeout_seconds
