"""Matchers on the command line: a slip of the pen is told at once, whether or not a server answers."""

from collections.abc import Sequence

from alerting.cli.exits import Exit, complain
from alerting.routing.matchers import parsed


def checked(matchers: Sequence[str]) -> None:
    """Return if each of them is a matcher; otherwise tell of each that is none, and end the program as wrongly used."""
    wrong: ValueError | None = None
    for matcher in matchers:
        try:
            parsed(matcher)
        except ValueError as exc:
            complain(str(exc))
            wrong = exc
    if wrong is not None:
        raise SystemExit(Exit.USAGE) from wrong
