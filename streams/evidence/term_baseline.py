"""Which words this topic usually uses, and how often."""

from typing import Any, Final

from streams.errors import StateCorrupted

HALF_LIFE_SECONDS: Final = 7 * 86_400
_KEPT_TERMS: Final = 256


class TermBaseline:
    """Fading rates of a topic's most frequent terms; at most 256, forgotten least-used first."""

    def __init__(self) -> None:
        self._terms: dict[str, tuple[float, int]] = {}
        self._watched = 0.0
        self._at: int | None = None

    def learn(self, start: int, seconds: int, terms: dict[str, int]) -> None:
        """A stretch without an event in it."""
        end = start + seconds
        if self._at is not None:
            self._watched *= _faded(max(end - self._at, 0))
        self._watched += seconds
        self._at = end
        for term, mentions in terms.items():
            old, since = self._terms.get(term, (0.0, end))
            self._terms[term] = (old * _faded(end - since) + mentions, end)
        if len(self._terms) > 2 * _KEPT_TERMS:
            ranked = sorted(self._terms.items(), key=lambda item: (-item[1][0] * _faded(end - item[1][1]), item[0]))
            self._terms = dict(ranked[:_KEPT_TERMS])

    def expected(self, term: str, seconds: int) -> float:
        """Mentions with `term` that `seconds` usually bring; 0 for a word never seen."""
        found = self._terms.get(term)
        if found is None or self._at is None or self._watched <= 0.0:
            return 0.0
        return max(found[0] * _faded(self._at - found[1]) * seconds / self._watched, 0.0)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "terms": [[term, count, at] for term, (count, at) in self._terms.items()],
            "watched": self._watched,
            "at": self._at,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a term baseline.
        """
        try:
            self._terms = {str(term): (float(count), int(at)) for term, count, at in state["terms"]}
            self._watched = float(state["watched"])
            self._at = state["at"]
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a term baseline cannot be read: {exc!r}") from exc


def _faded(seconds: int) -> float:
    return float(0.5 ** (max(seconds, 0) / HALF_LIFE_SECONDS))
