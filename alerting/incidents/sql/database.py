"""The shell around the queries: each query is a plain function over a `Connection`, and a database runs it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from enum import Enum
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from alerting.errors import DatabaseRefused, DatabaseUnavailable

# Classes of SQLSTATE, because drivers know more errors than Python's contract for drivers has names for.
# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
_WRONG_VALUE: Final = "22"
_WRONG_QUERY: Final = frozenset({"0A", "21", "23", "42", "44"})

P = ParamSpec("P")
T = TypeVar("T")


class Transaction(Protocol):
    """One transaction's way to run queries, one after another."""

    async def run(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The query's answer, inside the transaction.

        Raises:
            DatabaseUnavailable: The database did not answer.
        """
        ...


class Standing(Enum):
    """Who else may deliver what stands in the database.

    Attributes:
        ALONE: Nobody, until we close it; whoever did before us has ended.
        AMONG_OTHERS: Others may, at the same time.
        WAITING: Another process does, and we must not.
    """

    ALONE = "alone"
    AMONG_OTHERS = "among others"
    WAITING = "waiting"


class Database(Protocol):
    """A database that can be read and written."""

    @property
    def shared(self) -> bool:
        """Other processes may write to it too."""
        ...

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The query's answer from what is committed.

        Raises:
            DatabaseUnavailable: The database did not answer.
        """
        ...

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction: durable when the block has ended, undone when it raises.

        Raises:
            DatabaseUnavailable: The database did not answer. Where the connection broke in the very moment of the
                commit, it may have been written; the guards of the unit make a repetition harmless.
        """
        ...

    async def take_over(self) -> Standing:
        """Ask to be the one who delivers; ask again while the answer is `WAITING`.

        Raises:
            DatabaseUnavailable: It cannot be asked.
        """
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn "the database did not answer" into `DatabaseUnavailable` and "not this value" into `DatabaseRefused`.

    Both name `place`. What means "the query is wrong" passes through: it is a bug, and waiting does not help.
    """
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise
    except (DataError, OverflowError, UnicodeEncodeError) as exc:  # SQLite's driver raises the latter two as they are
        raise DatabaseRefused(f"the database {place} takes no such value: {_first_line(exc)}") from exc
    except DBAPIError as exc:
        kind = str(getattr(exc.orig, "sqlstate", None) or "")[:2]
        if kind == _WRONG_VALUE:
            raise DatabaseRefused(f"the database {place} takes no such value: {_first_line(exc.orig)}") from exc
        if kind in _WRONG_QUERY:
            raise
        raise DatabaseUnavailable(f"the database {place} failed: {_first_line(exc.orig)}") from exc
    except PoolTimeout as exc:
        raise DatabaseUnavailable(f"the database {place} has no free connection for us") from exc
    except OSError as exc:  # includes TimeoutError; asyncpg lets it through while connecting
        raise DatabaseUnavailable(f"the database {place} does not answer: {_first_line(exc)}") from exc


def _first_line(exc: BaseException | None) -> str:
    lines = str(exc).splitlines()
    return lines[0] if lines else type(exc).__name__
