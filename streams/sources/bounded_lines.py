"""Lines of a text for a CSV reader, none of them longer than memory should hold."""

import csv
import io
from typing import Final, Self

LONGEST_LINE: Final = 1_000_000


class BoundedLines:
    """Lines of `text`, each at most a million characters.

    A longer one is passed over and raises `csv.Error`; the next call goes on behind it. A file without line ends is one
    line, and would else be read whole.
    """

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        """The next line with its end.

        Raises:
            csv.Error: It is too long.
        """
        line = self._text.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        if len(line) > LONGEST_LINE and not line.endswith(("\n", "\r")):
            while (rest := self._text.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
                pass
            raise csv.Error(f"a line has more than {LONGEST_LINE:,} characters")
        return line
