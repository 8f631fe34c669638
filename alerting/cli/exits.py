"""Exit codes, and the one place where an error becomes a sentence and a code."""

import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from alerting.errors import DatabaseUnavailable
from streams.errors import AccessRefused, BrokerUnavailable, InvalidConfig, InvalidInput, StreamsError, TopicsMismatch


class Exit(IntEnum):
    """What the exit code of `tocsin` means. 2 is a wrong use of the command line, as everywhere."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    CONFIG = 3
    UNREACHABLE = 4
    REFUSED = 5


def complain(message: str) -> None:
    """Say on standard error what went wrong."""
    sys.stderr.write(f"tocsin: {message}\n")


@contextmanager
def explained() -> Iterator[None]:
    """Turn the errors that a user can do something about into a sentence and an exit code."""
    try:
        yield
    except InvalidConfig as exc:
        for problem in exc.problems:
            sys.stderr.write(f"{problem}\n")
        count = len(exc.problems)
        complain(f"the configuration has {count} problem{'s' if count > 1 else ''}")
        raise SystemExit(Exit.CONFIG) from exc
    except InvalidInput as exc:
        for problem in exc.problems:
            sys.stderr.write(f"{problem}\n")
        complain("nothing was read of a file that is not as it should be")
        raise SystemExit(Exit.FAILED) from exc
    except TopicsMismatch as exc:
        for problem in exc.problems:
            sys.stderr.write(f"{problem}\n")
        complain("the Kafka topics do not fit; `tocsin kafka init` creates what is missing")
        raise SystemExit(Exit.REFUSED) from exc
    except AccessRefused as exc:
        complain(str(exc))
        raise SystemExit(Exit.REFUSED) from exc
    except (BrokerUnavailable, DatabaseUnavailable) as exc:
        complain(str(exc))
        raise SystemExit(Exit.UNREACHABLE) from exc
    except BaseExceptionGroup as exc:
        first = _first_of(exc)
        if isinstance(first, StreamsError | DatabaseUnavailable):
            with explained():
                raise first from exc
        raise
    except (EOFError, zlib.error) as exc:
        complain(f"a compressed file is damaged: {exc}")
        raise SystemExit(Exit.FAILED) from exc
    except BrokenPipeError:
        raise  # who reads has had enough, as in `| head`: no matter for a sentence
    except (StreamsError, OSError, ValueError) as exc:
        complain(str(exc))
        raise SystemExit(Exit.FAILED) from exc


def _first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first
