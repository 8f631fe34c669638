"""What every benchmark prints: a table to read, and as its last line one JSON object to compare with."""

import json
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypedDict

from rich.console import Console
from rich.table import Table

_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = MappingProxyType(
    {
        ">=": operator.ge,
        "<=": operator.le,
        ">": operator.gt,
        "<": operator.lt,
        "==": operator.eq,
    }
)


class Result(TypedDict):
    """One measured value; `goal` such as ">= 50000", `met` None without a goal."""

    name: str
    value: float | int | str | None
    unit: str
    goal: str | None
    met: bool | None


class Report:
    """Collects what one benchmark measured, and prints it once.

    Args:
        benchmark: Its name, as in `make bench-NAME`.
        seed: What its random numbers began with; None if it used none.
    """

    def __init__(self, benchmark: str, *, seed: int | None) -> None:
        self._benchmark = benchmark
        self._seed = seed
        self._results: list[Result] = []

    def add(self, name: str, value: float | str | None, unit: str, *, goal: str | None = None) -> None:
        """Note a value; None says that it could not be measured, and meets no goal.

        Raises:
            ValueError: The goal is not a comparison and a number, such as ">= 50000".
        """
        shown = float(f"{value:.6g}") if isinstance(value, float) else value
        met = None if goal is None else isinstance(value, int | float) and _meets(value, goal)
        self._results.append(Result(name=name, value=shown, unit=unit, goal=goal, met=met))

    @property
    def missed(self) -> bool:
        """A goal is not met."""
        return any(result["met"] is False for result in self._results)

    def json(self) -> str:
        """All results in one line."""
        return json.dumps({"benchmark": self._benchmark, "seed": self._seed, "results": self._results})

    def print(self) -> None:
        """The table, then the JSON line."""
        console = Console()
        table = Table("measured", title=self._benchmark, title_justify="left")
        table.add_column("value", justify="right")
        for heading in ("unit", "goal", "met"):
            table.add_column(heading)
        for result in self._results:
            met = {None: "", True: "yes", False: "NO"}[result["met"]]
            table.add_row(result["name"], _readable(result["value"]), result["unit"], result["goal"] or "", met)
        console.print(table, markup=False)
        print(self.json(), flush=True)


def _meets(value: float, goal: str) -> bool:
    sign, _, bound = goal.partition(" ")
    if sign not in _COMPARISONS:
        raise ValueError(f"a goal is a comparison and a number, such as '>= 50000'; got {goal!r}")
    return _COMPARISONS[sign](value, float(bound))


def _readable(value: float | str | None) -> str:
    if value is None:
        return "not measured"
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.2f}"
